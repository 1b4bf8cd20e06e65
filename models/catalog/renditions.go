package catalog

import (
	"context"
	"math/big"
	"time"

	"gorm.io/gorm"

	"runnel/models"
)

type renditionRow struct {
	ID               string
	Media            string
	Codec            string
	Width            int
	Height           int
	FrameRate        string
	Channels         int
	AudioGroup       string
	Language         string
	Name             string
	Cap              int
	Live             bool
	Bandwidth        int
	AverageBandwidth int
	Segments         int
	Duration         int64
	Bytes            int64
	Hashes           string
	HashesSHA256     []byte `gorm:"column:hashes_sha256"`
	SampleRate       int
	Priming          int
	Padding          int
	Samples          int64
}

const renditionColumns = `id, media, codec, width, height, frame_rate, channels, audio_group, language, name, cap, live,
	bandwidth, average_bandwidth, segments, duration, bytes, hashes, hashes_sha256, sample_rate, priming, padding, samples`

func (r renditionRow) model() models.Rendition {
	m := models.Rendition{ID: r.ID, Media: models.Media(r.Media), Codec: r.Codec, Width: r.Width, Height: r.Height,
		Channels: r.Channels, Group: r.AudioGroup, Language: r.Language, Name: r.Name, Cap: r.Cap, Live: r.Live,
		Bandwidth: r.Bandwidth, AverageBandwidth: r.AverageBandwidth, Segments: r.Segments, Duration: time.Duration(r.Duration),
		Bytes: r.Bytes, Hashes: r.Hashes, SampleRate: r.SampleRate, Priming: r.Priming, Padding: r.Padding, Samples: r.Samples}
	copy(blob(m.HashesSHA256[:]), r.HashesSHA256)
	if r.FrameRate != "" {
		m.FrameRate, _ = new(big.Rat).SetString(r.FrameRate)
	}
	return m
}

func renditionValues(release string, position int, m models.Rendition) []any {
	rate := ""
	if m.FrameRate != nil {
		rate = m.FrameRate.String()
	}
	return []any{release, position, m.ID, string(m.Media), m.Codec, m.Width, m.Height, rate, m.Channels, m.Group, m.Language, m.Name,
		m.Cap, m.Live, m.Bandwidth, m.AverageBandwidth, m.Segments, int64(m.Duration), m.Bytes, m.Hashes, blob(m.HashesSHA256[:]),
		m.SampleRate, m.Priming, m.Padding, m.Samples}
}

// Renditions returns the renditions of a release in the order they were given.
func (c *Catalog) Renditions(ctx context.Context, release string) ([]models.Rendition, error) {
	rows, err := many[renditionRow](c.db(ctx), "SELECT "+renditionColumns+" FROM renditions WHERE release_id = ? ORDER BY position, id", release)
	return mapped(rows, renditionRow.model), c.fail(err, "renditions of release %q", release)
}

func replaceRenditions(tx *gorm.DB, release string, renditions []models.Rendition) error {
	if err := tx.Exec("DELETE FROM renditions WHERE release_id = ?", release).Error; err != nil {
		return err
	}
	var values []any
	for i, m := range renditions {
		values = append(values, renditionValues(release, i, m)...)
	}
	return insertRows(tx, "INSERT INTO renditions (release_id, position, "+renditionColumns+")", "", 25, values)
}
