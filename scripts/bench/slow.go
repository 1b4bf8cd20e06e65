package main

import (
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// slow is a link of limited rate and with a delay, between a listener of
// loopback and a server: what network namespaces would need privilege for. It
// models what a browser at its far end feels: a shared rate down, the delay both
// ways, one round trip for a connection to open, and TCP's slow start, which
// lets ten packets out before the first acknowledgement and twice as many after
// each round trip. Nothing is lost.
type slow struct {
	listener net.Listener
	server   string
	delay    time.Duration // one way

	mu   sync.Mutex
	rate float64   // bytes per second towards the browser
	free time.Time // when the link has sent what it was given
	done sync.WaitGroup
}

// packet is the payload of a full packet in bytes, and window how much TCP sends
// at first (RFC 6928).
const (
	packet = 1448
	window = 10 * packet
)

// openSlow listens on a free port. The caller closes it.
func openSlow(server string, rate float64, roundTrip time.Duration) (*slow, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &slow{listener: listener, server: strings.TrimPrefix(server, "http://"), delay: roundTrip / 2, rate: rate / 8}
	s.done.Go(s.accept)
	return s, nil
}

// port is where the link begins.
func (s *slow) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// setRate changes the rate, in bits per second.
func (s *slow) setRate(bits float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rate = bits / 8
}

// close ends the listener; connections end with their browser.
func (s *slow) close() { _ = s.listener.Close() }

func (s *slow) accept() {
	for {
		near, err := s.listener.Accept()
		if err != nil {
			return
		}
		go s.carry(near)
	}
}

// carry carries one connection.
func (s *slow) carry(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", s.server)
	if err != nil {
		return
	}
	defer far.Close()
	time.Sleep(2 * s.delay) // the connection opens
	go func() {
		s.up(far, near)
		_ = far.(*net.TCPConn).CloseWrite()
	}()
	s.down(near, far)
}

// parcel is what travels: bytes, and when they arrive.
type parcel struct {
	data []byte
	at   time.Time
}

// up carries requests, which are small: they only arrive later.
func (s *slow) up(to io.Writer, from io.ReadCloser) {
	s.travel(to, from, 16<<10, func(int) time.Time { return time.Now().Add(s.delay) })
}

// down carries answers, a packet at a time, over the shared rate and within the
// connection's window.
func (s *slow) down(to io.Writer, from io.ReadCloser) {
	var acknowledged []parcelSize
	open, flying := window, 0
	s.travel(to, from, packet, func(n int) time.Time {
		for flying+n > open && len(acknowledged) > 0 {
			time.Sleep(time.Until(acknowledged[0].at))
			flying -= acknowledged[0].n
			open += acknowledged[0].n // slow start: each acknowledgement opens the window by what it covers
			acknowledged = acknowledged[1:]
		}
		for len(acknowledged) > 0 && time.Now().After(acknowledged[0].at) {
			flying -= acknowledged[0].n
			open += acknowledged[0].n
			acknowledged = acknowledged[1:]
		}
		arrives := s.send(n).Add(s.delay)
		flying += n
		acknowledged = append(acknowledged, parcelSize{n, arrives.Add(s.delay)})
		return arrives
	})
}

// parcelSize is what was sent and when its acknowledgement is back.
type parcelSize struct {
	n  int
	at time.Time
}

// send takes the link's next place and returns when the bytes have left.
func (s *slow) send(n int) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.free.Before(now) {
		s.free = now
	}
	s.free = s.free.Add(time.Duration(float64(n) / s.rate * float64(time.Second)))
	return s.free
}

// travel reads pieces, asks when each arrives, and writes it then.
func (s *slow) travel(to io.Writer, from io.ReadCloser, size int, arrival func(n int) time.Time) {
	line := make(chan parcel, 256)
	var written sync.WaitGroup
	written.Go(func() {
		for p := range line {
			time.Sleep(time.Until(p.at))
			if _, err := to.Write(p.data); err != nil {
				_ = from.Close() // the browser is gone: what was not sent yet is not sent
				for range line { // let the reader end
				}
			}
		}
	})
	for {
		data := make([]byte, size)
		n, err := from.Read(data)
		if n > 0 {
			line <- parcel{data[:n], arrival(n)}
		}
		if err != nil {
			break
		}
	}
	close(line)
	written.Wait()
}
