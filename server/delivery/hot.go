package delivery

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"github.com/ipfs/go-cid"
)

// doorSlots is how many blocks a doorkeeper remembers at most: half a megabyte
// of them, and at 700 KB a block 45 GB asked for within one window.
const doorSlots = 1 << 16

// doorkeeper tells when a block is asked for the second time within a window. It
// remembers one block in each slot, by a part of its hash; another one takes the
// slot over, so that at worst a block has to be asked for more often.
type doorkeeper struct {
	window time.Duration
	start  time.Time
	slots  []atomic.Uint64 // 40 bits of hash, 23 of the window's number, 1: admitted
}

func newDoorkeeper(window time.Duration) *doorkeeper {
	return &doorkeeper{window: window, start: time.Now(), slots: make([]atomic.Uint64, doorSlots)}
}

// again notes a request, and returns true for the second one of each window.
func (k *doorkeeper) again(c cid.Cid) bool {
	slot, mark := k.find(c)
	old := slot.Load()
	switch old {
	case mark | 1:
		return false
	case mark:
		return slot.CompareAndSwap(old, mark|1)
	}
	slot.CompareAndSwap(old, mark)
	return false
}

// admit notes that a block has been taken in for this window.
func (k *doorkeeper) admit(c cid.Cid) {
	slot, mark := k.find(c)
	slot.Store(mark | 1)
}

func (k *doorkeeper) find(c cid.Cid) (*atomic.Uint64, uint64) {
	name := hashName(c)
	h := binary.LittleEndian.Uint64([]byte(name[len(name)-8:]))
	number := uint64(time.Since(k.start)/k.window) + 1 // a fresh slot is of no window
	return &k.slots[h%doorSlots], h>>24<<24 | number<<1&(1<<24-1)
}
