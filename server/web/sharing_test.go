package web

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"runnel/models"
	"runnel/models/catalog"
)

const evil = `"><script>alert(1)</script>&'` + "\u2028]]> {{x}}"

func (n *node) call(title, text string, id string) {
	n.t.Helper()
	tags := []string{"<b>&"}
	_, err := n.cat.UpdateRelease(n.t.Context(), id, catalog.Patch{Title: &title, Description: &text, Tags: &tags})
	must(n.t, err)
}

// tags reads a page as a browser does: the elements of its head by what they say.
func tags(t *testing.T, page string) (meta map[string]string, links map[string]string, scripts int) {
	t.Helper()
	meta, links = map[string]string{}, map[string]string{}
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return meta, links, scripts
		case html.StartTagToken, html.SelfClosingTagToken:
			token, at := z.Token(), map[string]string{}
			for _, a := range token.Attr {
				at[a.Key] = a.Val
			}
			switch token.Data {
			case "meta":
				meta[at["property"]+at["name"]] = at["content"]
			case "link":
				links[at["type"]] = at["href"]
			case "script":
				if at["type"] != "application/json" {
					scripts++
				}
			}
		}
	}
}

func TestPagesSayWhatTheyAre(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	r, song := n.final(p, models.Public), n.track(p, models.Unlisted, 3)
	n.call(evil, evil+"\n\n"+strings.Repeat("long ", 200), r.ID)
	k, err := n.cat.CreateCollection(t.Context(), models.Collection{AccountID: p.account.ID, Kind: models.Album, Title: evil})
	must(t, err)
	must(t, n.cat.AddItems(t.Context(), k.ID, []string{r.ID}))
	site := "http://localhost:8080"
	title := strings.TrimSpace(evil)
	for path, want := range map[string]map[string]string{
		"/watch/" + r.ID: {"og:title": title, "og:type": "video.other", "og:url": site + "/watch/" + r.ID, "og:image": site + "/ipfs/" + r.Manifest.String() + "/x/poster.jpg",
			"og:video": site + "/embed/" + r.ID, "og:video:width": "640", "twitter:card": "player", "twitter:player": site + "/embed/" + r.ID, "og:site_name": "Runnel", "robots": ""},
		"/listen/" + song.ID:  {"og:type": "music.song", "og:description": "ada", "robots": "noindex"},
		"/collection/" + k.ID: {"og:title": title, "og:type": "music.album", "og:description": "ada, 1 releases", "og:image": site + "/ipfs/" + r.Manifest.String() + "/x/poster.jpg", "twitter:card": "summary_large_image"},
		"/c/ada":              {"og:title": "ada", "og:type": "profile"},
	} {
		res := n.get(path, nil)
		meta, links, scripts := tags(t, text(t, res))
		for name, value := range want {
			if meta[name] != value {
				t.Errorf("%s: %s is %q, want %q", path, name, meta[name], value)
			}
		}
		if scripts != 0 || len([]rune(meta["description"])) > 300 {
			t.Errorf("%s: %d scripts, %s", path, scripts, meta["description"])
		}
		for kind, address := range links {
			if kind == "" {
				continue
			}
			u, err := url.Parse(address)
			must(t, err)
			if res := n.get(u.RequestURI(), nil); res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), strings.ReplaceAll(kind, "json+oembed", "json")) {
				t.Errorf("%s links %s: %d %s", path, address, res.StatusCode, res.Header.Get("Content-Type"))
			}
		}
	}
}

// TestSharedSecrets: what not everybody may see is answered by pages, feeds and
// embeds byte for byte like what is not there.
func TestSharedSecrets(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	private, down, hidden := n.final(p, models.Private).ID, n.final(p, models.Public).ID, n.final(p, models.Public).ID
	must(t, n.cat.SetStanding(t.Context(), down, models.StandingTakenDown, "a court", p.account.ID, -1))
	must(t, n.cat.SetStanding(t.Context(), hidden, models.StandingHidden, "", p.account.ID, -1))
	job, _ := n.transcoding(p, models.Public)
	list := listOf(models.Private, models.Playlist)(n, p)
	none := models.NewTID(n.clock.now())
	for _, id := range []string{private, down, hidden, job.ReleaseID} {
		for _, path := range []string{"/embed/%s", "/oembed?url=http%%3A%%2F%%2Flocalhost%%3A8080%%2Fwatch%%2F%s"} {
			path = strings.ReplaceAll(path, "%%", "%")
			got, want := n.get(strings.Replace(path, "%s", id, 1), nil), n.get(strings.Replace(path, "%s", none, 1), nil)
			if got.StatusCode != 404 || text(t, got) != text(t, want) || want.StatusCode != 404 {
				t.Errorf("%s of %s: %d %s", path, id, got.StatusCode, text(t, got))
			}
		}
		if meta, _, _ := tags(t, text(t, n.get("/watch/"+id, &p))); meta["og:title"] != "" {
			t.Errorf("the page of %s tells of it", id)
		}
	}
	if meta, _, _ := tags(t, text(t, n.get("/collection/"+list, &p))); meta["og:title"] != "" {
		t.Error("the page of a private list tells of it")
	}
	got, want := n.get("/c/ada/feed.xml", &p), n.get("/c/nobody/feed.xml", &p)
	if got.StatusCode != 404 || text(t, got) != text(t, want) {
		t.Errorf("feed of a channel that shows nothing: %d %s", got.StatusCode, text(t, got))
	}
}

