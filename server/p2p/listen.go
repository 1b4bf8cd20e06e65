package p2p

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"syscall"

	"github.com/libp2p/go-libp2p/core/network"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"runnel/models"
)

// listenAll opens every listener, or says which one it could not open.
func listenAll(net network.Network, cfg Config, log *slog.Logger) error {
	for _, want := range cfg.Listen {
		addr, err := freeAddr(want, cfg.MoveIfTaken)
		if err != nil {
			return fmt.Errorf("p2p: listen on %s: %w", want, err)
		}
		if err := net.Listen(addr); err != nil {
			return fmt.Errorf("p2p: listen on %s: %w: %w", addr, err, models.ErrInvalid)
		}
		if !addr.Equal(want) {
			log.Warn("p2p port taken, using a free one", "wanted", want.String())
		}
	}
	return nil
}

// freeAddr returns addr, or addr with port 0 when its port is taken and move is
// true. The libp2p TCP listener sets SO_REUSEPORT, with which two nodes on one
// machine would share a port and each get some of the other's visitors; an
// ordinary bind tells.
func freeAddr(addr ma.Multiaddr, move bool) (ma.Multiaddr, error) {
	err := probe(addr)
	switch {
	case err == nil:
		return addr, nil
	case !errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%w: %w", err, models.ErrInvalid)
	case !move:
		return nil, fmt.Errorf("the port is taken: %w", models.ErrUnavailable)
	}
	return withPort(addr, 0)
}

// probe binds addr for a moment. An address without a TCP or UDP port is left
// for libp2p to judge.
func probe(addr ma.Multiaddr) error {
	if base, ok := upTo(addr, ma.P_TCP); ok {
		l, err := manet.Listen(base)
		if err != nil {
			return err
		}
		return l.Close()
	}
	if base, ok := upTo(addr, ma.P_UDP); ok {
		l, err := manet.ListenPacket(base)
		if err != nil {
			return err
		}
		return l.Close()
	}
	return nil
}

// upTo returns addr's components up to and with the given protocol.
func upTo(addr ma.Multiaddr, code int) (ma.Multiaddr, bool) {
	for i, c := range addr {
		if c.Protocol().Code == code {
			return addr[:i+1], true
		}
	}
	return nil, false
}

// withPort returns addr with another TCP or UDP port.
func withPort(addr ma.Multiaddr, port int) (ma.Multiaddr, error) {
	out := make(ma.Multiaddr, 0, len(addr))
	for _, c := range addr {
		if code := c.Protocol().Code; code == ma.P_TCP || code == ma.P_UDP {
			moved, err := ma.NewComponent(c.Protocol().Name, strconv.Itoa(port))
			if err != nil {
				return nil, err
			}
			c = *moved
		}
		out = append(out, c)
	}
	return out, nil
}
