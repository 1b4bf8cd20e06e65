package web

import (
	"context"
	"net/http"
	"time"

	"runnel/models"
	"runnel/models/catalog"
)

// Setting is one setting that is in force, as text; what is secret in it is
// left out.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Overview is the node as its administrators see it.
type Overview interface {
	Settings() []Setting
	Disk() (DiskInfo, error)
	Neighbours() []Neighbour
	JobList(ctx context.Context) ([]catalog.JobLine, error)
}

// DiskInfo is the file system of the block files, in bytes.
type DiskInfo struct {
	Free  int64 `json:"free"`
	Total int64 `json:"total"`
}

// Neighbour is a connected peer.
type Neighbour struct {
	ID        string   `json:"id"`
	Addrs     []string `json:"addrs"`
	Agent     string   `json:"agent" doc:"What it calls itself."`
	Direction string   `json:"direction" doc:"inbound or outbound."`
	LatencyMS float64  `json:"latencyMs"`
	Kept      bool     `json:"kept" doc:"One of --bootstrap."`
}

// JobView is a job that has not ended.
type JobView struct {
	Release    string     `json:"release"`
	Title      string     `json:"title"`
	Account    string     `json:"account"`
	State      string     `json:"state" enum:"queued,transcoding"`
	Fraction   float64    `json:"fraction"`
	Node       string     `json:"node" doc:"Which server works on it."`
	Attempt    int        `json:"attempt"`
	Reason     string     `json:"reason" doc:"Why the last attempt ended."`
	LeaseUntil *time.Time `json:"leaseUntil" doc:"Until when nobody else takes it; null while it waits."`
}

type settingsAnswer struct {
	Body struct {
		Items []Setting `json:"items"`
	}
}

type jobsAnswer struct {
	Body struct {
		Items []JobView `json:"items"`
	}
}

type stateAnswer struct {
	Body struct {
		NodeInfo
		Readiness
		Disk       DiskInfo    `json:"disk"`
		Neighbours []Neighbour `json:"neighbours"`
	}
}

func (s *Server) registerOverview() {
	register(s, op("settings", http.MethodGet, "/admin/settings", "The settings in force", http.StatusOK), s.settings)
	register(s, op("jobs", http.MethodGet, "/admin/jobs", "The jobs that have not ended", http.StatusOK), s.jobs)
	register(s, op("state", http.MethodGet, "/admin/state", "Disk, peers and the state of every part", http.StatusOK), s.state)
}

func (s *Server) settings(ctx context.Context, _ *struct{}) (*settingsAnswer, error) {
	if _, err := need(ctx, models.RoleAdmin); err != nil {
		return nil, err
	}
	out := &settingsAnswer{}
	out.Body.Items = s.deps.Overview.Settings()
	return out, nil
}

func (s *Server) jobs(ctx context.Context, _ *struct{}) (*jobsAnswer, error) {
	if _, err := need(ctx, models.RoleAdmin); err != nil {
		return nil, err
	}
	lines, err := s.deps.Overview.JobList(ctx)
	if err != nil {
		return nil, err
	}
	out := &jobsAnswer{}
	out.Body.Items = make([]JobView, 0, len(lines))
	for _, l := range lines {
		view := JobView{Release: l.ReleaseID, Title: l.Title, Account: l.Account, State: string(l.State), Fraction: l.Fraction, Node: l.Node, Attempt: l.Attempt, Reason: l.Reason}
		if !l.LeaseUntil.IsZero() {
			view.LeaseUntil = &l.LeaseUntil
		}
		out.Body.Items = append(out.Body.Items, view)
	}
	return out, nil
}

func (s *Server) state(ctx context.Context, _ *struct{}) (*stateAnswer, error) {
	if _, err := need(ctx, models.RoleAdmin); err != nil {
		return nil, err
	}
	disk, err := s.deps.Overview.Disk()
	if err != nil {
		return nil, err
	}
	out := &stateAnswer{}
	out.Body.NodeInfo, out.Body.Readiness, out.Body.Disk = s.deps.Node(), s.readiness(ctx, true), disk
	out.Body.Neighbours = s.deps.Overview.Neighbours()
	return out, nil
}
