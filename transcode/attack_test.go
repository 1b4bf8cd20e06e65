package transcode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"runnel/models"
	"runnel/transcode/ffmpeg"
)

// TestTooMuchEndsWithASentence gives what no machine should work on: each file is
// refused in time, with one of the codes that say what is wrong.
func TestTooMuchEndsWithASentence(t *testing.T) {
	tr := newTranscoder(t, nil)
	for _, c := range []struct {
		name  string
		make  func(t *testing.T) []byte
		codes []string
	}{
		{"a million tracks", manyTracks, []string{ffmpeg.CodeTooManyStreams, ffmpeg.CodeResourceLimit, ffmpeg.CodeTimeout, ffmpeg.CodeTruncated}},
		{"a hundred thousand streams of Ogg", manyOggs, []string{ffmpeg.CodeTooManyStreams, ffmpeg.CodeResourceLimit, ffmpeg.CodeTimeout, ffmpeg.CodeTruncated, ffmpeg.CodeDecodeErrors}},
		{"a picture of 16384 × 16384", hugePicture, []string{ffmpeg.CodeDimensions, ffmpeg.CodeResourceLimit}},
		{"65535 channels", manyChannels, []string{ffmpeg.CodeUnsupportedCodec, ffmpeg.CodeDecodeErrors, ffmpeg.CodeTruncated}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "source")
			if err := os.WriteFile(path, c.make(t), 0o600); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			_, err := tr.Inspect(t.Context(), path)
			var fault *models.Fault
			if !errors.As(err, &fault) || !slices.Contains(c.codes, fault.Code) || fault.Text == "" {
				t.Errorf("got %v", err)
			}
			t.Logf("%v after %v", err, time.Since(began).Round(time.Millisecond))
		})
	}
}

// element is one of EBML with a size of eight bytes.
func element(id []byte, content ...byte) []byte {
	size := binary.BigEndian.AppendUint64(nil, 1<<56|uint64(len(content)))
	return append(append(slices.Clone(id), size...), content...)
}

// manyTracks is Matroska with a million tracks of raw sound and no block.
func manyTracks(*testing.T) []byte {
	track := element([]byte{0xae}, slices.Concat(element([]byte{0xd7}, 1), element([]byte{0x83}, 2), element([]byte{0x86}, []byte("A_PCM/INT/LIT")...))...)
	file := element([]byte{0x1a, 0x45, 0xdf, 0xa3}, element([]byte{0x42, 0x82}, []byte("matroska")...)...)
	tracks := element([]byte{0x16, 0x54, 0xae, 0x6b}, bytes.Repeat(track, 1_000_000)...)
	return append(file, element([]byte{0x18, 0x53, 0x80, 0x67}, tracks...)...)
}

// manyOggs is a chain of first pages, each of another stream.
func manyOggs(*testing.T) []byte {
	var file bytes.Buffer
	for serial := range uint32(100_000) {
		head := append([]byte("OpusHead\x01\x02"), 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0)
		page := append([]byte("OggS\x00\x02"), make([]byte, 8)...)
		page = binary.LittleEndian.AppendUint32(page, serial)
		page = append(page, 0, 0, 0, 0, 0, 0, 0, 0, 1, byte(len(head)))
		file.Write(append(page, head...))
	}
	return file.Bytes()
}

// hugePicture is a film in AVI whose one picture is 16384 wide and high.
func hugePicture(t *testing.T) []byte {
	raw, err := os.ReadFile(clip(t, "a.avi", "-f", "lavfi", "-i", "color=s=64x64:d=0.04", "-c:v", "png", "-frames:v", "1"))
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(raw, []byte("IHDR"))
	format := bytes.Index(raw, []byte("strf"))
	for _, place := range []int{at + 4, at + 8} {
		binary.BigEndian.PutUint32(raw[place:], 16384)
	}
	binary.BigEndian.PutUint32(raw[at+17:], crc32.ChecksumIEEE(raw[at:at+17]))
	for _, place := range []int{format + 12, format + 16} {
		binary.LittleEndian.PutUint32(raw[place:], 16384)
	}
	return raw
}

// manyChannels is a WAV file with as many channels as its header can say.
func manyChannels(t *testing.T) []byte {
	raw, err := os.ReadFile(wave(t, "a.wav", 48000, 2, 16, make([]int32, 2*65535)))
	if err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint16(raw[22:], 65535)
	binary.LittleEndian.PutUint16(raw[32:], 0xfffe)
	return raw
}
