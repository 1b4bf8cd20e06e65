package transcode

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/Eyevinn/mp4ff/mp4"

	"runnel/models"
)

// initFacts is what an init segment says.
type initFacts struct {
	SHA256    string `json:"sha256"`
	Codec     string `json:"codec"` // RFC 6381
	Timescale uint32 `json:"timescale"`
	Shift     int64  `json:"shift"` // media time of the edit list, in timescale: B-frame delay or AAC priming
	Channels  int    `json:"channels,omitempty"`
}

// readInit reads an init segment.
func readInit(path string) (initFacts, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return initFacts{}, err
	}
	f, err := decode(path)
	if err != nil {
		return initFacts{}, err
	}
	if f.Moov == nil || f.Moov.Trak == nil || f.Moov.Trak.Mdia == nil || f.Moov.Trak.Mdia.Mdhd == nil {
		return initFacts{}, fmt.Errorf("init segment without a track: %w", models.ErrCorrupt)
	}
	sum := sha256.Sum256(raw)
	facts := initFacts{SHA256: hex.EncodeToString(sum[:]), Timescale: f.Moov.Trak.Mdia.Mdhd.Timescale}
	if edts := f.Moov.Trak.Edts; edts != nil && len(edts.Elst) > 0 && len(edts.Elst[0].Entries) > 0 {
		facts.Shift = edts.Elst[0].Entries[0].MediaTime
	}
	err = facts.describe(f.Moov.Trak.Mdia)
	return facts, err
}

// describe reads codec and channels from the sample entry.
func (i *initFacts) describe(mdia *mp4.MdiaBox) error {
	if mdia.Minf == nil || mdia.Minf.Stbl == nil || mdia.Minf.Stbl.Stsd == nil {
		return fmt.Errorf("init segment without a sample entry: %w", models.ErrCorrupt)
	}
	stsd := mdia.Minf.Stbl.Stsd
	switch {
	case stsd.AvcX != nil && stsd.AvcX.AvcC != nil:
		c := stsd.AvcX.AvcC
		i.Codec = fmt.Sprintf("avc1.%02x%02x%02x", c.AVCProfileIndication, c.ProfileCompatibility, c.AVCLevelIndication)
	case stsd.Mp4a != nil:
		i.Codec = "mp4a.40.2" // AAC-LC, the only AAC that is made here
		i.Channels = aacChannels(stsd.Mp4a)
	default:
		return i.describeFLAC(stsd)
	}
	return nil
}

// aacChannels reads the number of channels from the decoder's configuration: the
// sample entry says two of every sound. Seven stands for eight channels
// (ISO/IEC 14496-3 §1.6.3.5); the sample rates made here take no long form.
func aacChannels(entry *mp4.AudioSampleEntryBox) int {
	channels := int(entry.ChannelCount)
	if entry.Esds == nil || entry.Esds.DecConfigDescriptor == nil || entry.Esds.DecConfigDescriptor.DecSpecificInfo == nil {
		return channels
	}
	config := entry.Esds.DecConfigDescriptor.DecSpecificInfo.DecConfig
	if len(config) < 2 {
		return channels
	}
	switch n := int(config[1] >> 3 & 0xf); n {
	case 1, 2, 3, 4, 5, 6:
		return n
	case 7:
		return 8
	}
	return channels
}

// describeFLAC reads a sample entry that the library does not know: after eight
// bytes of every sample entry and eight reserved ones come the channels
// (ISO/IEC 14496-12 §12.2.3, "Encapsulation of FLAC in ISO BMFF").
func (i *initFacts) describeFLAC(stsd *mp4.StsdBox) error {
	for _, child := range stsd.Children {
		if box, ok := child.(*mp4.UnknownBox); ok && box.Type() == "fLaC" && len(box.Payload()) >= 28 {
			i.Codec, i.Channels = "fLaC", int(binary.BigEndian.Uint16(box.Payload()[16:]))
			return nil
		}
	}
	return fmt.Errorf("init segment of an unknown codec: %w", models.ErrCorrupt)
}

// segmentFacts is what a media segment holds, in its track's timescale.
type segmentFacts struct {
	Start    uint64 // decode time of the first sample (tfdt)
	Duration uint64 // of all samples
	Samples  int    // pictures, or frames of sound
	KeyStart int64  // from the start of the file to the first sample
	KeyBytes int64  // from the start of the file to the end of the first sample
}

// errNoSamples is a segment that holds nothing. FLAC's encoder ends with a packet
// that only says what it has learnt, which may stand alone in one.
var errNoSamples = errors.New("segment without samples")

// readSegment reads the boxes of a closed segment, not its media data.
func readSegment(path string) (segmentFacts, error) {
	f, err := decode(path)
	if err != nil {
		return segmentFacts{}, err
	}
	var s segmentFacts
	for _, segment := range f.Segments {
		for _, fragment := range segment.Fragments {
			if err := s.add(fragment); err != nil {
				return segmentFacts{}, err
			}
		}
	}
	if s.Samples == 0 {
		return segmentFacts{}, fmt.Errorf("%w: %w", errNoSamples, models.ErrCorrupt)
	}
	return s, nil
}

func (s *segmentFacts) add(fragment *mp4.Fragment) error {
	if fragment.Moof == nil || fragment.Moof.Traf == nil || fragment.Moof.Traf.Tfdt == nil || fragment.Moof.Traf.Tfhd == nil {
		return fmt.Errorf("segment without a track fragment: %w", models.ErrCorrupt)
	}
	traf := fragment.Moof.Traf
	for _, run := range traf.Truns {
		duration := run.AddSampleDefaultValues(traf.Tfhd, nil)
		if s.Samples == 0 && len(run.Samples) > 0 {
			s.Start = traf.Tfdt.BaseMediaDecodeTime()
			s.KeyStart = int64(fragment.Moof.StartPos) + int64(run.DataOffset)
			s.KeyBytes = s.KeyStart + int64(run.Samples[0].Size)
		}
		s.Duration += duration
		s.Samples += len(run.Samples)
	}
	return nil
}

// decode reads the boxes of a file. The library panics on some files that are
// no MP4; ours come from a program that read a stranger's file.
func decode(path string) (f *mp4.File, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	defer func() {
		if r := recover(); r != nil {
			f, err = nil, fmt.Errorf("%v: %w", r, models.ErrCorrupt)
		}
	}()
	if f, err = mp4.DecodeFile(file, mp4.WithDecodeMode(mp4.DecModeLazyMdat)); err != nil {
		return nil, fmt.Errorf("%w: %w", models.ErrCorrupt, err)
	}
	return f, nil
}
