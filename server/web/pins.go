package web

import (
	"context"
	"net/http"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// PinView is a release that this node keeps.
type PinView struct {
	CID     string `json:"cid"`
	Reason  string `json:"reason" enum:"own,asked"`
	State   string `json:"state" enum:"queued,fetching,pinned,failed"`
	Blocks  int    `json:"blocks" doc:"Held so far."`
	Bytes   int64  `json:"bytes" doc:"Held so far."`
	Failure string `json:"failure"`
}

type pinRequest struct {
	Body struct {
		CID string `json:"cid" maxLength:"200" doc:"A manifest CID."`
	}
}

type pinPath struct {
	CID string `path:"cid" maxLength:"200"`
}

type pinAnswer struct{ Body PinView }

type pinList struct {
	Body struct {
		Items []PinView `json:"items"`
	}
}

type nodeAnswer struct{ Body NodeInfo }

func (s *Server) registerUploadsAndPins() {
	register(s, op("list-uploads", http.MethodGet, "/uploads", "Your uploads that wait for bytes", http.StatusOK), s.listUploads)
	register(s, op("pin", http.MethodPost, "/pins", "Keep a release that was published elsewhere", http.StatusAccepted), s.pin)
	register(s, op("list-pins", http.MethodGet, "/pins", "What this node keeps", http.StatusOK), s.listPins)
	register(s, op("pin-state", http.MethodGet, "/pins/{cid}", "How far a pin has come", http.StatusOK), s.pinState)
	register(s, op("unpin", http.MethodDelete, "/pins/{cid}", "Let go of a release", http.StatusNoContent), s.unpin)
	register(s, op("node", http.MethodGet, "/node", "This node's identity and addresses", http.StatusOK), s.node)
}

func (s *Server) pin(ctx context.Context, in *pinRequest) (*pinAnswer, error) {
	if _, err := need(ctx, models.RoleCreator); err != nil {
		return nil, err
	}
	root, err := parseRoot(in.Body.CID)
	if err != nil {
		return nil, errInvalid("bad_cid", "This is not a manifest CID.")
	}
	p, err := s.deps.Pins.Pin(ctx, root)
	return pinned(p, err)
}

func (s *Server) pinState(ctx context.Context, in *pinPath) (*pinAnswer, error) {
	root, err := s.pinRoot(ctx, in)
	if err != nil {
		return nil, err
	}
	p, err := s.deps.Pins.PinState(ctx, root)
	return pinned(p, err)
}

func (s *Server) unpin(ctx context.Context, in *pinPath) (*struct{}, error) {
	root, err := s.pinRoot(ctx, in)
	if err != nil {
		return nil, err
	}
	return nil, s.deps.Pins.Unpin(ctx, root)
}

func (s *Server) pinRoot(ctx context.Context, in *pinPath) (cid.Cid, error) {
	if _, err := need(ctx, models.RoleCreator); err != nil {
		return cid.Undef, err
	}
	root, err := parseRoot(in.CID)
	if err != nil {
		return cid.Undef, models.ErrNotFound
	}
	return root, nil
}

func (s *Server) listPins(ctx context.Context, _ *struct{}) (*pinList, error) {
	if _, err := need(ctx, models.RoleCreator); err != nil {
		return nil, err
	}
	pins, err := s.deps.Pins.ListPins(ctx)
	if err != nil {
		return nil, err
	}
	out := &pinList{}
	out.Body.Items = make([]PinView, len(pins))
	for i, p := range pins {
		out.Body.Items[i] = pinView(p)
	}
	return out, nil
}

func (s *Server) node(context.Context, *struct{}) (*nodeAnswer, error) {
	info := s.deps.Node()
	info.Registration = string(s.cfg.Registration)
	if info.Addrs == nil {
		info.Addrs = []string{}
	}
	return &nodeAnswer{Body: info}, nil
}

func pinned(p models.Pin, err error) (*pinAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &pinAnswer{Body: pinView(p)}, nil
}

func pinView(p models.Pin) PinView {
	return PinView{CID: p.Root, Reason: string(p.Reason), State: string(p.State), Blocks: p.Blocks, Bytes: p.Bytes, Failure: p.Failure}
}
