package web

import (
	"runnel/models/catalog"
)

// ListenerQuery is what a listener chooses in a list of releases.
type ListenerQuery struct {
	Tag      string   `query:"tag" maxLength:"100"`
	Channels []string `query:"channels" maxItems:"50" doc:"k51… names, with commas between: releases of any of them."`
	Followed bool     `query:"followed" doc:"Of the channels that you follow."`
}

// choose puts the listener's choice into a filter.
func (in *ListenerQuery) choose(c Caller, f *catalog.Filter) error {
	f.Tag, f.Channels = in.Tag, in.Channels
	text := in.Tag
	for _, id := range in.Channels {
		text += id
	}
	if !isText(text) {
		return errInvalid("bad_query", "The query holds characters that are not text.")
	}
	if !in.Followed {
		return nil
	}
	f.Followed = c.Account.ID
	if !c.signedIn() {
		return errSignIn()
	}
	return nil
}
