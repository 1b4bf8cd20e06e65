package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"runnel/models"
)

// right is what a media token lets its holder fetch.
type right byte

// rightView: the final tree. rightLive: the growing playlists of a release that
// is being transcoded, and those same playlists for liveGrace after it is final.
const (
	rightView right = 'v'
	rightLive right = 'l'
)

// mediaLife is how long a media token is good for.
const mediaLife = 6 * time.Hour

// mediaToken is the content of the token in /api/v1/media/{token}/…: which
// release, which right, whose right, and until when. It stands in the path
// because relative URIs in a playlist drop a query.
type mediaToken struct {
	Release  string // TID
	Right    right
	Rev      int   // revision whose files it opens, also when there is a later one
	Audience int64 // account that it was made for; 0: whoever may see public releases
	Expires  time.Time
}

const (
	tokenVersion = 2
	tokenBody    = 1 + 1 + 4 + 8 + 4 + 13 // version, right, expiry in Unix seconds, audience, rev, TID
)

// sealer makes and checks media tokens and list cursors with a key derived from
// the node's secret, one key for each use.
type sealer struct{ media, cursor []byte }

func newSealer(secret []byte) *sealer {
	return &sealer{media: derive(secret, "runnel media token 1"), cursor: derive(secret, "runnel cursor 1")}
}

func derive(secret []byte, use string) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(use))
	return m.Sum(nil)
}

func (s *sealer) mint(t mediaToken) string {
	b := make([]byte, 0, tokenBody+sha256.Size)
	b = append(b, tokenVersion, byte(t.Right))
	b = binary.BigEndian.AppendUint32(b, uint32(t.Expires.Unix()))
	b = binary.BigEndian.AppendUint64(b, uint64(t.Audience))
	b = binary.BigEndian.AppendUint32(b, uint32(t.Rev))
	b = append(b, t.Release...)
	return base64.RawURLEncoding.EncodeToString(seal(s.media, b))
}

// open returns the token if this node made it and it has not expired.
func (s *sealer) open(text string, now time.Time) (mediaToken, bool) {
	if len(text) > 2*(tokenBody+sha256.Size) {
		return mediaToken{}, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != tokenBody+sha256.Size {
		return mediaToken{}, false
	}
	b, ok := unseal(s.media, raw)
	if !ok || b[0] != tokenVersion {
		return mediaToken{}, false
	}
	t := mediaToken{
		Right:    right(b[1]),
		Expires:  time.Unix(int64(binary.BigEndian.Uint32(b[2:])), 0),
		Audience: int64(binary.BigEndian.Uint64(b[6:])),
		Rev:      int(binary.BigEndian.Uint32(b[14:])),
		Release:  string(b[18:]),
	}
	known := t.Right == rightView || t.Right == rightLive
	return t, known && models.ValidTID(t.Release) && now.Before(t.Expires)
}

// sealCursor makes an opaque list cursor that only this node can have made.
func (s *sealer) sealCursor(position string) string {
	if position == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(seal(s.cursor, []byte(position)))
}

func (s *sealer) openCursor(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err == nil {
		if b, ok := unseal(s.cursor, raw); ok {
			return string(b), nil
		}
	}
	return "", errInvalid("bad_cursor", "The cursor is not one of this list's.")
}

func seal(key, b []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(b)
	return m.Sum(b)
}

func unseal(key, raw []byte) ([]byte, bool) {
	if len(raw) < sha256.Size {
		return nil, false
	}
	b := raw[:len(raw)-sha256.Size]
	m := hmac.New(sha256.New, key)
	m.Write(b)
	return b, hmac.Equal(m.Sum(nil), raw[len(b):])
}
