package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"runnel/models"
	"runnel/models/catalog"
)

// Problem is an RFC 9457 problem document with a stable code. It is an error,
// so that handlers return it where none of the sentinels fits.
type Problem struct {
	Type   string  `json:"type" doc:"Always about:blank; the code tells problems apart." example:"about:blank"`
	Title  string  `json:"title" doc:"The status in words." example:"Not Found"`
	Status int     `json:"status" doc:"The HTTP status." example:"404"`
	Detail string  `json:"detail" doc:"One sentence for a person." example:"There is no such release."`
	Code   string  `json:"code" doc:"Stable, machine-readable." example:"not_found"`
	Errors []Fault `json:"errors,omitempty" doc:"The fields that were wrong, where known."`

	retryAfter int // seconds; 0: no header
}

// Fault is one wrong field of a request.
type Fault struct {
	Location string `json:"location" doc:"Path of the field." example:"body.title"`
	Message  string `json:"message" doc:"What is wrong with it."`
}

// NewProblem returns a problem of the given status, code and sentence.
func NewProblem(status int, code, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Code: code}
}

// Error returns code and sentence.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus returns the HTTP status; huma asks for it.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType makes huma send problems under their own media type.
func (p *Problem) ContentType(string) string { return problemType }

// GetHeaders returns the headers that belong to the problem; huma asks for them.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="runnel"`)
	}
	return h
}

func (p *Problem) after(seconds int) *Problem {
	p.retryAfter = seconds
	return p
}

const problemType = "application/problem+json"

// statuses is the one map from sentinel to status, code and sentence.
var statuses = []struct {
	kind   error
	status int
	code   string
	detail string
}{
	{models.ErrNotFound, http.StatusNotFound, "not_found", "There is no such thing here, or you may not see it."},
	{models.ErrExists, http.StatusConflict, "exists", "This is already there."},
	{models.ErrInvalid, http.StatusBadRequest, "invalid", "The request is not valid."},
	{models.ErrTooLarge, http.StatusRequestEntityTooLarge, "too_large", "This is larger than the node allows."},
	{models.ErrCorrupt, http.StatusBadGateway, "corrupt", "The stored bytes are damaged and could not be fetched from a peer."},
	{models.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "A part of the node cannot be used right now. Try again in a moment."},
}

// problemOf turns any error into the problem a client may see. Only the text of
// a models.Fault, which is written for people, passes through.
func problemOf(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	p = NewProblem(http.StatusInternalServerError, "internal", "Something went wrong on the node. The operator can find it in the log.")
	for _, s := range statuses {
		if errors.Is(err, s.kind) {
			p = NewProblem(s.status, s.code, s.detail)
			break
		}
	}
	var f *models.Fault
	if errors.As(err, &f) {
		p.Code, p.Detail = f.Code, f.Text
	}
	if p.Code == "insufficient_storage" || p.Code == catalog.CodeStorageLimit || p.Code == catalog.CodeQuota {
		p.Status, p.Title = http.StatusInsufficientStorage, http.StatusText(http.StatusInsufficientStorage)
	}
	if p.Code == "media_lost" { // the node works; what it stored is gone
		p.Status, p.Title = http.StatusBadGateway, http.StatusText(http.StatusBadGateway)
	}
	if p.Status == http.StatusServiceUnavailable || p.Status == http.StatusInsufficientStorage {
		p.retryAfter = 5
	}
	return p
}

// write sends the problem outside huma. A HEAD request gets no body.
func (p *Problem) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for k, v := range p.GetHeaders() {
		h[k] = v
	}
	for _, k := range []string{"ETag", "Content-Range", "Accept-Ranges", "Content-Length", "Content-Disposition"} {
		h.Del(k)
	}
	h.Set("Content-Type", problemType)
	h.Set("Cache-Control", "no-store")
	body, err := json.Marshal(p)
	if err != nil {
		body = []byte(`{}`)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.Status)
	if r.Method == http.MethodHead {
		body = nil // still written, for gin holds the header back until then
	}
	_, _ = w.Write(body) // the client is gone; the request log has the status
}

// The problems that no sentinel names.
func errSignIn() *Problem {
	return NewProblem(http.StatusUnauthorized, "sign_in_required", "Sign in first.")
}

func errForbidden(code, detail string) *Problem {
	return NewProblem(http.StatusForbidden, code, detail)
}

func errNotFound() *Problem { return problemOf(models.ErrNotFound) }

func errInvalid(code, detail string) *Problem {
	return NewProblem(http.StatusBadRequest, code, detail)
}

func errTooMany(seconds int, detail string) *Problem {
	return NewProblem(http.StatusTooManyRequests, "too_many_requests", detail).after(seconds)
}

func errTakenDown(reason string) *Problem {
	detail := "This release has been taken down."
	if reason != "" {
		detail = "This release has been taken down: " + reason
	}
	return NewProblem(http.StatusUnavailableForLegalReasons, "taken_down", detail)
}
