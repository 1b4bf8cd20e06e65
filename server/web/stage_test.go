package web

import (
	"math/big"
	"strings"
	"time"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/models/catalog"
)

// The stages of a release, made the way ingest makes them.

const testSegment = 4 * time.Second

var testFiles = map[string]string{
	"master.m3u8":           "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360\nv/360p24/index.m3u8\n",
	"v/360p24/index.m3u8":   "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:4.0,\n00/00000.m4s\n#EXTINF:4.0,\n00/00001.m4s\n#EXT-X-ENDLIST\n",
	"v/360p24/init.mp4":     "init",
	"v/360p24/00/00000.m4s": "segment nought" + strings.Repeat(".", 1000),
	"v/360p24/00/00001.m4s": "segment one <script>alert(1)</script>",
	"x/poster.jpg":          "jpeg",
	"x/chapters.json":       "{}",
}

func (n *node) upload(p person, v models.Visibility) models.Upload {
	n.t.Helper()
	n.clock.advance(time.Second)
	u, err := n.cat.CreateUpload(n.t.Context(), models.Upload{AccountID: p.account.ID, Length: 4},
		models.Release{Title: "A film by " + p.account.Name, Kind: models.KindVideo, Visibility: v})
	must(n.t, err)
	return u
}

func (n *node) queued(p person, v models.Visibility) string {
	n.t.Helper()
	u := n.upload(p, v)
	must(n.t, n.cat.AdvanceUpload(n.t.Context(), u.ID, 4))
	must(n.t, n.cat.CompleteUpload(n.t.Context(), u.ID))
	return u.ReleaseID
}

func (n *node) rendition() models.Rendition {
	return models.Rendition{
		ID: "v/360p24", Media: models.MediaVideo, Codec: "avc1.64001e", Width: 640, Height: 360, FrameRate: big.NewRat(24, 1),
		Cap: 1_000_000, Live: true,
	}
}

// transcoding brings a release so far that its first segment can be watched.
func (n *node) transcoding(p person, v models.Visibility) (models.Job, models.Segment) {
	n.t.Helper()
	ctx, id := n.t.Context(), n.queued(p, v)
	job, err := n.cat.ClaimJob(ctx, "test", id, time.Hour, n.clock.now())
	must(n.t, err)
	hidden := n.rendition()
	hidden.ID, hidden.Live, hidden.Height, hidden.Width = "v/720p24", false, 720, 1280
	must(n.t, n.cat.BeginTranscode(ctx, job, models.KindVideo, 2*testSegment, 1280, 720, []models.Rendition{n.rendition(), hidden}))
	first := n.segment(0)
	must(n.t, n.cat.AddSegments(ctx, id, []models.Segment{n.segment(models.InitNumber), first}))
	must(n.t, n.cat.SetProgress(ctx, id, 0.5, testSegment))
	return job, first
}

func (n *node) segment(number int) models.Segment {
	n.t.Helper()
	path, d := "v/360p24/00/0000"+string(rune('0'+max(number, 0)))+".m4s", testSegment
	if number == models.InitNumber {
		path, d = "v/360p24/init.mp4", 0
	}
	return models.Segment{Rendition: "v/360p24", Number: number, Duration: d, KeyBytes: 10, File: n.put(path)}
}

func (n *node) put(path string) models.File {
	n.t.Helper()
	f, err := blockset.AddFile(n.t.Context(), n.blocks, path, strings.NewReader(testFiles[path]))
	must(n.t, err)
	return f
}

// final publishes a release of testFiles and returns it.
func (n *node) final(p person, v models.Visibility) models.Release {
	n.t.Helper()
	job, _ := n.transcoding(p, v)
	return n.finish(p, job)
}

func (n *node) finish(p person, job models.Job) models.Release {
	n.t.Helper()
	ctx := n.t.Context()
	must(n.t, n.cat.AddSegments(ctx, job.ReleaseID, []models.Segment{n.segment(1)}))
	r, err := n.cat.Release(ctx, job.ReleaseID)
	must(n.t, err)
	key, err := n.cat.SigningKey(ctx, p.channel.ID)
	must(n.t, err)
	rel := blockset.Release{Release: r, Encoder: "test", Profile: "test", Renditions: []models.Rendition{n.rendition()}}
	for path := range testFiles {
		rel.Files = append(rel.Files, n.put(path))
	}
	set, err := blockset.Write(ctx, n.blocks, key, rel)
	must(n.t, err)
	must(n.t, n.cat.Publish(ctx, job, catalog.Publication{
		Root: set.Root, Blocks: set.Blocks, Bytes: set.Bytes, Kind: models.KindVideo, Renditions: []models.Rendition{n.rendition()},
		Duration: 2 * testSegment, Poster: "x/poster.jpg",
	}))
	r, err = n.cat.Release(ctx, job.ReleaseID)
	must(n.t, err)
	return r
}
