package corpus

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// arg is one argument after another.
func arg(args ...string) []string { return args }

// picture is a moving picture.
func picture(size string, rate string, seconds float64) []string {
	return arg("-f", "lavfi", "-i", fmt.Sprintf("testsrc2=s=%s:r=%s:d=%g", size, rate, seconds))
}

// tone is a sound.
func tone(seconds float64) []string {
	return arg("-f", "lavfi", "-i", fmt.Sprintf("sine=r=48000:d=%g", seconds))
}

// The encoders that most files use.
func h264() []string {
	return arg("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-threads", "1")
}
func aac() []string { return arg("-c:a", "aac", "-b:a", "64k") }

// The stocks that others are patches of: films of 2 seconds, tracks of 1.
func stocks(name string) Recipe {
	sight, sound := picture("128x96", "24", 2), tone(2)
	switch name {
	case "mp4":
		return ff("mp4", sight, sound, h264(), aac(), arg("-movflags", "+faststart"))
	case "mp4-late": // the index comes last
		return ff("mp4", sight, sound, h264(), aac())
	case "mp4-fragments":
		return ff("mp4", sight, sound, h264(), aac(), arg("-g", "12", "-movflags", "+frag_keyframe+empty_moov+default_base_moof"))
	case "m4a":
		return ff("mp4", tone(1), aac(), arg("-movflags", "+faststart"))
	case "ts":
		return ff("mpegts", sight, sound, h264(), aac())
	case "ts-small": // its time goes on where "ts" ends
		return ff("mpegts", picture("64x48", "24", 2), sound, h264(), aac(), arg("-output_ts_offset", "2"))
	case "ts-mpeg2": // so does this one's
		return ff("mpegts", sight, sound, arg("-c:v", "mpeg2video", "-c:a", "mp2", "-output_ts_offset", "2"))
	case "ts-later": // and this one's ten seconds later
		return ff("mpegts", sight, sound, h264(), aac(), arg("-output_ts_offset", "12"))
	case "avi":
		return ff("avi", sight, tone(2), arg("-c:v", "mpeg4", "-c:a", "pcm_s16le"))
	case "asf":
		return ff("asf", sight, sound, arg("-c:v", "wmv2", "-c:a", "wmav2"))
	case "wav":
		return ff("wav", tone(1), arg("-bitexact"))
	case "mp3":
		return ff("mp3", tone(1), arg("-c:a", "libmp3lame", "-b:a", "64k", "-id3v2_version", "0"))
	case "flac":
		return ff("flac", tone(1), arg("-c:a", "flac"))
	case "ogg":
		return ff("ogg", tone(1), arg("-c:a", "libvorbis"))
	case "png":
		return ff("image2", picture("64x48", "1", 1), arg("-frames:v", "1", "-c:v", "png"))
	case "jpg":
		return ff("image2", picture("64x48", "1", 1), arg("-frames:v", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p"))
	}
	return func(context.Context, *Workshop, string) error { return fmt.Errorf("no stock %q", name) }
}

// patched is a stock with other bytes.
func patched(name string, change func([]byte) []byte) Recipe {
	return func(ctx context.Context, w *Workshop, path string) error {
		data, err := w.data(ctx, name, stocks(name))
		if err != nil {
			return err
		}
		return os.WriteFile(path, change(append([]byte(nil), data...)), 0o600)
	}
}

// plain is a stock as it is.
func plain(name string) Recipe { return patched(name, func(b []byte) []byte { return b }) }

// joined is one stock behind the other.
func joined(first, second string) Recipe {
	return func(ctx context.Context, w *Workshop, path string) error {
		var all []byte
		for _, name := range arg(first, second) {
			data, err := w.data(ctx, name, stocks(name))
			if err != nil {
				return err
			}
			all = append(all, data...)
		}
		return os.WriteFile(path, all, 0o600)
	}
}

// beside gives a recipe a file next to it, which ffmpeg names in its arguments.
func beside(name string, first, then Recipe) Recipe {
	return func(ctx context.Context, w *Workshop, path string) error {
		if err := first(ctx, w, filepath.Join(w.dir, name)); err != nil {
			return err
		}
		return then(ctx, w, path)
	}
}

// fromFile is another file of the workshop with other bytes.
func fromFile(name string, change func([]byte) []byte) Recipe {
	return func(_ context.Context, w *Workshop, path string) error {
		data, err := os.ReadFile(filepath.Join(w.dir, name))
		if err != nil {
			return err
		}
		return os.WriteFile(path, change(data), 0o600)
	}
}
