package client

import (
	"encoding/json"
	"io"
	"net/http"

	"runnel/models"
)

// refusal reads an RFC 9457 problem document into a models.Fault.
func refusal(res *http.Response) error {
	var problem struct{ Code, Title, Detail string }
	data, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	_ = json.Unmarshal(data, &problem) // tus answers may be plain text
	text := problem.Detail
	if text == "" {
		text = problem.Title
	}
	if text == "" {
		text = "the server answered " + res.Status
	}
	code := problem.Code
	if code == "" {
		code = "status"
	}
	return models.NewFault(sentinel(res.StatusCode), code, text)
}

func sentinel(status int) error {
	switch status {
	case http.StatusNotFound, http.StatusGone:
		return models.ErrNotFound
	case http.StatusConflict, http.StatusLocked:
		return models.ErrExists
	case http.StatusRequestEntityTooLarge:
		return models.ErrTooLarge
	}
	if status >= 500 || status == http.StatusTooManyRequests {
		return models.ErrUnavailable
	}
	return models.ErrInvalid
}
