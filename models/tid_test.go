package models

import (
	"testing"
	"time"
)

func TestTIDTime(t *testing.T) {
	for _, at := range []time.Time{time.UnixMicro(0), time.Date(2026, 11, 25, 13, 0, 0, 123456000, time.UTC), time.Date(2255, 6, 5, 23, 47, 34, 740991000, time.UTC)} {
		tid := NewTID(at)
		if !ValidTID(tid) || !TIDTime(tid).Equal(at) {
			t.Errorf("%s: %s is %s", at, tid, TIDTime(tid))
		}
	}
}
