package catalog

import (
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"

	"runnel/models"

	"github.com/ipfs/boxo/ipns"
)

func testAccounts(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	n, err := c.CountAccounts(ctx)
	require.NoError(t, err)
	require.Zero(t, n)

	a, _, _, err := c.CreateAccount(ctx, "  ", models.RoleCreator, "")
	require.ErrorIs(t, err, models.ErrInvalid)
	require.Zero(t, a.ID)
	a, ch, recovery, err := c.CreateAccount(ctx, "Ａnna", models.RoleCreator, "h1") // full-width A
	require.NoError(t, err)
	require.Equal(t, "anna", a.Name)
	require.True(t, strings.HasPrefix(ch.ID, "k51"), ch.ID)
	require.Equal(t, a.ID, ch.AccountID)
	require.Len(t, recovery, 52)

	_, _, _, err = c.CreateAccount(ctx, "ANNA", models.RoleListener, "")
	require.ErrorIs(t, err, models.ErrExists)
	_, _, _, err = c.CreateAccount(ctx, "bob", "king", "")
	require.ErrorIs(t, err, models.ErrInvalid)
	for _, bad := range []string{"", "аnna" /* Cyrillic a */, "a b", "a/b", "..", "-rf", strings.Repeat("a", 33), "a\x00"} {
		_, err = NormalName(bad)
		require.ErrorIs(t, err, models.ErrInvalid, bad)
		_, err = c.AccountByName(ctx, bad)
		require.ErrorIs(t, err, models.ErrNotFound, bad)
	}
	got, err := c.AccountByName(ctx, "AnNa")
	require.NoError(t, err)
	require.Equal(t, a, got)
	_, err = c.Account(ctx, 999)
	require.ErrorIs(t, err, models.ErrNotFound)

	l, ch, recovery, err := c.CreateAccount(ctx, "lis", models.RoleListener, "")
	require.NoError(t, err)
	require.Empty(t, ch)
	require.Empty(t, recovery)
	recovery, err = c.SetRole(ctx, l.ID, models.RoleModerator)
	require.NoError(t, err)
	require.NotEmpty(t, recovery)
	recovery, err = c.SetRole(ctx, l.ID, models.RoleAdmin)
	require.NoError(t, err)
	require.Empty(t, recovery, "the channel is there already")
	list, err := c.Accounts(ctx, AccountFilter{Limit: 10})
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, models.RoleAdmin, list[1].Role)
	noFindings(t, c)
}

func testChannels(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a := creator(t, c, "anna")
	list, err := c.ChannelsOf(ctx, a.ID)
	require.NoError(t, err)
	require.Len(t, list, 1)
	key, err := c.SigningKey(ctx, list[0].ID)
	require.NoError(t, err)
	id, err := peer.IDFromPrivateKey(key)
	require.NoError(t, err)
	require.Equal(t, list[0].ID, ipns.NameFromPeer(id).String())

	byHandle, err := c.ChannelByHandle(ctx, "anna")
	require.NoError(t, err)
	require.Equal(t, list[0], byHandle)
	require.NoError(t, c.RenameChannel(ctx, list[0].ID, "Anna's films"))
	got, err := c.Channel(ctx, list[0].ID)
	require.NoError(t, err)
	require.Equal(t, "Anna's films", got.Name)
	_, err = c.SigningKey(ctx, "k51nobody")
	require.ErrorIs(t, err, models.ErrNotFound)

	first, err := c.RenewRecovery(ctx, list[0].ID)
	require.NoError(t, err)
	second, err := c.RenewRecovery(ctx, list[0].ID)
	require.NoError(t, err)
	require.NotEqual(t, first, second)

	other, err := newSealer([32]byte{8})
	require.NoError(t, err)
	c.sealer = other
	_, err = c.SigningKey(ctx, list[0].ID)
	require.ErrorIs(t, err, models.ErrCorrupt)
}

func testSessions(t *testing.T, open opener) {
	c, k := timed(t, open)
	ctx, a := t.Context(), creator(t, c, "anna")
	session := func() string {
		s, err := c.CreateSession(ctx, a.ID, time.Hour)
		require.NoError(t, err)
		return s
	}
	_, err := c.CreateSession(ctx, 99, time.Hour)
	require.ErrorIs(t, err, models.ErrNotFound)

	for name, end := range map[string]func(string){
		"sign out": func(s string) { require.NoError(t, c.DeleteSession(ctx, s)) },
		"password": func(string) { require.NoError(t, c.SetPassword(ctx, a.ID, "new")) },
		"block": func(string) {
			block(t, c, models.ActionBlockAccount, a.ID, "")
			block(t, c, models.ActionUnblockAccount, a.ID, "")
		},
		"expiry": func(string) { k.pass(time.Hour) },
	} {
		s := session()
		got, err := c.AccountBySession(ctx, s)
		require.NoError(t, err, name)
		require.Equal(t, a.ID, got.ID)
		end(s)
		_, err = c.AccountBySession(ctx, s)
		require.ErrorIs(t, err, models.ErrNotFound, name)
	}
	session()
	k.pass(2 * time.Hour)
	require.NoError(t, c.Sweep(ctx, k.now()))
	n, err := one[int](c.db(ctx), "SELECT count(*) FROM sessions")
	require.NoError(t, err)
	require.Zero(t, n)
	require.ErrorIs(t, c.SetPassword(ctx, 99, "x"), models.ErrNotFound)
}

