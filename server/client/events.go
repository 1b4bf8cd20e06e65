package client

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"runnel/models"
)

// Follow calls update for each change of a release, as server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html) tell it, and
// returns the release once it has ended. A cut connection is an error wrapping
// models.ErrUnavailable; calling Follow again takes up the thread.
func (c *Client) Follow(ctx context.Context, id string, update func(Release)) (Release, error) {
	res, err := c.send(ctx, http.MethodGet, c.base+"/api/v1/releases/"+id+"/events", nil, http.Header{"Accept": {"text/event-stream"}})
	if err != nil {
		return Release{}, err
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data:")
		if !ok {
			continue
		}
		var r Release
		if err := json.Unmarshal([]byte(data), &r); err != nil {
			return Release{}, fmt.Errorf("client: unreadable event: %w", err)
		}
		update(r)
		if r.Ended() {
			return r, nil
		}
	}
	if ctx.Err() != nil {
		return Release{}, ctx.Err()
	}
	return Release{}, fmt.Errorf("client: %w: the stream of events ended", models.ErrUnavailable)
}
