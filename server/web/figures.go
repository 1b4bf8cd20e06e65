package web

import (
	"context"
	"net/http"
	"time"

	"runnel/models"
)

// Figures tells how a release was played, by days from one to another, oldest
// first; days without a play are left out.
type Figures interface {
	Plays(ctx context.Context, release string, from, to time.Time) ([]models.DayPlays, error)
}

// PlayDay is how a release was played on a day.
type PlayDay struct {
	Day     string `json:"day" doc:"YYYY-MM-DD, in UTC."`
	Plays   int64  `json:"plays"`
	Seconds int64  `json:"seconds"`
	Bytes   int64  `json:"bytes"`
}

type playDays struct {
	Body struct {
		Days []PlayDay `json:"days" doc:"Of the last 90 days, oldest first; those without a play are left out."`
	}
}

// figureDays is how far figures reach back.
const figureDays = 90

func (s *Server) registerFigures() {
	register(s, op("release-plays", http.MethodGet, "/releases/{id}/plays", "How a release of yours was played", http.StatusOK), s.releasePlays)
}

// releasePlays tells a release's figures to who may change it.
func (s *Server) releasePlays(ctx context.Context, in *releasePath) (*playDays, error) {
	r, err := s.changeable(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	now := s.cfg.Now()
	days, err := s.deps.Figures.Plays(ctx, r.ID, now.AddDate(0, 0, -figureDays), now)
	out := &playDays{}
	out.Body.Days = make([]PlayDay, 0, len(days))
	for _, d := range days {
		out.Body.Days = append(out.Body.Days, PlayDay{Day: d.Day.Format(time.DateOnly), Plays: d.Plays, Seconds: d.Seconds, Bytes: d.Bytes})
	}
	return out, err
}