func testTokens(t *testing.T, open opener) {
	c, k := timed(t, open)
	ctx, a, b := t.Context(), creator(t, c, "anna"), creator(t, c, "bert")
	secret, id, err := c.CreateToken(ctx, a.ID, "laptop", models.ScopeUpload, time.Hour)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(secret, "rnl_"))
	forever, _, err := c.CreateToken(ctx, a.ID, "cron", models.ScopeAll, 0)
	require.NoError(t, err)
	_, _, err = c.CreateToken(ctx, a.ID, "x", "root", 0)
	require.ErrorIs(t, err, models.ErrInvalid)

	got, token, err := c.AccountByToken(ctx, secret)
	require.NoError(t, err)
	require.Equal(t, a.ID, got.ID)
	require.Equal(t, models.Token{ID: id, AccountID: a.ID, Label: "laptop", Scope: models.ScopeUpload,
		CreatedAt: k.now(), ExpiresAt: k.now().Add(time.Hour)}, token)
	list, err := c.Tokens(ctx, a.ID)
	require.NoError(t, err)
	require.Len(t, list, 2)

	require.ErrorIs(t, c.RevokeToken(ctx, b.ID, id), models.ErrNotFound)
	block(t, c, models.ActionBlockAccount, a.ID, "")
	_, _, err = c.AccountByToken(ctx, secret)
	require.ErrorIs(t, err, models.ErrNotFound)
	block(t, c, models.ActionUnblockAccount, a.ID, "")
	k.pass(time.Hour)
	_, _, err = c.AccountByToken(ctx, secret)
	require.ErrorIs(t, err, models.ErrNotFound)
	_, token, err = c.AccountByToken(ctx, forever)
	require.NoError(t, err)
	require.True(t, token.ExpiresAt.IsZero())
	require.NoError(t, c.RevokeToken(ctx, 0, token.ID))
	_, _, err = c.AccountByToken(ctx, forever)
	require.ErrorIs(t, err, models.ErrNotFound)

	var kept []string
	require.NoError(t, c.db(ctx).Raw("SELECT hash FROM tokens").Scan(&kept).Error)
	require.NotContains(t, strings.Join(kept, " "), secret)
}

func testSetup(t *testing.T, open opener) {
	c, k := timed(t, open)
	ctx, a := t.Context(), creator(t, c, "owner")
	old, err := c.CreateSetupLink(ctx, a.ID, time.Hour)
	require.NoError(t, err)
	link, err := c.CreateSetupLink(ctx, a.ID, time.Hour)
	require.NoError(t, err)
	_, err = c.SetupLink(ctx, old)
	require.ErrorIs(t, err, models.ErrNotFound, "a new link replaces the old one")
	beside, err := c.AddSetupLink(ctx, a.ID, time.Hour)
	require.NoError(t, err)
	for _, works := range []string{beside, link} {
		got, err := c.SetupLink(ctx, works)
		require.NoError(t, err)
		require.Equal(t, a.ID, got.ID)
	}
	session, err := c.CreateSession(ctx, a.ID, time.Hour)
	require.NoError(t, err)

	got, err := c.ConsumeSetupLink(ctx, link, "fresh")
	require.NoError(t, err)
	require.Equal(t, "fresh", got.PasswordHash)
	for _, used := range []string{link, beside} {
		_, err = c.ConsumeSetupLink(ctx, used, "again")
		require.ErrorIs(t, err, models.ErrNotFound)
	}
	_, err = c.AccountBySession(ctx, session)
	require.ErrorIs(t, err, models.ErrNotFound)
	got, err = c.Account(ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, "fresh", got.PasswordHash)

	link, err = c.CreateSetupLink(ctx, a.ID, time.Hour)
	require.NoError(t, err)
	k.pass(time.Hour)
	_, err = c.ConsumeSetupLink(ctx, link, "late")
	require.ErrorIs(t, err, models.ErrNotFound)
}