func TestEmbeds(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	r, song := n.final(p, models.Public), n.track(p, models.Public, 3)
	n.call(evil, "", r.ID)
	ask := func(address, more string) *http.Response {
		return n.get("/oembed?url="+url.QueryEscape(address)+more, nil)
	}
	var e embedding
	decode(t, ask("http://localhost:8080/watch/"+r.ID+"?t=75", "&maxwidth=320"), &e)
	if e.Type != "video" || e.Title != strings.TrimSpace(evil) || e.Width != 320 || e.Height != 180 || e.Version != "1.0" {
		t.Errorf("%+v", e)
	}
	node, err := html.ParseFragment(strings.NewReader(e.HTML), nil)
	must(t, err)
	frames := regexp.MustCompile(`<iframe src="([^"]*)"`).FindAllStringSubmatch(e.HTML, -1)
	if len(node) != 1 || strings.Contains(e.HTML, "<script") || len(frames) != 1 || frames[0][1] != "http://localhost:8080/embed/"+r.ID+"?t=75" {
		t.Errorf("%s", e.HTML)
	}
	decode(t, ask("http://localhost:8080/listen/"+song.ID, "&maxheight=90"), &e)
	if e.Type != "rich" || e.Height != 90 || e.Width != 640 {
		t.Errorf("%+v", e)
	}
	for address, want := range map[string]int{
		"http://localhost:8080/watch/" + r.ID + "&format=xml": 501, "http://evil.example/watch/" + r.ID: 404, "http://localhost:8080@evil.example/watch/" + r.ID: 404,
		"ftp://localhost:8080/watch/" + r.ID: 404, "http://localhost:8080/studio/" + r.ID: 404, "": 404, "::": 404, "http://localhost:8080/watch/" + strings.Repeat("a", 5000): 404,
	} {
		bare, more, _ := strings.Cut(address, "&")
		if more != "" {
			more = "&" + more
		}
		if res := ask(bare, more); res.StatusCode != want {
			t.Errorf("%.80s: %d, want %d", address, res.StatusCode, want)
		}
	}
	res := n.get("/embed/"+r.ID, nil)
	if _, said := told(t, text(t, res)); !said || !strings.HasSuffix(res.Header.Get("Content-Security-Policy"), "frame-ancestors *") {
		t.Errorf("embed page: %v", res.Header)
	}
	for _, page := range []string{"/watch/" + r.ID, "/collection/x", "/embedded/x", "/"} {
		if policy := n.get(page, nil).Header.Get("Content-Security-Policy"); !strings.HasSuffix(policy, "frame-ancestors 'none'") {
			t.Errorf("%s may be framed: %s", page, policy)
		}
	}
}

// readFeed is what a program that knows RSS reads, by the names of XML
// namespaces and not by our prefixes.
type readFeed struct {
	Version string `xml:"version,attr"`
	Channel struct {
		Title string `xml:"title"`
		Links []struct {
			XMLName xml.Name
			Href    string `xml:"href,attr"`
			Rel     string `xml:"rel,attr"`
			Text    string `xml:",chardata"`
		} `xml:"link"` // RSS's own and Atom's
		Description string `xml:"description"`
		Built       string `xml:"lastBuildDate"`
		Author      string `xml:"http://www.itunes.com/dtds/podcast-1.0.dtd author"`
		Explicit    string `xml:"http://www.itunes.com/dtds/podcast-1.0.dtd explicit"`
		Image       struct {
			Href string `xml:"href,attr"`
		} `xml:"http://www.itunes.com/dtds/podcast-1.0.dtd image"`
		Category struct {
			Text string `xml:"text,attr"`
		} `xml:"http://www.itunes.com/dtds/podcast-1.0.dtd category"`
		GUID   string `xml:"https://podcastindex.org/namespace/1.0 guid"`
		Medium string `xml:"https://podcastindex.org/namespace/1.0 medium"`
		Items  []struct {
			Title       string `xml:"title"`
			Link        string `xml:"link"`
			Description string `xml:"description"`
			PubDate     string `xml:"pubDate"`
			GUID        struct {
				PermaLink string `xml:"isPermaLink,attr"`
				ID        string `xml:",chardata"`
			} `xml:"guid"`
			Tags      []string `xml:"category"`
			Enclosure struct {
				URL    string `xml:"url,attr"`
				Length int64  `xml:"length,attr"`
				Type   string `xml:"type,attr"`
			} `xml:"enclosure"`
			Duration string `xml:"http://www.itunes.com/dtds/podcast-1.0.dtd duration"`
			Other    []struct {
				Type   string `xml:"type,attr"`
				Source struct {
					URI string `xml:"uri,attr"`
				} `xml:"https://podcastindex.org/namespace/1.0 source"`
			} `xml:"https://podcastindex.org/namespace/1.0 alternateEnclosure"`
		} `xml:"item"`
	} `xml:"channel"`
}

