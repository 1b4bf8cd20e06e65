package catalog

import "strings"

// portableTable is a table as Export writes it. Its columns stand with their
// kinds: int, text, bool, float or bytes, each of which may be null.
type portableTable struct {
	name, order string
	counts      bool // its ids are given out by the database
	columns     string
}

// portable holds every table but sessions, whose owners sign in again, and the
// full text and tags, which are made anew. Of releases seq is left out: it follows from the
// id. No row refers to a table further down.
var portable = []portableTable{
	{"accounts", "id", true, "id int, name text, role text, password_hash text, blocked bool, waiting bool, created_at int"},
	{"tokens", "id", false, "id text, hash bytes, account_id int, label text, scope text, created_at int, expires_at int"},
	{"setup_links", "hash", false, "hash bytes, account_id int, expires_at int"},
	{"channels", "id", false, "id text, account_id int, handle text, name text, sealed_key bytes, recovery_hash bytes, blocked bool, created_at int"},
	{"roots", "id", true, "id int, mh bytes, cid bytes, servable bool, created_at int"},
	{"root_blocks", "mh, root_id", false, "mh bytes, root_id int, codec int"},
	{"pins", "root_id, reason", false, "root_id int, reason text, state text, blocks int, bytes int, size int, failure text, created_at int"},
	{"releases", "id", false, `id text, account_id int, channel_id text, kind text, title text, description text, tags text,
		language text, license text, visibility text, state text, standing text, standing_reason text, barred text, failure_code text, failure_text text,
		fraction float, playable int, root_id int, rev int, duration int, width int, height int, bytes int, poster text,
		loudness_integrated float, loudness_range float, loudness_peak float, source_path text, source_sha256 bytes, source_size int,
		created_at int, updated_at int, final_at int, artist text, album_artist text, composer text, album text, disc int, track int,
		isrc text, first_published text, rev_at int, replaces text, publish_at int, publish_as text`},
	{"revisions", "release_id, rev", false, "release_id text, rev int, root_id int, bytes int, duration int, poster text, published_at int, ended_at int"},
	{"account_limits", "account_id", false, "account_id int, bytes int, releases int, uploads int, jobs int"},
	{"moderation", "id", true, `id int, release_id text, account_id int, standing text, reason text, created_at int, action text, channel_id text,
		person_id int, refers int, was_standing text, was_reason text, was_barred text, was_case text, was_opened int`},
	{"reports", "id", true, "id int, release_id text, account_id int, reason text, text text, decision int, created_at int"},
	{"cases", "release_id", false, "release_id text, kind text, urgency int, opened_at int"},
	{"likenesses", "release_id", false, "release_id text, title text, sound bytes, pictures bytes, taken_down bool"},
	{"uploads", "id", false, `id text, account_id int, release_id text, length int, received int, metadata text, complete bool,
		created_at int, expires_at int, concat text, parts text, part_of text`},
	{"jobs", "release_id", false, `release_id text, state text, node text, lease_until int, attempt int, reason text, not_before int,
		created_at int, updated_at int`},
	{"renditions", "release_id, id", false, `release_id text, position int, id text, media text, codec text, width int, height int,
		frame_rate text, channels int, audio_group text, language text, name text, cap int, live bool, bandwidth int, average_bandwidth int,
		segments int, duration int, bytes int, hashes text, hashes_sha256 bytes, sample_rate int, priming int, padding int, samples int`},
	{"segments", "release_id, rendition, number", false, `release_id text, rendition text, number int, part int, duration int, key_bytes int,
		path text, cid bytes, size int, dag_size int, sha256 bytes, blocks bytes`},
	{"segment_blocks", "mh, release_id", false, "mh bytes, release_id text"},
	{"parts", "release_id, rendition, part", false, "release_id text, rendition text, part int"},
	{"collections", "id", false, `id text, account_id int, channel_id text, kind text, title text, description text, visibility text,
		version int, created_at int, updated_at int`},
	{"collection_items", "collection_id, position", false, "collection_id text, release_id text, position int"},
	{"follows", "account_id, channel_id", false, "account_id int, channel_id text, created_at int"},
	{"plays", "release_id, day", false, "release_id text, day int, plays int, seconds int, bytes int"},
}

// fields returns the names of the columns and the kind of each.
func (t portableTable) fields() (names []string, kinds map[string]string) {
	kinds = map[string]string{}
	for _, c := range strings.Split(t.columns, ",") {
		name, kind, _ := strings.Cut(strings.TrimSpace(c), " ")
		names, kinds[name] = append(names, name), kind
	}
	return names, kinds
}

// The lines of an export: a header, then for each table one that begins it and
// one for each row, which is an array of its values, then the trailer.
type (
	portableHeader struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
		Schema  int64  `json:"schema"` // of the database it was read from
	}
	portableStart struct {
		Table   string   `json:"table"`
		Columns []string `json:"columns"`
		Last    int64    `json:"last,omitempty"` // the highest id ever given out
	}
	portableTrailer struct {
		Rows   map[string]int64 `json:"rows"`
		SHA256 string           `json:"sha256"` // of every line before, in hexadecimal
	}
)

const (
	portableFormat  = "runnel-catalogue"
	portableVersion = 1
)
