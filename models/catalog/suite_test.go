package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
	"github.com/stretchr/testify/require"

	"runnel/models"
)

// opener opens a new, empty catalogue of one dialect for a test.
type opener func(t *testing.T, cfg Config) *Catalog

// conformance is what every dialect has to pass.
func conformance(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, opener)
	}{
		{"accounts", testAccounts}, {"channels", testChannels}, {"sessions", testSessions}, {"tokens", testTokens}, {"setup", testSetup}, {"registration", testRegistration}, {"registration race", testRegistrationRace},
		{"uploads", testUploads}, {"upload limit", testUploadLimit}, {"upload delete", testUploadDelete}, {"upload parts", testUploadParts},
		{"jobs", testJobs}, {"job race", testJobRace}, {"job ends", testJobEnds}, {"reclaim", testReclaim}, {"wake", testWake}, {"river", testRiver},
		{"progress", testProgress}, {"segments", testSegments}, {"publish", testPublish}, {"publish speed", testPublishSpeed},
		{"servable", testServable}, {"remembered", testRemembered}, {"announced", testAnnounced}, {"shared blocks", testSharedBlocks}, {"delete", testDeleteRelease}, {"pins", testPins}, {"imports", testImports},
		{"pinned", testPinned}, {"import conflicts", testImportConflicts}, {"hostile imports", testHostileImports},
		{"rebuild", testRebuild}, {"rebuild keeps words", testRebuildKeepsWords},
		{"storage", testStorage}, {"storage at once", testStorageAtOnce}, {"storage of a job", testStorageOfJob},
		{"lists", testLists}, {"search", testSearch}, {"hostile search", testHostileSearch}, {"edit", testEdit}, {"sources", testSources},
		{"reports", testReports}, {"decisions", testDecisions}, {"trail", testTrail}, {"blocking", testBlocking},
		{"blocked channel elsewhere", testBlockedChannelElsewhere}, {"appeals", testAppeals}, {"review", testReview},
		{"review later", testReviewLater}, {"lookalikes", testLookalikes},
		{"live", testLive}, {"credits", testCredits}, {"dangling", testDangling}, {"concurrency", testConcurrency}, {"closed", testClosed},
		{"revisions", testRevisions}, {"replace", testReplace}, {"schedule", testSchedule},
		{"limits", testLimits}, {"limits at once", testLimitsAtOnce}, {"job limit", testJobLimit}, {"concatenated", testConcatenated},
		{"move", testMove}, {"move refused", testMoveRefused}, {"move of a busy catalogue", testMoveBusy}, {"move holds all", testMoveHoldsAll},
		{"move without media", testMoveWithoutMedia},
		{"collections", testCollections}, {"collection shows", testCollectionShows}, {"collection order", testCollectionOrder},
		{"collection at once", testCollectionAtOnce}, {"large collection", testLargeCollection}, {"follows", testFollows}, {"plays", testPlays},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open) })
	}
}

func TestSQLite(t *testing.T) { conformance(t, sqliteOpener(t)) }

// sqliteOpener gives every test a copy of one migrated file: migrating anew takes
// longer than most of them.
func sqliteOpener(t *testing.T) opener {
	path := filepath.Join(t.TempDir(), "empty.db")
	c, err := openAt(t, path)
	require.NoError(t, err)
	require.NoError(t, c.Close())
	empty, err := os.ReadFile(path)
	require.NoError(t, err)
	return func(t *testing.T, cfg Config) *Catalog {
		path := filepath.Join(t.TempDir(), "run nel%?#.db")
		require.NoError(t, os.WriteFile(path, empty, 0o600))
		cfg.URL = "sqlite:" + path
		c, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, c.Close()) })
		return c
	}
}

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time             { return c.at }
func (c *clock) pass(d time.Duration)       { c.at = c.at.Add(d) }
func newClock() *clock                      { return &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }
func secret() (s [32]byte)                  { s[0] = 7; return s }
func plain(t *testing.T, o opener) *Catalog { return o(t, Config{Secret: secret()}) }

func timed(t *testing.T, o opener) (*Catalog, *clock) {
	k := newClock()
	return o(t, Config{Secret: secret(), Now: k.now}), k
}

func creator(t *testing.T, c *Catalog, name string) models.Account {
	t.Helper()
	a, _, _, err := c.CreateAccount(t.Context(), name, models.RoleCreator, "hash")
	require.NoError(t, err)
	return a
}

// blockOf returns a distinct CID for a label and number.
func blockOf(label string, n int) cid.Cid {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(label), uint64(n)))
	mh, err := multihash.Encode(sum[:], multihash.SHA2_256)
	if err != nil {
		panic(err)
	}
	return cid.NewCidV1(cid.Raw, mh)
}

func rootOf(label string) cid.Cid { return cid.NewCidV1(cid.DagProtobuf, blockOf(label, -1).Hash()) }

func blocksOf(label string, n int) []cid.Cid {
	out := make([]cid.Cid, n)
	for i := range out {
		out[i] = blockOf(label, i)
	}
	return out
}

// queued makes an upload whole.
func queued(t *testing.T, c *Catalog, account int64, r models.Release) string {
	t.Helper()
	u, err := c.CreateUpload(t.Context(), models.Upload{AccountID: account, Length: 10}, r)
	require.NoError(t, err)
	require.NoError(t, c.AdvanceUpload(t.Context(), u.ID, 10))
	require.NoError(t, c.CompleteUpload(t.Context(), u.ID))
	return u.ReleaseID
}

func claimed(t *testing.T, c *Catalog, release string) models.Job {
	t.Helper()
	job, err := c.ClaimJob(t.Context(), "node", release, time.Minute, c.cfg.Now())
	require.NoError(t, err)
	return job
}

// published makes a final release whose root and blocks are named by label.
func published(t *testing.T, c *Catalog, account int64, r models.Release, label string, blocks ...cid.Cid) string {
	t.Helper()
	id := queued(t, c, account, r)
	if blocks == nil {
		blocks = blocksOf(label, 3)
	}
	require.NoError(t, c.Publish(t.Context(), claimed(t, c, id), Publication{Root: rootOf(label), Blocks: blocks, Bytes: 99, Duration: time.Minute}))
	return id
}

func segment(rendition string, n int) models.Segment {
	f := models.File{Path: fmt.Sprintf("%s/00/%05d.m4s", rendition, n), CID: blockOf(rendition, n), Size: 1000, DagSize: 1000, SHA256: [32]byte{byte(n)}}
	f.Blocks = []cid.Cid{f.CID}
	if n == models.InitNumber {
		f.Path = rendition + "/init.mp4"
	}
	return models.Segment{Rendition: rendition, Number: n, Part: n / 4, Duration: 4 * time.Second, KeyBytes: 50, File: f}
}

func servable(t *testing.T, c *Catalog, root cid.Cid) bool {
	t.Helper()
	ok, _, err := c.RootServable(t.Context(), root)
	require.NoError(t, err)
	return ok
}

func blockServable(t *testing.T, c *Catalog, b cid.Cid) bool {
	t.Helper()
	ok, err := c.BlockServable(t.Context(), b)
	require.NoError(t, err)
	return ok
}

func noFindings(t *testing.T, c *Catalog) {
	t.Helper()
	found, err := c.Dangling(context.Background())
	require.NoError(t, err)
	require.Empty(t, found)
}
