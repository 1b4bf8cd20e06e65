package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	boxo "github.com/ipfs/boxo/gateway"
	"github.com/ipfs/boxo/ipns"
	"github.com/ipfs/boxo/path"
	"github.com/ipfs/go-cid"

	"runnel/models"
)

// maxSteps is how many names one path may lead through.
const maxSteps = 16

// names follows IPNS names and DNSLinks.
type names struct {
	records Names
	links   Links
}

// resolve follows a path's names until it is immutable, and returns for how long
// that holds: the shortest of the steps, zero for a path without names.
func (n names) resolve(ctx context.Context, p path.Path) (path.ImmutablePath, time.Duration, error) {
	var held time.Duration
	for step := 0; p.Mutable(); step++ {
		if step == maxSteps {
			return path.ImmutablePath{}, 0, refusal(http.StatusBadRequest, "the name leads through too many others")
		}
		segments := p.Segments() // "ipns", the name, the rest
		target, ttl, err := n.follow(ctx, segments[1])
		if err != nil {
			return path.ImmutablePath{}, 0, err
		}
		if step == 0 || ttl < held {
			held = ttl
		}
		if p, err = join(target, p); err != nil {
			return path.ImmutablePath{}, 0, boxo.NewErrorStatusCode(err, http.StatusBadRequest)
		}
	}
	fixed, err := path.NewImmutablePath(p)
	if err != nil {
		return fixed, 0, boxo.NewErrorStatusCode(err, http.StatusBadRequest)
	}
	return fixed, held, nil
}

// join puts what follows the name of p behind target.
func join(target, p path.Path) (path.Path, error) {
	joined, err := path.Join(target, p.Segments()[2:]...)
	if err != nil {
		return nil, err
	}
	if s := p.String(); s[len(s)-1] == '/' { // a folder asked for as one
		return path.NewPath(joined.String() + "/")
	}
	return joined, nil
}

func (n names) follow(ctx context.Context, text string) (path.Path, time.Duration, error) {
	name, err := ipns.NameFromString(text)
	if err != nil {
		return n.link(ctx, text)
	}
	_, rec, err := n.valid(ctx, name)
	if err != nil {
		return nil, 0, err
	}
	target, err := rec.Value()
	if err != nil {
		return nil, 0, refusal(http.StatusBadGateway, "the record of the name holds no path")
	}
	return target, lasts(rec), nil
}

// lasts is how long a record may be cached: its TTL, and not past its end.
func lasts(rec *ipns.Record) time.Duration {
	ttl, err := rec.TTL()
	if err != nil || ttl < 0 {
		ttl = 0
	}
	if end, err := rec.Validity(); err == nil {
		ttl = min(ttl, max(time.Until(end), 0))
	}
	return ttl
}

// record returns the bytes of a name's record.
func (n names) record(ctx context.Context, c cid.Cid) ([]byte, error) {
	name, err := ipns.NameFromCid(c)
	if err != nil {
		return nil, boxo.NewErrorStatusCode(err, http.StatusBadRequest)
	}
	data, _, err := n.valid(ctx, name)
	return data, err
}

// valid finds a record and checks it against its name.
func (n names) valid(ctx context.Context, name ipns.Name) ([]byte, *ipns.Record, error) {
	if n.records == nil {
		return nil, nil, refusal(http.StatusNotImplemented, "this node looks up no names")
	}
	data, err := n.records.Record(ctx, name.String())
	if err != nil {
		return nil, nil, nameFailure(why(ctx, err))
	}
	rec, err := ipns.UnmarshalRecord(data)
	if err == nil {
		err = ipns.ValidateWithName(rec, name)
	}
	if err != nil {
		return nil, nil, refusal(http.StatusBadGateway, "the record of the name is not valid")
	}
	return data, rec, nil
}

// link returns what a host's DNSLink names.
func (n names) link(ctx context.Context, host string) (path.Path, time.Duration, error) {
	if n.links == nil {
		return nil, 0, refusal(http.StatusNotFound, "this node looks up no host names")
	}
	text, ttl, err := n.links.Link(ctx, host)
	if errors.Is(err, models.ErrNotFound) {
		return nil, 0, refusal(http.StatusNotFound, "the host has no DNSLink")
	}
	if err != nil {
		return nil, 0, nameFailure(why(ctx, err))
	}
	target, err := path.NewPath(text)
	if err != nil {
		return nil, 0, refusal(http.StatusBadGateway, "the DNSLink of the host holds no path")
	}
	return target, ttl, nil
}

// nameFailure never says that a name does not exist: no peer can prove that, and
// a 404 would say it of the path
// (https://specs.ipfs.tech/http-gateways/path-gateway/#response-status-codes).
func nameFailure(err error) error {
	switch {
	case errors.Is(err, models.ErrNotFound), errors.Is(err, models.ErrUnavailable), errors.Is(err, errSlow):
		return refusal(http.StatusGatewayTimeout, "no record of the name was found in time")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return refusal(http.StatusInternalServerError, "the name could not be looked up")
}

func refusal(status int, text string) error {
	return boxo.NewErrorStatusCode(fmt.Errorf("ipns: %s", text), status)
}
