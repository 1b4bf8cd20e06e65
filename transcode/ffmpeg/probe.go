package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"runnel/models"
)

// maxProbeOutput bounds ffprobe's answer; 2,000 chapters and 100 streams with
// long titles stay below it.
const maxProbeOutput = 16 << 20

// Probe inspects a file: cheap checks here first, then ffprobe in the sandbox.
// A file that is refused gives a *models.Fault with one of the codes above; any
// other error means that the probe itself could not be made and may be tried
// again. A returned Probe has at least one audio or video stream that can be
// decoded here.
func (r *Runner) Probe(ctx context.Context, input string) (Probe, error) {
	seen, err := guard(input)
	if err != nil {
		return Probe{}, err
	}
	out, log, err := r.look(ctx, input, "-show_chapters")
	var run *RunError
	if errors.As(err, &run) && run.Cause == CauseOutput {
		out, log, err = r.look(ctx, input) // a hundred thousand chapters are none
	}
	if err != nil {
		return Probe{}, r.probeFailed(seen, err)
	}
	p, err := parseProbe(out)
	if err != nil {
		return Probe{}, fmt.Errorf("ffmpeg: probe: %w", err)
	}
	p.Size = seen.size
	if fault := p.usable(log); fault != nil {
		return Probe{}, fault
	}
	return p, nil
}

// look runs ffprobe once and returns what it said and logged.
func (r *Runner) look(ctx context.Context, input string, more ...string) (out []byte, log string, err error) {
	var said bytes.Buffer
	logged := &tailBuffer{max: stderrTail}
	args := append(append([]string{"-of", "json", "-show_format", "-show_streams"}, more...), probeArgs(input)...)
	err = r.Run(ctx, Command{
		Tool: FFprobe, Args: args, Input: input,
		Limits: r.cfg.ProbeLimits, Stdout: &said, StdoutLimit: maxProbeOutput, Log: logged,
	})
	return said.Bytes(), logged.String(), err
}

// probeFailed turns a failed run into what the file's owner should read.
func (r *Runner) probeFailed(seen sighting, err error) error {
	var run *RunError
	if errors.As(err, &run) {
		r.log.Debug("ffprobe refused a file", "cause", run.Cause, "stderr", run.Stderr)
	}
	fault := Explain(err)
	if fault == nil {
		return fmt.Errorf("ffmpeg: probe: %w", err)
	}
	// ffprobe guesses by weak signs ("moov atom not found" for a text); bytes
	// that look like no container at all are no damaged media.
	if !seen.container && (fault.Code == CodeTruncated || fault.Code == CodeDecodeErrors || fault.Code == CodeUnsupportedContainer && seen.foreign) {
		return NewFault(CodeNotMedia)
	}
	return fault
}

// usable returns what speaks against the file, if anything. A film without a
// size is one whose decoder refused it or found no picture.
func (p *Probe) usable(log string) *models.Fault {
	found, playable := 0, 0
	for i := range p.Streams {
		s := &p.Streams[i]
		if s.Type != Audio && !s.Film() {
			continue
		}
		found++
		if s.Film() && s.Decodable && (s.Width == 0 || s.Height == 0) {
			return NewFault(complaint(log))
		}
		if s.Decodable {
			playable++
		}
	}
	switch {
	case found == 0:
		return NewFault(CodeNoMediaStreams)
	case playable == 0:
		return NewFault(CodeUnsupportedCodec)
	}
	return nil
}
