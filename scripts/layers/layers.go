// Package layers holds the import table: which folder may import which, and
// which library has one importer only. Its test reads every source file and
// compares, so that an arrow which points up cannot land.
package layers

// own says, for each package, which of Runnel's own packages it may import.
// A package that is not named here fails the test.
var own = map[string][]string{
	"models":                       {},
	"models/blockset":              {"models"},
	"models/catalog":               {"models"},
	"models/catalog/pgtest":        {},
	"models/likeness":              {"models"},
	"transcode/hls":                {"models"},
	"transcode/captions":           {"models", "transcode/hls"},
	"transcode/ffmpeg":             {"models"},
	"transcode":                    {"models", "transcode/captions", "transcode/ffmpeg", "transcode/hls"},
	"ingest/spool":                 {"models"},
	"ingest":                       {"models", "models/blockset", "models/catalog", "transcode", "transcode/captions", "transcode/hls", "ingest/spool"},
	"server/blocks":                {"models"},
	"server/blocks/blockstest":     {"models", "server/blocks"},
	"server/backup":                {"models"},
	"server/cache":                 {"models"},
	"server/certificates":          {"models"},
	"server/certificates/acmetest": {},
	"server/delivery":              {"models", "models/blockset"},
	"server/gateway":               {"models"},
	"server/members":               {},
	"server/keyvalue":              {},
	"server/p2p":                   {"models"},
	"server/pinning":               {"models", "models/blockset"},
	"server/web":                   {"models", "models/catalog", "models/likeness", "transcode/hls", "ingest/spool"},
	"server/client":                {"models"},
	"server/servertest":            {"models", "models/blockset", "transcode", "transcode/ffmpeg", "server", "server/client"},
	"server":                       {"models", "models/blockset", "models/catalog", "transcode", "transcode/captions", "transcode/ffmpeg", "transcode/hls", "ingest", "ingest/spool", "player", "server/backup", "server/blocks", "server/cache", "server/certificates", "server/delivery", "server/gateway", "server/keyvalue", "server/members", "server/p2p", "server/pinning", "server/web"},
	"server/cmd/runnel":            {"models", "models/blockset", "transcode/ffmpeg", "server", "server/client"},
	"player":                       {},
	"scripts/bench":                {"models", "models/blockset", "transcode", "transcode/ffmpeg", "transcode/hls", "server/blocks", "server/client"},
	"scripts/corpus":               {"models", "transcode/ffmpeg"},
	"scripts/gates":                {},
	"scripts/layers":               {},
	"scripts/sbom":                 {},
}

// only names, for a library (by import path prefix), the packages that may
// import it outside tests.
var only = map[string][]string{
	"gorm.io/":                                {"models/catalog"},
	"github.com/pressly/goose":                {"models/catalog"},
	"github.com/riverqueue/":                  {"models/catalog", "ingest"},
	"github.com/corona10/goimagehash":         {"transcode"},
	"github.com/u2takey/ffmpeg-go":            {"transcode/ffmpeg"},
	"os/exec":                                 {"transcode/ffmpeg", "models/catalog/pgtest", "scripts/bench", "scripts/corpus"},
	"github.com/gin-gonic/gin":                {"server/web"},
	"github.com/redis/go-redis":               {"server/cache"},
	"github.com/tus/tusd":                     {"server/web", "ingest/spool"},
	"github.com/libp2p/go-libp2p":             {"server/p2p", "scripts/bench"},
	"github.com/libp2p/go-libp2p/core/peer":   {"models/blockset", "models/catalog", "server/p2p", "scripts/bench"},
	"github.com/libp2p/go-libp2p/core/crypto": {"models/blockset", "models/catalog", "server/p2p", "scripts/bench"},
	"github.com/libp2p/":                      {"server/p2p"},
	"github.com/ipfs/boxo":                    {"models/blockset", "server/blocks", "server/gateway", "server/p2p", "scripts/bench"},
	"github.com/ipfs/boxo/ipns":               {"models/blockset", "models/catalog", "server/gateway", "server/p2p"}, // a key's name
}
