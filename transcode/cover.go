package transcode

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"runnel/models"
	"runnel/transcode/ffmpeg"
)

// MaxPicture is the largest picture that is taken for a cover, in bytes.
const MaxPicture = 20 << 20

const (
	coverWidth  = 1920
	coverHeight = 1920
)

// Cover makes a JPEG of a picture that somebody sent: what comes in is never what
// goes out. dir is a working folder that it may write to. The error wraps a Fault
// where the picture is to blame.
func Cover(ctx context.Context, runner *ffmpeg.Runner, picture, dir string) ([]byte, error) {
	kind, err := pictureKind(picture)
	if err != nil {
		return nil, err
	}
	const out = "cover.jpg"
	err = runner.Run(ctx, ffmpeg.Command{
		Tool: ffmpeg.FFmpeg, Input: picture, Dir: dir, Nice: 5,
		Args:   ffmpeg.CoverArgs(ffmpeg.Cover{Input: picture, Kind: kind, Width: coverWidth, Height: coverHeight, File: out}),
		Limits: ffmpeg.Limits{Memory: 2 << 30, CPU: 20 * time.Second, Wall: time.Minute, FileSize: 32 << 20, OpenFiles: 64},
	})
	var ran *ffmpeg.RunError
	if errors.As(err, &ran) && ctx.Err() == nil {
		return nil, fmt.Errorf("transcode: cover: %w: %w", errPicture, err)
	}
	if err != nil {
		return nil, fmt.Errorf("transcode: cover: %w", err)
	}
	data, err := os.ReadFile(filepath.Join(dir, out))
	if errors.Is(err, os.ErrNotExist) || err == nil && len(data) == 0 {
		err = errPicture
	}
	if err != nil {
		return nil, fmt.Errorf("transcode: cover: %w", err)
	}
	return data, nil
}

func pictureKind(path string) (ffmpeg.PictureKind, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("transcode: cover: %w", err)
	}
	defer f.Close()
	head := make([]byte, 12)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", fmt.Errorf("transcode: cover: %w", err)
	}
	kind := ffmpeg.PictureOf(head[:n])
	if kind == "" {
		return "", fmt.Errorf("transcode: cover: %w", errPicture)
	}
	return kind, nil
}

var errPicture = models.NewFault(models.ErrInvalid, "bad_picture",
	"This is not a picture that can be used here; choose a JPEG, PNG or WebP file.")
