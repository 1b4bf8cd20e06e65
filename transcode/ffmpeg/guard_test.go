package ffmpeg

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// inspectBytes returns the code with which a file of these bytes is refused.
func inspectBytes(t *testing.T, data []byte) string {
	t.Helper()
	_, err := inspect(bytes.NewReader(data), int64(len(data)))
	if err == nil {
		return ""
	}
	for code := range sentences {
		if strings.HasPrefix(err.Error(), code+":") {
			return code
		}
	}
	t.Fatalf("no fault: %v", err)
	return ""
}

// id3Tag builds an ID3v2.3 tag of n text frames.
func id3Tag(n int) []byte {
	frame := append([]byte("TXXX\x00\x00\x00\x05\x00\x00"), "\x00k\x00v\x00"...)
	body := bytes.Repeat(frame, n)
	size := len(body)
	head := []byte{'I', 'D', '3', 3, 0, 0, byte(size >> 21 & 0x7f), byte(size >> 14 & 0x7f), byte(size >> 7 & 0x7f), byte(size & 0x7f)}
	return append(head, body...)
}

func chunk(name string, order binary.ByteOrder, body []byte) []byte {
	var size [4]byte
	order.PutUint32(size[:], uint32(len(body)))
	out := append([]byte(name), size[:]...)
	out = append(out, body...)
	if len(body)%2 == 1 {
		out = append(out, 0)
	}
	return out
}

func box(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	var size [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(len(body)+8))
	return append(append(size[:], kind...), body...)
}

func TestTagsAreBounded(t *testing.T) {
	flac := func(comments uint32) []byte {
		body := append(binary.LittleEndian.AppendUint32(nil, 3), "lib"...)
		body = binary.LittleEndian.AppendUint32(body, comments)
		block := append([]byte{0x84, 0, 0, byte(len(body))}, body...)
		return append(append([]byte("fLaC"), 0, 0, 0, 2, 'x', 'x'), block...)
	}
	riff := func(tag []byte) []byte {
		return chunk("RIFF", binary.LittleEndian, append([]byte("WAVE"),
			append(chunk("fmt ", binary.LittleEndian, make([]byte, 17)), chunk("id3 ", binary.LittleEndian, tag)...)...))
	}
	form := func(tag []byte) []byte {
		return chunk("FORM", binary.BigEndian, append([]byte("AIFF"), chunk("ID3 ", binary.BigEndian, tag)...))
	}
	huge := []byte("ID3\x03\x00\x00\x7f\x7f\x7f\x7f")
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"few frames":        {id3Tag(20), ""},
		"many frames":       {id3Tag(maxTagFrames + 1), CodeMetadataTooLarge},
		"several tags":      {bytes.Repeat(id3Tag(maxTagFrames/2+1), 2), CodeMetadataTooLarge},
		"many empty tags":   {bytes.Repeat(id3Tag(0), 30), CodeMetadataTooLarge},
		"size lie":          {huge, CodeMetadataTooLarge},
		"cut tag":           {id3Tag(20)[:15], ""},
		"padding":           {append([]byte("ID3\x04\x00\x00\x00\x00\x10\x00"), make([]byte, 4096)...), ""},
		"in wav, few":       {riff(id3Tag(20)), ""},
		"in wav, many":      {riff(id3Tag(maxTagFrames + 1)), CodeMetadataTooLarge},
		"in aiff, many":     {form(id3Tag(maxTagFrames + 1)), CodeMetadataTooLarge},
		"wav of chunks":     {chunk("RIFF", binary.LittleEndian, append([]byte("WAVE"), bytes.Repeat(chunk("junk", binary.LittleEndian, nil), maxChunks+1)...)), CodeMetadataTooLarge},
		"flac, few":         {flac(20), ""},
		"flac, many":        {flac(40_000), CodeMetadataTooLarge},
		"flac after a tag":  {append(id3Tag(3), flac(40_000)...), CodeMetadataTooLarge},
		"version 2 frames":  {append([]byte("ID3\x02\x00\x00\x00\x00\x00\x0e"), "TT2\x00\x00\x01xTT2\x00\x00\x01x"...), ""},
		"mp4 tags, many":    {append(box("ftyp", []byte("isom")), box("moov", box("udta", box("meta", make([]byte, 4), box("ilst", bytes.Repeat(box("name"), maxTagFrames+1)))))...), CodeMetadataTooLarge},
		"mp4 boxes, many":   {bytes.Repeat(box("free"), maxBoxes+1), CodeMetadataTooLarge},
		"mp4 without clock": {append(box("ftyp", []byte("isom")), box("moov", box("trak", box("mdia", box("mdhd", make([]byte, 24)), box("hdlr", make([]byte, 8), []byte("vide")))))...), CodeDurationMismatch},
		"mp4 other clock":   {append(box("ftyp", []byte("isom")), box("moov", box("trak", box("mdia", box("mdhd", make([]byte, 24)), box("hdlr", make([]byte, 8), []byte("tmcd")))))...), ""},
		"mp4 with few tags": {append(box("ftyp", []byte("isom")), box("moov", box("udta", box("meta", make([]byte, 4), box("ilst", box("name")))))...), ""},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			require.Equal(t, c.want, inspectBytes(t, c.data))
			require.Less(t, time.Since(began), 5*time.Second)
		})
	}
}

