package ffmpeg

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// The shapes of ffprobe -of json; numbers in quotes are strings there.
type (
	jsonProbe struct {
		Format   jsonFormat    `json:"format"`
		Streams  []jsonStream  `json:"streams"`
		Chapters []jsonChapter `json:"chapters"`
	}
	jsonFormat struct {
		Name     string            `json:"format_name"`
		Score    int               `json:"probe_score"`
		Start    string            `json:"start_time"`
		Duration string            `json:"duration"`
		BitRate  string            `json:"bit_rate"`
		Tags     map[string]string `json:"tags"`
	}
	jsonStream struct {
		Index          int               `json:"index"`
		Type           string            `json:"codec_type"`
		Codec          string            `json:"codec_name"`
		Profile        string            `json:"profile"`
		Width          int               `json:"width"`
		Height         int               `json:"height"`
		SAR            string            `json:"sample_aspect_ratio"`
		AvgFrameRate   string            `json:"avg_frame_rate"`
		RealFrameRate  string            `json:"r_frame_rate"`
		PixFmt         string            `json:"pix_fmt"`
		RawBits        string            `json:"bits_per_raw_sample"`
		FieldOrder     string            `json:"field_order"`
		ColorRange     string            `json:"color_range"`
		ColorSpace     string            `json:"color_space"`
		ColorTransfer  string            `json:"color_transfer"`
		ColorPrimaries string            `json:"color_primaries"`
		SampleRate     string            `json:"sample_rate"`
		SampleFmt      string            `json:"sample_fmt"`
		Channels       int               `json:"channels"`
		Layout         string            `json:"channel_layout"`
		TimeBase       string            `json:"time_base"`
		Start          string            `json:"start_time"`
		Duration       string            `json:"duration"`
		BitRate        string            `json:"bit_rate"`
		Frames         string            `json:"nb_frames"`
		Disposition    map[string]int    `json:"disposition"`
		Tags           map[string]string `json:"tags"`
		SideData       []jsonSideData    `json:"side_data_list"`
	}
	jsonSideData struct {
		Type         string  `json:"side_data_type"`
		Matrix       string  `json:"displaymatrix"`
		Rotation     float64 `json:"rotation"`
		MaxContent   int     `json:"max_content"`
		MaxLuminance string  `json:"max_luminance"`
	}
	jsonChapter struct {
		Start string            `json:"start_time"`
		End   string            `json:"end_time"`
		Tags  map[string]string `json:"tags"`
	}
)

// maxChapters bounds what a file may name; the rest is dropped.
const maxChapters = 2000

// parseProbe reads ffprobe's JSON.
func parseProbe(data []byte) (Probe, error) {
	var in jsonProbe
	if err := json.Unmarshal(data, &in); err != nil {
		return Probe{}, fmt.Errorf("ffprobe's answer: %w", err)
	}
	out := Probe{
		Format: in.Format.Name, Score: in.Format.Score,
		Duration: max(parseSeconds(in.Format.Duration), 0), Start: parseSeconds(in.Format.Start),
		BitRate: nonNegative(in.Format.BitRate), Tags: cleanTags(in.tags()),
	}
	for i := range in.Streams {
		out.Streams = append(out.Streams, in.Streams[i].stream())
	}
	for _, c := range in.Chapters[:min(len(in.Chapters), maxChapters)] {
		out.Chapters = append(out.Chapters, Chapter{
			Start: parseSeconds(c.Start), End: parseSeconds(c.End), Title: cleanText(tag(c.Tags, "title"), maxTitle),
		})
	}
	return out, nil
}

// tags are those of the file; Ogg has none but its streams'.
func (j *jsonProbe) tags() map[string]string {
	if j.Format.Name != "ogg" {
		return j.Format.Tags
	}
	for _, s := range j.Streams {
		if s.Type == string(Audio) {
			return s.Tags
		}
	}
	return j.Format.Tags
}

func (j *jsonStream) stream() Stream {
	s := Stream{
		Index: j.Index, Type: StreamType(j.Type), Codec: stated(j.Codec), Profile: stated(j.Profile),
		Decodable: CanDecode(j.Codec),
		Width:     max(j.Width, 0), Height: max(j.Height, 0), SAR: parseRat(j.SAR),
		FrameRate: parseRat(j.AvgFrameRate), RealRate: parseRat(j.RealFrameRate),
		PixFmt: j.PixFmt, FieldOrder: stated(j.FieldOrder),
		ColorRange: stated(j.ColorRange), ColorSpace: stated(j.ColorSpace),
		ColorTransfer: stated(j.ColorTransfer), ColorPrimaries: stated(j.ColorPrimaries),
		SampleRate: int(min(nonNegative(j.SampleRate), math.MaxInt32)), SampleFmt: j.SampleFmt,
		Channels: max(j.Channels, 0), Layout: stated(j.Layout),
		Start: parseSeconds(j.Start), Duration: max(parseSeconds(j.Duration), 0),
		Frames: nonNegative(j.Frames), BitRate: nonNegative(j.BitRate), TimeBase: parseRat(j.TimeBase),
		Language: language(tag(j.Tags, "language")), Title: cleanText(tag(j.Tags, "title"), maxTitle),
	}
	s.BitDepth = bitDepth(j.RawBits, j.PixFmt)
	if s.Duration == 0 { // Matroska keeps it as a tag
		s.Duration = parseClock(tag(j.Tags, "duration"))
	}
	s.setDisposition(j.Disposition)
	for _, d := range j.SideData {
		s.setSideData(d)
	}
	return s
}

