package web

import (
	"crypto/sha1" // what UUIDs of version 5 are made with; no secret hangs on it
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"runnel/models"
	"runnel/models/catalog"
)

// feedLength is how many of its newest releases a channel's feed holds.
const feedLength = 50

// rss is RSS 2.0 (https://www.rssboard.org/rss-specification) with the tags that
// podcast players know: Apple's, and the podcast namespace
// (https://podcastindex.org/namespace/1.0).
type rss struct {
	XMLName xml.Name   `xml:"rss"`
	Version string     `xml:"version,attr"`
	Atom    string     `xml:"xmlns:atom,attr"`
	ITunes  string     `xml:"xmlns:itunes,attr"`
	Podcast string     `xml:"xmlns:podcast,attr"`
	Channel rssChannel `xml:"channel"`
}

type rssChannel struct {
	Title       string       `xml:"title"`
	Link        string       `xml:"link"`
	Description string       `xml:"description"`
	Self        rssLink      `xml:"atom:link"`
	Generator   string       `xml:"generator"`
	Built       string       `xml:"lastBuildDate,omitempty"`
	Author      string       `xml:"itunes:author"`
	Explicit    string       `xml:"itunes:explicit"`
	Image       *rssImage    `xml:"itunes:image"`
	Category    *rssCategory `xml:"itunes:category"`
	GUID        string       `xml:"podcast:guid"`
	Medium      string       `xml:"podcast:medium,omitempty"`
	Items       []rssItem    `xml:"item"`
}

type rssLink struct {
	Href string `xml:"href,attr"`
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
}

type rssImage struct {
	Href string `xml:"href,attr"`
}

type rssCategory struct {
	Text string `xml:"text,attr"`
}

type rssItem struct {
	Title       string       `xml:"title"`
	Link        string       `xml:"link"`
	GUID        rssGUID      `xml:"guid"`
	Published   string       `xml:"pubDate"`
	Description string       `xml:"description,omitempty"`
	Tags        []string     `xml:"category"`
	Enclosure   rssEnclosure `xml:"enclosure"`
	Author      string       `xml:"itunes:author"`
	Duration    int64        `xml:"itunes:duration"`
	Explicit    string       `xml:"itunes:explicit"`
	Image       *rssImage    `xml:"itunes:image"`
	License     string       `xml:"podcast:license,omitempty"`
	Others      []rssOther   `xml:"podcast:alternateEnclosure"`
}

type rssGUID struct {
	ID        string `xml:",chardata"`
	PermaLink bool   `xml:"isPermaLink,attr"`
}

type rssEnclosure struct {
	URL    string `xml:"url,attr"`
	Length int64  `xml:"length,attr"`
	Type   string `xml:"type,attr"`
}

type rssOther struct {
	Type   string    `xml:"type,attr"`
	Length int64     `xml:"length,attr,omitempty"`
	Title  string    `xml:"title,attr"`
	Source rssSource `xml:"podcast:source"`
}

type rssSource struct {
	URI string `xml:"uri,attr"`
}

// hlsType is how feeds call HLS.
const hlsType = "application/x-mpegURL"

// serveFeeds mounts the channels' feeds.
func (s *Server) serveFeeds(e *gin.Engine) {
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		e.Handle(method, "/c/:channel/feed.xml", s.feed)
	}
}

