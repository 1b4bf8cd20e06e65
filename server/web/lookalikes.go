package web

import (
	"context"

	"runnel/models"
	"runnel/models/likeness"
)

// lookalikes compares a release with what moderators took down.
func (s *Server) lookalikes(ctx context.Context, in *releasePath) (*lookalikeList, error) {
	if _, err := need(ctx, models.RoleModerator); err != nil {
		return nil, err
	}
	r, err := s.seen(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	found, err := s.deps.Queue.Lookalikes(ctx, r.ID, likeness.Compare)
	if err != nil {
		return nil, err
	}
	out := &lookalikeList{}
	out.Body.Items = make([]Lookalike, len(found))
	for i, l := range found {
		out.Body.Items[i] = Lookalike{ID: l.ReleaseID, Title: l.Title, Reason: l.Reason, Sound: l.Sound, Pictures: l.Pictures}
	}
	return out, nil
}

// Lookalike is a release that was taken down and that another resembles.
type Lookalike struct {
	ID       string  `json:"id"`
	Title    string  `json:"title"`
	Reason   string  `json:"reason" doc:"Why it was taken down."`
	Sound    float64 `json:"sound" doc:"How alike they sound, 0 to 1."`
	Pictures float64 `json:"pictures" doc:"Which share of their pictures they have in common, 0 to 1."`
}

type lookalikeList struct {
	Body struct {
		Items []Lookalike `json:"items"`
	}
}
