package server

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ipfs/go-cid"

	"runnel/ingest"
	"runnel/ingest/spool"
	"runnel/models"
	"runnel/models/blockset"
	"runnel/models/catalog"
	"runnel/player"
	"runnel/server/delivery"
	"runnel/server/web"
)

// openWeb wires the HTTP face and greets a new owner.
func (s *Server) openWeb(ctx context.Context) error {
	tus, err := spool.NewHandler(spool.HandlerConfig{BasePath: "/api/v1/uploads"}, s.spool)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	rows := s.folder.Catalog
	desk := desk{rows, s.spool, s.tell, s.crash}
	var counter web.Counter // a nil *cache.Redis in it would not be nil
	var once web.Once
	if s.redis != nil {
		counter, once = s.redis, s.redis
	}
	s.web, err = web.New(web.Config{
		PublicURL: s.publicURL, Secret: s.folder.Secret[:], Version: s.cfg.Version, TrustedProxies: s.cfg.TrustedProxies,
		Registration: web.Registration(s.cfg.Registration),
		About:        web.About{Name: s.cfg.OperatorName, Contact: s.cfg.OperatorContact, Rules: s.cfg.OperatorRules},
		Pages:        player.Dist(), MaxSize: s.spool.MaxSize(), Registry: s.registry,
	}, web.Deps{
		Collections: rows, Curation: rows, Orders: rows, Channels: rows, Follows: rows, Plays: rows, Sizes: contents{s.delivery},
		Accounts: rows, Sessions: rows, Tokens: rows, Setup: rows, Releases: rows, Desk: desk, Moderators: desk, Jobs: rows,
		Reports: rows, Queue: rows, Trail: rows,
		People: rows, Overview: overview{s},
		Studio: rows, Beside: s.beside, Limits: rows, Figures: rows,
		Growing: rows, Roots: rows, Uploads: rows, Tus: tus, Delivery: contents{s.delivery}, Archives: contents{s.delivery}, Pins: pins{s.keeper, s.tell}, Counter: counter, Once: once,
		Node: s.describe, Parts: s.parts(), Log: s.log,
	})
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	if s.http == nil {
		return nil
	}
	link, err := s.folder.greet(ctx)
	if err != nil {
		return fmt.Errorf("server: first start: %w", err)
	}
	if link != "" {
		s.setupLink = s.publicURL + link
	}
	return nil
}

func (s *Server) describe() web.NodeInfo {
	info := web.NodeInfo{
		PeerID: s.peers.ID().String(), Version: s.cfg.Version, Peers: len(s.peers.Peers()), Storage: s.storage(), EgressLimit: 8 * s.peers.EgressLimit(),
	}
	for _, address := range s.peers.Addrs() {
		info.Addrs = append(info.Addrs, address.String())
	}
	return info
}

// desk changes releases, drops the upload that a deleted one came from, and has
// the peer network told what changed.
type desk struct {
	*catalog.Catalog
	spool *spool.Store
	tell  func(context.Context, cid.Cid)
	crash func(point string) // see ingest.CrashFromEnv
}

// UpdateRelease edits a release.
func (d desk) UpdateRelease(ctx context.Context, id string, p catalog.Patch) (models.Release, error) {
	r, err := d.Catalog.UpdateRelease(ctx, id, p)
	if err == nil {
		d.told(ctx, r)
	}
	return r, err
}

// SetStanding hides a release, takes it down or restores it.
func (d desk) SetStanding(ctx context.Context, id string, standing models.Standing, reason string, by, seen int64) error {
	if err := d.Catalog.SetStanding(ctx, id, standing, reason, by, seen); err != nil {
		return err
	}
	if r, err := d.Release(ctx, id); err == nil {
		d.told(ctx, r)
	}
	return nil
}

// Decide carries out a moderator's word, and has the network told of every
// release that it changed.
func (d desk) Decide(ctx context.Context, decision models.Decision) (models.TrailEntry, error) {
	entry, roots, err := d.Catalog.Decide(ctx, decision)
	ctx = context.WithoutCancel(ctx) // what goes out has changed already
	for _, root := range roots {
		d.tell(ctx, root)
	}
	return entry, err
}

// DeleteRelease deletes a release and the source kept for it.
func (d desk) DeleteRelease(ctx context.Context, id string) error {
	source, err := d.Source(ctx, id)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return err
	}
	gone, known := d.Release(ctx, id)
	coming, err := d.Replacements(ctx, gone.AccountID)
	if err != nil {
		return err
	}
	if next, ok := coming[id]; ok { // first: its file would be a stray for a while
		if err := d.DeleteRelease(ctx, next.ID); err != nil && !errors.Is(err, models.ErrNotFound) {
			return err
		}
	}
	if err := d.Catalog.DeleteRelease(ctx, id); err != nil {
		return err
	}
	if known == nil {
		d.told(ctx, gone)
	}
	d.crash(ingest.BeforeSourceDelete)
	return d.spool.RemoveSource(source.Path)
}

// told passes on the root of a release that has one.
func (d desk) told(ctx context.Context, r models.Release) {
	if r.Manifest.Defined() {
		d.tell(ctx, r.Manifest)
	}
}

// contents is delivery in the words of the HTTP face.
type contents struct{ delivery *delivery.Delivery }

func (c contents) Open(ctx context.Context, root cid.Cid, path string) (*web.Content, error) {
	return content(c.delivery.Open(ctx, root, path))
}

func (c contents) File(ctx context.Context, root, file cid.Cid) (*web.Content, error) {
	return content(c.delivery.File(ctx, root, file))
}

// Size is what the release's tree tells of a file.
func (c contents) Size(ctx context.Context, root cid.Cid, path string) (int64, error) {
	_, size, err := c.delivery.Resolve(ctx, root, path)
	return size, err
}

func (c contents) Raw(ctx context.Context, root cid.Cid) ([]byte, error) {
	data, _, err := c.delivery.Block(ctx, root, root)
	return data, err
}

// CAR writes a release, block by block as it is found.
func (c contents) CAR(ctx context.Context, root cid.Cid, w io.Writer) error {
	return blockset.ExportCAR(ctx, c.delivery.Getter(root), root, w)
}

func content(found *delivery.Content, err error) (*web.Content, error) {
	if err != nil {
		return nil, err
	}
	return &web.Content{Body: found, Closer: found, Size: found.Size(), CID: found.CID(), Source: found.Source().String()}, nil
}
