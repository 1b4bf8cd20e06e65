package ingest

import (
	"context"
	"errors"
	"fmt"

	"runnel/transcode"
	"runnel/transcode/ffmpeg"
)

type debugCoder struct{ Transcoder }

func (d debugCoder) Run(ctx context.Context, p transcode.Plan, source, dir string, done transcode.Done, sink transcode.Sink, progress func(float64)) (transcode.Result, error) {
	r, err := d.Transcoder.Run(ctx, p, source, dir, done, sink, progress)
	var re *ffmpeg.RunError
	if errors.As(err, &re) {
		fmt.Printf("RUNERROR %+v\nSTDERR %s\n", re, re.Stderr)
	}
	return r, err
}
