package web

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// Part is one part of the node whose state /readyz shows. Check returns nil when
// the part works, and a short sentence about its layers or load otherwise fit
// for an operator. Only a Vital part (database, blocks) makes the node unready;
// any other is shown as degraded.
type Part struct {
	Name  string
	Vital bool
	Check func(context.Context) (note string, err error)
}

// PartState is one part's line in /readyz. Note and Error are only shown on the
// admin listener.
type PartState struct {
	Name  string `json:"name"`
	State string `json:"state"` // ok, degraded or down
	Note  string `json:"note,omitempty"`
	Error string `json:"error,omitempty"`
}

// Readiness is the answer of /readyz.
type Readiness struct {
	Ready bool        `json:"ready"`
	Parts []PartState `json:"parts"`
}

// checkTime bounds one part's check: a hanging part is a part that does not work.
const checkTime = 2 * time.Second

func (s *Server) readiness(ctx context.Context, detailed bool) Readiness {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	states := make([]PartState, len(s.deps.Parts))
	var all sync.WaitGroup
	for i, p := range s.deps.Parts {
		all.Go(func() { states[i] = p.state(ctx) })
	}
	all.Wait()
	r := Readiness{Ready: true, Parts: states}
	for i := range states {
		r.Ready = r.Ready && states[i].State != "down"
		if !detailed {
			states[i].Note, states[i].Error = "", ""
		}
	}
	return r
}

// state runs the check beside the deadline, so that a part which ignores its
// context cannot hang the answer.
func (p Part) state(ctx context.Context) PartState {
	type result struct {
		note string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		note, err := p.Check(ctx)
		done <- result{note, err}
	}()
	var got result
	select {
	case got = <-done:
	case <-ctx.Done():
		got.err = ctx.Err()
	}
	st := PartState{Name: p.Name, State: "ok", Note: got.note}
	if got.err != nil {
		st.State, st.Error = "degraded", got.err.Error()
		if p.Vital {
			st.State = "down"
		}
	}
	return st
}

func (s *Server) serveReady(detailed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ready := s.readiness(r.Context(), detailed)
		status := http.StatusOK
		if !ready.Ready {
			status = http.StatusServiceUnavailable
			w.Header().Set("Retry-After", "5")
		}
		writeJSON(w, r, status, ready)
	}
}

func serveHealth(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, r, http.StatusOK, map[string]string{"state": "alive"})
}

// writeJSON sends a small JSON answer outside huma.
func writeJSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_ = json.NewEncoder(w).Encode(v) // the client is gone; the log has the status
	}
}
