package web

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
)

// maxBody bounds a JSON request; the largest honest one is a description.
const maxBody = 128 << 10

// serveAPI registers the JSON operations and their description.
func (s *Server) serveAPI(group *gin.RouterGroup) {
	cfg := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI:    "3.1.0",
			Info:       &huma.Info{Title: "Runnel", Version: "1", Description: "The JSON API of a Runnel node."},
			Servers:    []*huma.Server{{URL: apiPath}},
			Components: &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)},
		},
		Formats:       map[string]huma.Format{"application/json": strictFormat(), "json": strictFormat()},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{asProblem},
	}
	s.api = humagin.NewWithGroup(s.engine, group, cfg)
	s.api.UseMiddleware(jsonOnly, func(ctx huma.Context, next func(huma.Context)) { next(plainStatus{ctx}) })
	s.registerAccounts()
	s.registerTokens()
	s.registerPeople()
	s.registerOverview()
	s.registerReleases()
	s.registerUploadsAndPins()
	s.registerCollections()
	s.registerChannels()
	s.registerPlays()
	s.registerModeration()
	s.registerStudio()
	s.registerLimits()
	s.registerFigures()
	describeRest(s.api.OpenAPI())
	useProblem(s.api.OpenAPI())
	s.serveOpenAPI(group)
}

// op is the common shape of an operation.
func op(id, method, path, summary string, status int) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary,
		DefaultStatus: status, MaxBodyBytes: maxBody,
	}
}

// register adds an operation whose errors go through the one error map.
func register[I, O any](s *Server, o huma.Operation, handle func(context.Context, *I) (*O, error)) {
	huma.Register(s.api, o, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err == nil {
			return out, nil
		}
		p := problemOf(err)
		if p.Status >= http.StatusInternalServerError && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "request failed", "operation", o.OperationID, "code", p.Code, "err", err)
		}
		return nil, p
	})
}

// plainStatus sends huma's 422 for a request that breaks the schema as 400, the
// one status of models.ErrInvalid.
type plainStatus struct{ inner }

// inner is huma.Context by a name that does not collide with its own method.
type inner = huma.Context

// SetStatus implements huma.Context.
func (c plainStatus) SetStatus(code int) { c.inner.SetStatus(plain(code)) }

// Unwrap lets humagin reach its own context.
func (c plainStatus) Unwrap() huma.Context { return c.inner }

func plain(status int) int {
	if status == http.StatusUnprocessableEntity {
		return http.StatusBadRequest
	}
	return status
}

// asProblem turns huma's own errors into ours. The wrong value is not echoed: it
// may be a password.
func asProblem(_ huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := NewProblem(plain(m.Status), "invalid", "The request is not valid.")
	switch m.Status {
	case http.StatusRequestEntityTooLarge:
		p.Code, p.Detail = "too_large", "The request's body is too large."
	case http.StatusUnsupportedMediaType:
		p.Code, p.Detail = "not_json", "Send JSON, with the Content-Type application/json."
	case http.StatusRequestTimeout:
		p.Code, p.Detail = "timeout", "The request's body did not arrive in time."
	case http.StatusInternalServerError:
		return problemOf(m), nil
	}
	for _, e := range m.Errors {
		if e != nil {
			p.Errors = append(p.Errors, Fault{Location: e.Location, Message: e.Message})
		}
	}
	return p, nil
}

// jsonOnly refuses a body that is not declared as JSON: a form on another site
// can send text/plain without asking.
func jsonOnly(ctx huma.Context, next func(huma.Context)) {
	g := humagin.Unwrap(ctx)
	if g.Request.ContentLength != 0 && g.Request.Method != http.MethodGet && g.ContentType() != "application/json" {
		NewProblem(http.StatusUnsupportedMediaType, "not_json", "Send JSON, with the Content-Type application/json.").write(g.Writer, g.Request)
		return
	}
	next(ctx)
}

// useProblem puts our problem document where huma describes its own error.
func useProblem(doc *huma.OpenAPI) {
	schemas := doc.Components.Schemas.Map()
	ours := doc.Components.Schemas.Schema(reflect.TypeFor[Problem](), false, "Problem")
	if theirs := schemas["ErrorModel"]; theirs != nil {
		*theirs = *ours
	}
}

func (s *Server) serveOpenAPI(group *gin.RouterGroup) {
	doc, err := json.Marshal(s.api.OpenAPI())
	group.GET("/openapi.json", func(c *gin.Context) {
		if err != nil {
			s.fail(c, err)
			return
		}
		c.Header("Cache-Control", "no-cache")
		c.Data(http.StatusOK, "application/json", doc)
	})
}