func (s *Stream) setDisposition(d map[string]int) {
	s.Default, s.Forced = d["default"] == 1, d["forced"] == 1
	s.AttachedPic, s.TimedThumbnails = d["attached_pic"] == 1, d["timed_thumbnails"] == 1
	s.HearingImpaired, s.VisualImpaired = d["hearing_impaired"] == 1, d["visual_impaired"] == 1
	s.Comment = d["comment"] == 1
}

func (s *Stream) setSideData(d jsonSideData) {
	switch d.Type {
	case "Display Matrix":
		s.Rotation, s.Flipped = turn(d.Rotation), mirrored(d.Matrix)
	case "Content light level metadata":
		s.MaxContentLight = max(d.MaxContent, 0)
	case "Mastering display metadata":
		s.MasteringLuminance = parseRat(d.MaxLuminance)
	}
}

// turn converts ffprobe's angle, which is counterclockwise, to the nearest
// right angle clockwise.
func turn(angle float64) int {
	if math.IsNaN(angle) || math.IsInf(angle, 0) {
		return 0
	}
	quarter := int(math.Round(math.Mod(-angle, 360)/90)) % 4
	return (quarter + 4) % 4 * 90
}

// mirrored reports whether a display matrix, printed as three lines of
// "00000000: a b u", has a negative determinant.
func mirrored(matrix string) bool {
	var m [2][2]float64
	rows := strings.Split(strings.TrimSpace(matrix), "\n")
	for i := 0; i < 2 && i < len(rows); i++ {
		_, numbers, _ := strings.Cut(rows[i], ":")
		fields := strings.Fields(numbers)
		for k := 0; k < 2 && k < len(fields); k++ {
			m[i][k], _ = strconv.ParseFloat(fields[k], 64)
		}
	}
	return m[0][0]*m[1][1]-m[0][1]*m[1][0] < 0
}

// stated drops ffprobe's words for "not known".
func stated(s string) string {
	if s == "unknown" || s == "N/A" || s == "unspecified" || s == "reserved" {
		return ""
	}
	return cleanText(s, 64)
}

// parseRat reads "30000/1001" or "4:3"; nil for 0/0, what is negative or too
// large to be a rate or ratio.
func parseRat(s string) *big.Rat {
	num, den, ok := strings.Cut(strings.Replace(s, ":", "/", 1), "/")
	if !ok {
		return nil
	}
	n, err1 := strconv.ParseInt(num, 10, 64)
	d, err2 := strconv.ParseInt(den, 10, 64)
	if err1 != nil || err2 != nil || n <= 0 || d <= 0 {
		return nil
	}
	return big.NewRat(n, d)
}

// parseSeconds reads "12.345000"; 0 for what is no ordinary number. It is
// bounded to what a Duration holds.
func parseSeconds(s string) time.Duration {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) {
		return 0
	}
	const most = 9e9 // seconds, about 285 years
	return time.Duration(math.Round(min(max(f, -most), most)*1e6)) * time.Microsecond
}

// parseClock reads "01:02:03.456000000"; 0 when it is no such thing.
func parseClock(s string) time.Duration {
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return 0
	}
	hours, minutes := nonNegative(parts[0]), nonNegative(parts[1])
	if hours > 1e6 || minutes > 59 {
		return 0
	}
	return time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute + max(parseSeconds(parts[2]), 0)
}

// bitDepth is the bits of one component, from the decoder or else from the
// pixel format's name ("yuv420p10le").
func bitDepth(raw, pixFmt string) int {
	if n := nonNegative(raw); n > 0 && n <= 64 {
		return int(n)
	}
	for _, depth := range []int{9, 10, 12, 14, 16} {
		if strings.HasSuffix(strings.TrimSuffix(strings.TrimSuffix(pixFmt, "le"), "be"), "p"+strconv.Itoa(depth)) {
			return depth
		}
	}
	if pixFmt == "" {
		return 0
	}
	return 8
}