func TestFeed(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	film, song := n.final(p, models.Public), n.track(p, models.Public, 3)
	n.final(p, models.Unlisted)
	n.final(p, models.Private)
	n.transcoding(p, models.Public)
	n.call(evil, evil, film.ID)
	n.call("A song", "", song.ID)
	res := n.get("/c/ada/feed.xml", nil)
	var f readFeed
	if err := xml.Unmarshal([]byte(text(t, res)), &f); err != nil || res.Header.Get("Content-Type") != "application/rss+xml; charset=utf-8" {
		t.Fatalf("%v\n%s", err, text(t, res))
	}
	site := "http://localhost:8080"
	ch := f.Channel
	if len(ch.Links) != 2 || ch.Links[0].XMLName.Space != "" || ch.Links[1].XMLName.Space != "http://www.w3.org/2005/Atom" {
		t.Fatalf("links %+v", ch.Links)
	}
	page, self := ch.Links[0].Text, ch.Links[1]
	for name, pair := range map[string][2]string{
		"version": {f.Version, "2.0"}, "title": {ch.Title, "ada"}, "link": {page, site + "/c/" + p.channel.ID}, "self": {self.Href, page + "/feed.xml"}, "rel": {self.Rel, "self"},
		"author": {ch.Author, "ada"}, "explicit": {ch.Explicit, "false"}, "category": {ch.Category.Text, "Arts"}, "medium": {ch.Medium, "mixed"},
		"image": {ch.Image.Href, site + "/ipfs/" + song.Manifest.String() + "/x/poster.jpg"}, "description": {ch.Description, "What ada publishes."},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", name, pair[0], pair[1])
		}
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(ch.GUID) {
		t.Errorf("guid %s", ch.GUID)
	}
	if len(ch.Items) != 2 || ch.Items[0].GUID.ID != song.ID || ch.Items[1].GUID.ID != film.ID {
		t.Fatalf("items %+v", ch.Items)
	}
	audio, video := ch.Items[0], ch.Items[1]
	if title := strings.TrimSpace(evil); video.Title != title || video.Description != title || len(video.Tags) != 1 || video.Tags[0] != "<b>&" {
		t.Errorf("%q, %q, %q", video.Title, video.Description, video.Tags)
	}
	if e := video.Enclosure; e.Type != hlsType || e.URL != site+"/ipfs/"+film.Manifest.String()+"/master.m3u8" || video.Duration != "8" || video.GUID.PermaLink != "false" || video.Link != site+"/watch/"+film.ID {
		t.Errorf("%+v", video)
	}
	if at, err := time.Parse(time.RFC1123Z, audio.PubDate); err != nil || !at.Equal(song.FinalAt.Truncate(time.Second)) || ch.Built != audio.PubDate {
		t.Errorf("%s, %s: %v", audio.PubDate, ch.Built, err)
	}
	if e := audio.Enclosure; e.Type != "audio/mp4" || len(audio.Other) != 1 || audio.Other[0].Type != hlsType || audio.Duration != "12" {
		t.Errorf("%+v", audio)
	}
	u, err := url.Parse(audio.Enclosure.URL)
	must(t, err)
	if got := n.get(u.Path, nil); got.StatusCode != 200 || got.ContentLength != audio.Enclosure.Length {
		t.Errorf("enclosure: %d, %d bytes, the feed says %d", got.StatusCode, got.ContentLength, audio.Enclosure.Length)
	}
	if again := n.do(request{method: "GET", path: "/c/" + p.channel.ID + "/feed.xml", header: http.Header{"If-None-Match": {res.Header.Get("ETag")}}}); again.StatusCode != 304 {
		t.Errorf("again: %d", again.StatusCode)
	}
}

// TestPodcastGUID is the example of the namespace's own page.
func TestPodcastGUID(t *testing.T) {
	for address, want := range map[string]string{
		"https://mp3s.nashownotes.com/pc20rss.xml": "917393e3-1b1e-5cef-ace4-edaa54e1f810",
		"https://podnews.net/rss/":                 "9b024349-ccf0-5f69-a609-6b82873eab3c",
	} {
		if got := podcastGUID(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
