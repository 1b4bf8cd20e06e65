package web

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"sync"
	"time"

	"runnel/models"
)

// Plays counts plays per day and release, and holds nothing of who played.
type Plays interface {
	AddPlays(ctx context.Context, release string, at time.Time, p models.DayPlays) error
	PlayCount(ctx context.Context, release string) (int64, error)
}

// Once is a set of keys that several servers share, each for a while. First
// reports whether the key was not in it; after an error nothing is known.
type Once interface {
	First(ctx context.Context, key string, ttl time.Duration) (bool, error)
}

type playRequest struct {
	ClientAddr
	ID   string `path:"id"`
	Body struct {
		Seconds float64 `json:"seconds" minimum:"0" maximum:"86400" doc:"Played since the last report."`
		Bytes   int64   `json:"bytes,omitempty" minimum:"0" doc:"Loaded since the last report."`
	}
}

func (s *Server) registerPlays() {
	o := op("count-play", http.MethodPost, "/releases/{id}/plays", "Tell that a release is being played", http.StatusNoContent)
	o.Description = "The first report of a play comes once ten seconds, or half of a shorter release, were played; later ones tell what was played since. " +
		"A client counts once a day and release. No address is kept."
	register(s, o, s.countPlay)
}

// countPlay counts a client's first report of the day as a play if enough was
// played, and adds to seconds and bytes what can be true: nobody plays faster
// than twice the time that has passed, nor loads more than there is.
func (s *Server) countPlay(ctx context.Context, in *playRequest) (*struct{}, error) {
	r, err := s.seen(ctx, in.ID)
	if err == nil {
		err = callerOf(ctx).mayWatch(&r)
	}
	if err != nil {
		return nil, err
	}
	if wait, ok := s.beacons.take(ctx, origin(in.ip)); !ok {
		return nil, errTooMany(wait, "Too many reports of plays.")
	}
	enough := min(minPlay, r.Duration/2)
	played := time.Duration(in.Body.Seconds * float64(time.Second))
	seen := s.audiences.report(ctx, r.ID, origin(in.ip), played >= enough, s.cfg.Now())
	if !seen.known && !seen.first {
		return nil, nil
	}
	day := models.DayPlays{Seconds: int64(min(played, seen.atMost) / time.Second), Bytes: min(in.Body.Bytes, r.Bytes)}
	if seen.first {
		day.Plays = 1
	}
	if day == (models.DayPlays{}) {
		return nil, nil
	}
	return nil, s.deps.Plays.AddPlays(ctx, r.ID, s.cfg.Now(), day)
}

const (
	minPlay     = 10 * time.Second
	firstReport = time.Minute // what a first report tells at most
)

// audiences remembers for the rest of a day which clients have been counted for
// which release, as hashes under a salt of that day, in memory and, where several
// servers count, in what they share: never on a disk of ours.
type audiences struct {
	shared Once // nil: this server alone
	secret []byte

	mu   sync.Mutex
	day  int64
	salt []byte
	last map[[8]byte]time.Time // when a client last reported
}

// maxAudience bounds the memory of audiences to some ten megabytes. Past it any
// client may be forgotten, and count again.
const maxAudience = 200_000

func newAudiences(shared Once, secret []byte) *audiences {
	return &audiences{shared: shared, secret: derive(secret, "runnel plays 1")}
}

// sighting is what is known of a client that reports.
type sighting struct {
	first, known bool          // it counts now; it has counted today
	atMost       time.Duration // what it can have played since its last report
}

// report remembers a client that has played enough, and says what is known of
// one that has reported before.
func (a *audiences) report(ctx context.Context, release, client string, enough bool, now time.Time) sighting {
	key, left := a.key(release, client, now)
	a.mu.Lock()
	at, known := a.last[key]
	if known || enough {
		a.makeRoom()
		a.last[key] = now
	}
	a.mu.Unlock()
	switch {
	case known:
		return sighting{known: true, atMost: 2 * now.Sub(at)}
	case !enough:
		return sighting{}
	case a.shared == nil:
		return sighting{first: true, atMost: firstReport}
	}
	first, err := a.shared.First(ctx, hex.EncodeToString(key[:]), left)
	return sighting{first: first || err != nil, known: err == nil && !first, atMost: firstReport}
}

// key hides a client under the salt of the day, and tells how long the day is.
// Servers that share what they count draw the salt from the secret they share.
func (a *audiences) key(release, client string, now time.Time) (key [8]byte, left time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	today := now.UTC().Truncate(24 * time.Hour)
	if day := today.Unix(); day != a.day || a.last == nil {
		a.day, a.last, a.salt = day, map[[8]byte]time.Time{}, make([]byte, sha256.Size)
		_, _ = rand.Read(a.salt) // crypto/rand never fails; it ends the program instead
		if a.shared != nil {
			m := hmac.New(sha256.New, a.secret)
			m.Write(binary.BigEndian.AppendUint64(nil, uint64(day)))
			a.salt = m.Sum(nil)
		}
	}
	m := hmac.New(sha256.New, a.salt)
	m.Write([]byte(release + "\n" + client))
	copy(key[:], m.Sum(nil))
	return key, today.Add(24 * time.Hour).Sub(now)
}

// makeRoom forgets a tenth where there are too many.
func (a *audiences) makeRoom() {
	if len(a.last) < maxAudience {
		return
	}
	for k := range a.last {
		if len(a.last) < maxAudience*9/10 {
			return
		}
		delete(a.last, k)
	}
}
