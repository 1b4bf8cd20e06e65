// Package catalog keeps Runnel's nouns as rows: accounts, channels, uploads,
// jobs, releases, and which blocks a root holds. It is the only importer of
// GORM. SQLite and PostgreSQL are the engines; what differs between them stands
// behind one interface (dialect), and one conformance suite holds both to the
// same rules. A whole catalogue moves from either to the other by Export and
// Import.
//
// Every change that must happen as one happens in one transaction: a whole
// upload queues its job, a release becomes final with its blocks and its pin,
// a change of visibility or standing changes what may go out. A move from one
// state to another is a conditional update whose rows are counted, so that of
// two callers exactly one wins.
//
// Secrets (sessions, tokens, set-up links) are kept as SHA-256 only; channel
// keys are sealed with a key derived from the node's secret.
package catalog
