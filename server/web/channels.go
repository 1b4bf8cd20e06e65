package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"

	"runnel/models"
	"runnel/models/catalog"
)

// Channels finds publishers, of this node and of others.
type Channels interface {
	Channel(ctx context.Context, id string) (models.Channel, error)
	ChannelByHandle(ctx context.Context, handle string) (models.Channel, error)
}

// Follows is who follows which channel. Followers counts them and tells whether
// viewer is one.
type Follows interface {
	Follow(ctx context.Context, accountID int64, channelID string) error
	Unfollow(ctx context.Context, accountID int64, channelID string) error
	Follows(ctx context.Context, accountID int64) ([]models.Channel, error)
	Followers(ctx context.Context, channelID string, viewer int64) (n int, followed bool, err error)
}

// ChannelPage is a channel as everyone sees it.
type ChannelPage struct {
	ID        string `json:"id" doc:"k51… name, the same on every node."`
	Name      string `json:"name"`
	Handle    string `json:"handle" doc:"Its alias on this node; empty for another node's."`
	Followers int    `json:"followers" doc:"Accounts of this node."`
	Followed  bool   `json:"followed" doc:"By you."`
	FeedURL   string `json:"feedUrl" doc:"RSS, with podcast tags."`
	Mine      bool   `json:"mine"`
}

type channelPath struct {
	ID string `path:"id" maxLength:"100" doc:"k51… name, or a handle of this node."`
}

type channelAnswer struct{ Body ChannelPage }

type followedList struct {
	Body struct {
		Items []ChannelPage `json:"items"`
	}
}

func (s *Server) registerChannels() {
	register(s, op("get-channel", http.MethodGet, "/channels/{id}", "One channel", http.StatusOK), s.getChannel)
	register(s, op("follow-channel", http.MethodPut, "/channels/{id}/follow", "Follow a channel", http.StatusNoContent), s.followChannel)
	register(s, op("unfollow-channel", http.MethodDelete, "/channels/{id}/follow", "Do not follow a channel any more", http.StatusNoContent), s.unfollowChannel)
	register(s, op("followed-channels", http.MethodGet, "/follows", "The channels you follow", http.StatusOK), s.followedChannels)
}

func (s *Server) getChannel(ctx context.Context, in *channelPath) (*channelAnswer, error) {
	ch, err := s.seenChannel(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	v := s.channelView(callerOf(ctx), &ch)
	v.Followers, v.Followed, err = s.deps.Follows.Followers(ctx, ch.ID, callerOf(ctx).Account.ID)
	return &channelAnswer{Body: v}, err
}

func (s *Server) channelView(c Caller, ch *models.Channel) ChannelPage {
	return ChannelPage{ID: ch.ID, Name: ch.Name, Handle: ch.Handle, FeedURL: s.feedURL(ch.ID), Mine: c.signedIn() && ch.AccountID == c.Account.ID}
}

func (s *Server) feedURL(channel string) string {
	return s.public.String() + "/c/" + url.PathEscape(channel) + "/feed.xml"
}

// seenChannel finds a channel by its name or handle. A handle is an account's
// name, which nobody learns of before the channel shows something.
func (s *Server) seenChannel(ctx context.Context, id string) (models.Channel, error) {
	if !isText(id) {
		return models.Channel{}, models.ErrNotFound
	}
	ch, err := s.deps.Channels.Channel(ctx, id)
	if unlessGone(err) == nil && err != nil {
		ch, err = s.deps.Channels.ChannelByHandle(ctx, id)
	}
	if err != nil {
		return ch, err
	}
	c := callerOf(ctx)
	if c.is(models.RoleModerator) || c.signedIn() && ch.AccountID == c.Account.ID {
		return ch, nil
	}
	shown, _, err := s.deps.Releases.Releases(ctx, catalog.Filter{Channel: ch.ID, Scope: catalog.ScopePublic, Limit: 1})
	if err == nil && len(shown) == 0 {
		err = models.ErrNotFound
	}
	return ch, err
}

func (s *Server) followChannel(ctx context.Context, in *channelPath) (*struct{}, error) {
	c, err := need(ctx, models.RoleListener)
	if err != nil {
		return nil, err
	}
	ch, err := s.seenChannel(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.deps.Follows.Follow(ctx, c.Account.ID, ch.ID)
}

func (s *Server) unfollowChannel(ctx context.Context, in *channelPath) (*struct{}, error) {
	c, err := need(ctx, models.RoleListener)
	if err != nil {
		return nil, err
	}
	if !isText(in.ID) {
		return nil, models.ErrNotFound
	}
	ch, err := s.deps.Channels.ChannelByHandle(ctx, in.ID)
	if unlessGone(err) != nil {
		return nil, err
	}
	return nil, s.deps.Follows.Unfollow(ctx, c.Account.ID, cmp.Or(ch.ID, in.ID))
}

func (s *Server) followedChannels(ctx context.Context, _ *struct{}) (*followedList, error) {
	c, err := need(ctx, models.RoleListener)
	if err != nil {
		return nil, err
	}
	list, err := s.deps.Follows.Follows(ctx, c.Account.ID)
	if err != nil {
		return nil, err
	}
	out := &followedList{}
	out.Body.Items = make([]ChannelPage, len(list))
	for i := range list {
		out.Body.Items[i] = s.channelView(c, &list[i])
		out.Body.Items[i].Followed = true
	}
	return out, nil
}
