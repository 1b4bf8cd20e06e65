// Package models holds Runnel's nouns and its sentinel errors: releases,
// renditions, segments, blocks, channels, accounts and jobs as plain values.
// It does no I/O and knows neither SQL, HTTP nor the peer network; every other
// package speaks in these words. See the sub-packages for what gives them life:
// blockset (bytes become trusted) and catalog (values become rows).
package models
