package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// answer is a small answer and where it came from after redirects.
type answer struct {
	url  *url.URL
	body string
}

// ask makes a request as the person; an answer that is no success is an error.
func (p person) ask(ctx context.Context, method, at string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, at, nil)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %.200s", method, at, res.Status, body)
	}
	return answer{res.Request.URL, string(body)}, err
}