// feed tells what a visitor may see of a channel, whoever asks.
func (s *Server) feed(c *gin.Context) {
	ctx := c.Request.Context()
	ch, err := s.seenChannel(ctx, c.Param("channel"))
	var page []models.Release
	if err == nil {
		page, _, err = s.deps.Releases.Releases(ctx, catalog.Filter{Channel: ch.ID, Scope: catalog.ScopePublic, Limit: feedLength})
	}
	var text []byte
	if err == nil {
		text, err = s.feedText(c, &ch, page)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	h := c.Writer.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("ETag", tagOf(text))
	sendBytes(c, text, "application/rss+xml; charset=utf-8")
}

func (s *Server) feedText(c *gin.Context, ch *models.Channel, page []models.Release) ([]byte, error) {
	f := rss{Version: "2.0", Atom: "http://www.w3.org/2005/Atom", ITunes: "http://www.itunes.com/dtds/podcast-1.0.dtd", Podcast: "https://podcastindex.org/namespace/1.0"}
	self := s.feedURL(ch.ID)
	f.Channel = rssChannel{
		Title: ch.Name, Link: s.public.String() + "/c/" + ch.ID, Description: "What " + ch.Name + " publishes.", Generator: "Runnel",
		Self: rssLink{Href: self, Rel: "self", Type: "application/rss+xml"}, Author: ch.Name, Explicit: "false", GUID: podcastGUID(self),
	}
	for i := range page {
		item, err := s.feedItem(c, &page[i])
		if err != nil {
			return nil, err
		}
		f.Channel.Items = append(f.Channel.Items, item)
		if f.Channel.Image == nil {
			f.Channel.Image = item.Image
		}
	}
	if len(page) > 0 {
		f.Channel.Built = feedTime(page[0].FinalAt)
		f.Channel.Category, f.Channel.Medium = mediumOf(page)
	}
	text, err := xml.MarshalIndent(f, "", " ")
	return append([]byte(xml.Header), text...), err
}

// feedItem tells one release. What has nothing but sound goes out as one file,
// with HLS beside it; a video is HLS, with its sound beside it.
func (s *Server) feedItem(c *gin.Context, r *models.Release) (rssItem, error) {
	v := s.view(Caller{}, r, s.cfg.Now())
	item := rssItem{
		Title: v.Title, Link: v.WatchURL, GUID: rssGUID{ID: v.ID}, Published: feedTime(r.FinalAt), Description: v.Description, Tags: v.Tags,
		Author: v.ChannelName, Duration: int64(r.Duration.Round(time.Second) / time.Second), Explicit: "false", License: v.License,
		Enclosure: rssEnclosure{URL: v.MasterURL, Length: v.Bytes, Type: hlsType},
	}
	if v.PosterURL != "" {
		item.Image = &rssImage{v.PosterURL}
	}
	renditions, err := s.deps.Releases.Renditions(c.Request.Context(), r.ID)
	if err != nil {
		return item, err
	}
	sound, ok := mainSound(renditions)
	if !ok {
		return item, nil
	}
	one := rssEnclosure{URL: s.public.String() + apiPath + "/releases/" + r.ID + "/" + audioFile, Length: sound.Bytes, Type: "audio/mp4"}
	if r.Kind == models.KindTrack {
		one, item.Enclosure = item.Enclosure, one
	}
	item.Others = []rssOther{{Type: one.Type, Length: one.Length, Title: map[bool]string{true: "HLS", false: "Sound only"}[one.Type == hlsType], Source: rssSource{one.URL}}}
	return item, nil
}

// mediumOf says what a feed is mostly about, in Apple's words and in those of the
// podcast namespace.
func mediumOf(page []models.Release) (*rssCategory, string) {
	tracks := 0
	for i := range page {
		if page[i].Kind == models.KindTrack {
			tracks++
		}
	}
	switch tracks {
	case len(page):
		return &rssCategory{"Music"}, "music"
	case 0:
		return &rssCategory{"TV & Film"}, "video"
	}
	return &rssCategory{"Arts"}, "mixed"
}

func feedTime(at time.Time) string { return at.UTC().Format(time.RFC1123Z) }

// podcastGUID is a feed's lasting name: a UUID of version 5 of its address
// without the scheme, in the podcast namespace's own space
// (https://podcasting2.org/docs/podcast-namespace/tags/guid).
func podcastGUID(address string) string {
	_, name, _ := strings.Cut(address, "://")
	space := []byte{0xea, 0xd4, 0xc2, 0x36, 0xbf, 0x58, 0x58, 0xc6, 0xa2, 0xc6, 0xa6, 0xb2, 0x8d, 0x12, 0x8c, 0xb6}
	sum := sha1.Sum(append(space, strings.TrimRight(name, "/")...))
	sum[6], sum[8] = sum[6]&0x0f|0x50, sum[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// secondsOf reads a place in a release, as in "?t=90".
func secondsOf(text string) int {
	n, err := strconv.Atoi(strings.TrimSuffix(text, "s"))
	if err != nil || n < 0 {
		return 0
	}
	return n
}
