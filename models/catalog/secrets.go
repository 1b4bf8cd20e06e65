package catalog

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"strings"
)

// newSecret returns prefix and 256 random bits in base64url.
func newSecret(prefix string) string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails; it ends the program instead
	return prefix + base64.RawURLEncoding.EncodeToString(b[:])
}

// newShortID returns a name of 60 random bits for lists.
func newShortID() string {
	return strings.ToLower(rand.Text()[:12])
}

// hashed is how a secret is kept. 256 random bits need no salt and no slow
// hash, and a lookup by hash leaks nothing by its time.
func hashed(secret string) blob {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

// keyText is how a person writes down a key: base32 without padding.
var keyText = base32.StdEncoding.WithPadding(base32.NoPadding)
