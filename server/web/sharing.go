package web

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"

	"runnel/models"
)

// card is what other sites show of one of our pages: Open Graph
// (https://ogp.me) and the tags that Twitter added.
type card struct {
	kind, title, text, address, image string
	embed                             string // address of a player; empty: none
	width, height                     int    // of that player
	feed                              string
	hidden                            bool // from search engines
}

// sharing returns what goes into the head of a page that others may link to. It
// says nothing that a visitor may not see.
func (s *Server) sharing(ctx context.Context, page string) []byte {
	kind, id, _ := strings.Cut(strings.Trim(page, "/"), "/")
	var found card
	var err error
	switch kind {
	case "watch", "listen":
		found, err = s.releaseCard(ctx, id)
	case "collection":
		found, err = s.collectionCard(ctx, id)
	case "c":
		found, err = s.channelCard(ctx, id)
	default:
		return nil
	}
	if err != nil {
		return nil
	}
	return found.head(s.public.String())
}

// shared reads a release that everybody may watch to its end.
func (s *Server) shared(ctx context.Context, id string) (models.Release, error) {
	r, err := s.seen(context.WithValue(ctx, callerKey{}, Caller{}), id)
	if err == nil && (r.State != models.StateFinal || !r.Servable()) {
		err = models.ErrNotFound
	}
	return r, err
}

func (s *Server) releaseCard(ctx context.Context, id string) (card, error) {
	r, err := s.shared(ctx, id)
	if err != nil {
		return card{}, err
	}
	v := s.view(Caller{}, &r, s.cfg.Now())
	found := card{kind: "video.other", title: v.Title, text: v.Description, address: v.WatchURL, image: v.PosterURL, embed: s.embedURL(&r, 0), hidden: r.Visibility != models.Public}
	found.width, found.height = embedSize(&r, 0, 0)
	if r.Kind == models.KindTrack {
		found.kind = "music.song"
	}
	if found.text == "" {
		found.text = v.ChannelName
	}
	return found, nil
}

func (s *Server) collectionCard(ctx context.Context, id string) (card, error) {
	ctx = context.WithValue(ctx, callerKey{}, Caller{})
	k, err := s.seenCollection(ctx, id)
	if err != nil {
		return card{}, err
	}
	v, err := s.collectionView(ctx, &k)
	found := card{kind: "music.playlist", title: v.Title, text: v.Description, address: v.URL, image: v.CoverURL, hidden: k.Visibility != models.Public}
	if k.Kind == models.Album {
		found.kind = "music.album"
	}
	if found.text == "" {
		found.text = v.By + ", " + strconv.Itoa(v.Items) + " releases"
	}
	return found, err
}

func (s *Server) channelCard(ctx context.Context, id string) (card, error) {
	ch, err := s.seenChannel(context.WithValue(ctx, callerKey{}, Caller{}), id)
	return card{kind: "profile", title: ch.Name, text: "What " + ch.Name + " publishes.", address: s.public.String() + "/c/" + ch.ID, feed: s.feedURL(ch.ID)}, err
}

// head writes the card as tags, each value escaped.
func (c card) head(site string) []byte {
	var b bytes.Buffer
	meta := func(attribute, name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "<meta %s=\"%s\" content=\"%s\">\n", attribute, name, html.EscapeString(value))
		}
	}
	if c.hidden {
		meta("name", "robots", "noindex")
	}
	text := clipped(c.text, 300)
	meta("name", "description", text)
	for _, tag := range [][2]string{{"site_name", "Runnel"}, {"type", c.kind}, {"title", c.title}, {"description", text}, {"url", c.address}, {"image", c.image}} {
		meta("property", "og:"+tag[0], tag[1])
	}
	summary := "summary"
	if c.image != "" {
		summary = "summary_large_image"
	}
	if c.embed != "" {
		summary = "player"
		size := [2]string{strconv.Itoa(c.width), strconv.Itoa(c.height)}
		for _, tag := range [][2]string{{"og:video", c.embed}, {"og:video:type", "text/html"}, {"og:video:width", size[0]}, {"og:video:height", size[1]}} {
			meta("property", tag[0], tag[1])
		}
		for _, tag := range [][2]string{{"twitter:player", c.embed}, {"twitter:player:width", size[0]}, {"twitter:player:height", size[1]}} {
			meta("name", tag[0], tag[1])
		}
		link(&b, "application/json+oembed", site+"/oembed?url="+url.QueryEscape(c.address))
	}
	meta("name", "twitter:card", summary)
	if c.feed != "" {
		link(&b, "application/rss+xml", c.feed)
	}
	return b.Bytes()
}

func link(b *bytes.Buffer, kind, address string) {
	fmt.Fprintf(b, "<link rel=\"alternate\" type=\"%s\" href=\"%s\">\n", kind, html.EscapeString(address))
}

// clipped cuts a text to about so many characters, on one line.
func clipped(text string, most int) string {
	text = strings.Join(strings.Fields(text), " ")
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}
