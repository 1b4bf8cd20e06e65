package web

import (
	"encoding/base64"
	"testing"
	"time"

	"runnel/models"
)

func TestMediaToken(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	s := newSealer([]byte("0123456789abcdef0123456789abcdef"))
	want := mediaToken{Release: models.NewTID(now), Right: rightLive, Audience: 7, Expires: now.Add(mediaLife)}
	text := s.mint(want)

	got, ok := s.open(text, now)
	if !ok || got != want {
		t.Fatalf("open = %+v, %v; want %+v", got, ok, want)
	}
	if _, ok := s.open(text, now.Add(mediaLife-time.Second)); !ok {
		t.Error("expired a second early")
	}
	if _, ok := s.open(text, now.Add(mediaLife)); ok {
		t.Error("still good after its time")
	}
	if _, ok := newSealer([]byte("another secret, another node 1234")).open(text, now); ok {
		t.Error("another node's token was accepted")
	}
	if _, ok := s.open(s.sealCursor(text), now); ok {
		t.Error("a cursor was accepted as a token")
	}
	raw, _ := base64.RawURLEncoding.DecodeString(text)
	for i := range raw {
		raw[i] ^= 1
		if _, ok := s.open(base64.RawURLEncoding.EncodeToString(raw), now); ok {
			t.Errorf("byte %d may be changed", i)
		}
		raw[i] ^= 1
	}
}

func TestCursor(t *testing.T) {
	s := newSealer([]byte("0123456789abcdef0123456789abcdef"))
	if got, err := s.openCursor(s.sealCursor("3kabc")); err != nil || got != "3kabc" {
		t.Errorf("round trip = %q, %v", got, err)
	}
	if got, err := s.openCursor(""); err != nil || got != "" {
		t.Errorf("no cursor = %q, %v", got, err)
	}
	for _, bad := range []string{"3kabc", "!!", base64.RawURLEncoding.EncodeToString([]byte("3kabc")), s.sealCursor("a") + "A"} {
		if _, err := s.openCursor(bad); err == nil {
			t.Errorf("forged cursor %q was accepted", bad)
		}
	}
}

// FuzzMediaToken: nothing but a minted token opens, and nothing panics.
func FuzzMediaToken(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	s := newSealer([]byte("0123456789abcdef0123456789abcdef"))
	good := s.mint(mediaToken{Release: models.NewTID(now), Right: rightView, Expires: now.Add(time.Hour)})
	f.Add(good)
	f.Add("")
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		if _, ok := s.open(text, now); ok && text != good {
			t.Errorf("opened %q", text)
		}
	})
}
