package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"runnel/ingest/spool"
	"runnel/models"
)

// serveUploads mounts the tus endpoint. Protocol discovery is open to everyone;
// everything else takes a creator. Whose uploads a request may touch is the
// spool's business: it gets the owner with the request.
func (s *Server) serveUploads(open *gin.Engine, api *gin.RouterGroup) {
	open.OPTIONS(uploadsPath, s.plainTus, gin.WrapH(s.deps.Tus))
	open.OPTIONS(uploadsPath+"/:id", s.plainTus, gin.WrapH(s.deps.Tus))
	api.POST("/uploads", s.plainTus, s.asOwner, s.limitCreations, s.tus)
	api.POST("/uploads/", s.plainTus, s.asOwner, s.limitCreations, s.tus)
	for _, method := range []string{http.MethodHead, http.MethodPatch, http.MethodDelete} {
		api.Handle(method, "/uploads/:id", s.plainTus, s.asOwner, s.tus)
	}
}

// plainTus drops what the endpoint would misread: methods in disguise.
func (s *Server) plainTus(c *gin.Context) {
	c.Request.Header.Del("X-HTTP-Method-Override")
}

// asOwner lets creators pass, acting for their channel.
func (s *Server) asOwner(c *gin.Context) {
	caller, err := need(c.Request.Context(), models.RoleCreator)
	if err == nil && caller.Scope == models.ScopeRead {
		err = errForbidden("scope", "This token's scope does not allow it.")
	}
	var owner spool.Owner
	if err == nil {
		owner, err = s.owner(c.Request.Context(), caller.Account)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Request = c.Request.WithContext(spool.WithOwner(c.Request.Context(), owner))
}

func (s *Server) owner(ctx context.Context, account models.Account) (spool.Owner, error) {
	channels, err := s.deps.Accounts.ChannelsOf(ctx, account.ID)
	if err == nil && len(channels) == 0 {
		err = errForbidden("no_channel", "Your account has no channel to publish in.")
	}
	if err != nil {
		return spool.Owner{}, err
	}
	return spool.Owner{AccountID: account.ID, ChannelID: channels[0].ID, ChannelName: channels[0].Name}, nil
}

func (s *Server) limitCreations(c *gin.Context) {
	key := strconv.FormatInt(callerOf(c.Request.Context()).Account.ID, 10)
	if wait, ok := s.creations.take(c.Request.Context(), key); !ok {
		s.fail(c, errTooMany(wait, "You begin uploads faster than this node takes them."))
	}
}

func (s *Server) tus(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	s.deps.Tus.ServeHTTP(c.Writer, c.Request)
}

// UploadView is an upload that waits for its bytes.
type UploadView struct {
	ID        string            `json:"id"`
	Release   string            `json:"release" doc:"The release it will become; empty for a part."`
	Concat    string            `json:"concat" enum:",partial,final" doc:"How it is put together with others, as tus says; empty where it is not."`
	Offset    int64             `json:"offset" doc:"Bytes acknowledged."`
	Length    *int64            `json:"length" doc:"Bytes in all; null while deferred."`
	Metadata  map[string]string `json:"metadata"`
	ExpiresAt time.Time         `json:"expiresAt"`
	URL       string            `json:"url" doc:"Where to send the rest: HEAD, then PATCH."`
}

type uploadList struct {
	Body struct {
		Items []UploadView `json:"items"`
	}
}

// listUploads returns the caller's open uploads.
func (s *Server) listUploads(ctx context.Context, _ *struct{}) (*uploadList, error) {
	caller, err := need(ctx, models.RoleCreator)
	if err != nil {
		return nil, err
	}
	open, err := s.deps.Uploads.UploadsOf(ctx, caller.Account.ID)
	if err != nil {
		return nil, err
	}
	out := &uploadList{}
	out.Body.Items = make([]UploadView, len(open))
	for i, u := range open {
		out.Body.Items[i] = s.uploadView(u)
	}
	return out, nil
}

func (s *Server) uploadView(u models.Upload) UploadView {
	v := UploadView{
		ID: u.ID, Concat: string(u.Concat), Release: u.ReleaseID, Offset: u.Offset, Metadata: u.Metadata, ExpiresAt: u.ExpiresAt.UTC(),
		URL: s.public.String() + uploadsPath + "/" + u.ID,
	}
	if u.Length >= 0 {
		v.Length = &u.Length
	}
	if v.Metadata == nil {
		v.Metadata = map[string]string{}
	}
	return v
}