func TestEncryptedFilesAreNamed(t *testing.T) {
	path := generate(t, "cenc.mp4", join(testPicture("64x48", "10", 1), []string{"-c:v", "libx264",
		"-encryption_scheme", "cenc-aes-ctr", "-encryption_key", strings.Repeat("01", 16), "-encryption_kid", strings.Repeat("02", 16)})...)
	_, err := newRunner(t, nil).Probe(t.Context(), path)
	requireCode(t, err, CodeEncrypted)

	stsd := func(entry string) []byte {
		return append(box("ftyp", []byte("M4A ")), box("moov", box("trak", box("mdia", box("minf", box("stbl",
			box("stsd", make([]byte, 8), box(entry, make([]byte, 28))))))))...)
	}
	for entry, want := range map[string]string{"drms": CodeEncrypted, "aavd": CodeEncrypted, "enca": CodeEncrypted, "mp4a": ""} {
		require.Equal(t, want, inspectBytes(t, stsd(entry)), entry)
	}
}

func TestBoxesThatLie(t *testing.T) {
	nested := []byte{}
	for range 2_000 {
		nested = box("moov", nested)
	}
	for name, data := range map[string][]byte{
		"nested":     append(box("ftyp", []byte("isom")), nested...),
		"size zero":  append(box("ftyp", []byte("isom")), 0, 0, 0, 0, 'm', 'o', 'o', 'v'),
		"size small": append(box("ftyp", []byte("isom")), 0, 0, 0, 3, 'm', 'o', 'o', 'v'),
		"size huge":  append(box("ftyp", []byte("isom")), "\x00\x00\x00\x01moov\xff\xff\xff\xff\xff\xff\xff\xff"...),
		"size large": append(box("ftyp", []byte("isom")), "\x00\x00\x00\x01moov\x7f\xff\xff\xff\xff\xff\xff\xff"...),
		"cut":        append(box("ftyp", []byte("isom")), 0, 0),
	} {
		t.Run(name, func(t *testing.T) { require.Empty(t, inspectBytes(t, data)) })
	}
}

func TestSniffLetsMediaPass(t *testing.T) {
	for name, head := range map[string]string{
		"program stream":    "\x00\x00\x01\xba\x44\x00\x04\x00\x04\x01",
		"video stream":      "\x00\x00\x01\xb3\x14\x00\xf0",
		"transport stream":  strings.Repeat("\x47"+strings.Repeat("\x00", 187), 20),
		"m2ts":              strings.Repeat("\x00\x00\x00\x00\x47"+strings.Repeat("\x00", 187), 20),
		"mp3":               "\xff\xfb\x90\x64\x00",
		"adts":              "\xff\xf1\x50\x80",
		"quicktime":         "\x00\x00\x00\x08wide\x00\x00\x01\x00mdat",
		"asf":               "\x30\x26\xb2\x75\x8e\x66\xcf\x11",
		"tag of < in title": "ID3\x03\x00\x00\x00\x00\x00\x00<html>",
		"amr":               "#!AMR\n\x3c\x00\x01",
	} {
		t.Run(name, func(t *testing.T) {
			seen, err := inspect(strings.NewReader(head), int64(len(head)))
			require.NoError(t, err)
			require.True(t, seen.container)
		})
	}
}

func FuzzInspect(f *testing.F) {
	f.Add(id3Tag(3))
	f.Add(append(box("ftyp", []byte("isom")), box("moov", box("udta", box("ilst", box("name"))))...))
	f.Add(append([]byte("fLaC"), 0x84, 0, 0, 8, 0, 0, 0, 0, 9, 0, 0, 0))
	f.Add(chunk("FORM", binary.BigEndian, append([]byte("AIFF"), chunk("ID3 ", binary.BigEndian, id3Tag(2))...)))
	f.Add([]byte("#EXTM3U\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		began := time.Now()
		inspectBytes(t, data)
		if took := time.Since(began); took > 2*time.Second {
			t.Fatalf("%d bytes took %v", len(data), took)
		}
	})
}

// TestTagJustBelowTheBoundIsCheap shows that the bound is low enough for ffprobe
// to end within its CPU limit.
func TestTagJustBelowTheBoundIsCheap(t *testing.T) {
	sound, err := os.ReadFile(generate(t, "a.mp3", append(testTone(1), "-c:a", "mp3")...))
	require.NoError(t, err)
	_, err = newRunner(t, nil).Probe(t.Context(), writeFile(t, "a.mp3", append(id3Tag(maxTagFrames-100), sound...)))
	require.NoError(t, err)
}
