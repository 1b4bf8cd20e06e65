package web

import "context"

// About is who runs a node, and by which rules, in the operator's own words.
type About struct {
	Name    string `json:"name" doc:"Who runs this node; empty where they do not say."`
	Contact string `json:"contact" doc:"Where to reach them: an e-mail address, an https:// address, or words."`
	Rules   string `json:"rules" doc:"What may be published here; plain text."`
}

type aboutAnswer struct{ Body About }

func (s *Server) about(context.Context, *struct{}) (*aboutAnswer, error) {
	return &aboutAnswer{Body: s.cfg.About}, nil
}
