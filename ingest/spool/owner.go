package spool

import (
	"context"
	"net/http"
)

// Owner is on whose behalf a request acts.
type Owner struct {
	AccountID   int64
	ChannelID   string // where the release will be published
	ChannelName string
}

type ownerKey struct{}

// WithOwner returns a context whose uploads belong to o. The store refuses to
// create an upload without an owner, and hides uploads from everyone else.
func WithOwner(ctx context.Context, o Owner) context.Context {
	return context.WithValue(ctx, ownerKey{}, o)
}

func ownerOf(ctx context.Context) (Owner, bool) {
	o, ok := ctx.Value(ownerKey{}).(Owner)
	return o, ok && o.AccountID != 0
}

// request is what the store must know of the HTTP request around a call, and
// where it may add headers to the answer.
type request struct {
	method   string
	hasBody  bool
	checksum *checksum // nil: none was sent
	header   http.Header
}

type requestKey struct{}

func withRequest(ctx context.Context, r *request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// requestOf returns the request around ctx, or one that reads nothing into it.
func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{header: http.Header{}}
}
