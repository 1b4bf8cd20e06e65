package corpus

import (
	"strings"

	"runnel/transcode/ffmpeg"
)

// playlist is an HLS playlist of one segment.
func playlist(uri string) Recipe {
	return text("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:1.0,\n" + uri + "\n#EXT-X-ENDLIST\n")
}

func named(name string) map[string]string { return map[string]string{"filename": name} }

func playlists() []File {
	var files []File
	add := func(name string, make Recipe) { files = append(files, File{Name: name, Make: make}) }
	add("hls-passwd", playlist("file:///etc/passwd"))
	add("hls-secret", playlist("file://{SECRET}"))
	add("hls-http", playlist("http://{NET}/x.ts"))
	add("hls-metadata", playlist("http://169.254.169.254/latest/meta-data/"))
	add("hls-other-tenant", playlist("file://{FILM}"))
	add("hls-relative", playlist("other.ts"))
	add("hls-concat", playlist("concat:{FILM}|{SECRET}"))
	add("hls-subfile", playlist("subfile,,start,0,end,999,,:{FILM}"))
	add("hls-data", playlist("data:video/mp2t;base64,R0AREABC8CUAAcEAAP8="))
	add("hls-gopher", playlist("gopher://{NET}/_FLUSHALL"))
	add("hls-udp", playlist("udp://{NET}"))
	add("hls-tcp", playlist("tcp://{NET}"))
	add("hls-ipfs", playlist("ipfs://bafkqagj4onrxe2lqoq7gc3dfoj2cqmjjhqxxgy3snfyhipq"))
	add("hls-crypto", playlist("crypto+file://{FILM}"))
	add("plain-m3u8", text("{FILM}\nhttp://{NET}/x.mp3\n"))
	add("hls-key-http", text("#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"http://{NET}/k\"\n#EXTINF:1,\n{FILM}\n"))
	add("hls-map-http", text("#EXTM3U\n#EXT-X-MAP:URI=\"http://{NET}/i.mp4\"\n#EXTINF:1,\n{FILM}\n"))
	add("hls-master", text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://{NET}/m.m3u8\n"))
	add("hls-self", text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhls-self\n"))
	add("hls-20000-segments", text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n"+strings.Repeat("#EXTINF:1,\n{FILM}\n", 20000)))
	add("hls-bom", text("\xef\xbb\xbf#EXTM3U\n#EXTINF:1,\n{FILM}\n"))
	add("hls-blanks", text("\n\n \t#EXTM3U\n#EXTINF:1,\n{FILM}\n"))
	add("ffconcat-absolute", text("ffconcat version 1.0\nfile '{FILM}'\n"))
	add("ffconcat-relative", text("ffconcat version 1.0\nfile other.ts\n"))
	add("ffconcat-http", text("ffconcat version 1.0\nfile http://{NET}/x.ts\n"))
	add("sdp", text("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"))
	add("dash-http", text("<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><BaseURL>http://{NET}/</BaseURL></MPD>"))
	add("dash-xxe", text("<?xml version=\"1.0\"?>\n<!DOCTYPE MPD [<!ENTITY x SYSTEM \"file://{SECRET}\">]>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><BaseURL>&x;</BaseURL></MPD>"))
	add("pls", text("[playlist]\nFile1=http://{NET}/x.mp3\nFile2={FILM}\n"))
	add("asx", text("<asx version=\"3.0\"><entry><ref href=\"http://{NET}/x\"/></entry></asx>"))
	add("ffmetadata", text(";FFMETADATA1\ntitle=x\n"))
	add("strm", text("http://{NET}/film.mp4\n"))
	for i := range files {
		files[i].Want = refused(ffmpeg.CodePlaylistInput)
	}
	files[14].Want = refused(ffmpeg.CodePlaylistInput, ffmpeg.CodeNotMedia) // a list of paths is any text
	for _, ext := range []string{"mp3", "mkv", "mp4"} {
		files = append(files, File{Name: "hls-as-" + ext, Make: playlist("{FILM}"), Want: refused(ffmpeg.CodePlaylistInput), Meta: named("film." + ext)})
	}
	return class("playlist", files...)
}
