package catalog

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"runnel/models"
)

func testRegistration(t *testing.T, open opener) {
	c := plain(t, open)
	ctx := t.Context()
	owner, _, _, err := c.CreateAccount(ctx, "owner", models.RoleAdmin, "")
	require.NoError(t, err)
	ada, err := c.Register(ctx, "Ada", "hash", true)
	require.NoError(t, err)
	require.Equal(t, [3]any{"ada", models.RoleListener, true}, [3]any{ada.Name, ada.Role, ada.Waiting})
	bob, err := c.Register(ctx, "bob_b", "hash", false)
	require.NoError(t, err)
	_, err = c.Register(ctx, "ADA", "hash", false)
	require.ErrorIs(t, err, models.ErrExists)
	_, err = c.Register(ctx, "no name", "hash", false)
	require.ErrorIs(t, err, models.ErrInvalid)

	names := func(f AccountFilter) (out []string) {
		page, err := c.Accounts(ctx, f)
		require.NoError(t, err)
		for _, a := range page {
			out = append(out, a.Name)
		}
		return out
	}
	require.Equal(t, []string{"owner", "ada", "bob_b"}, names(AccountFilter{}))
	require.Equal(t, []string{"ada"}, names(AccountFilter{Waiting: true}))
	require.Equal(t, []string{"bob_b"}, names(AccountFilter{Name: "B_"}))
	require.Empty(t, names(AccountFilter{Name: "%"}))
	require.Empty(t, names(AccountFilter{Name: `\`}))
	require.Equal(t, []string{"ada"}, names(AccountFilter{After: owner.ID, Limit: 1}))

	require.ErrorIs(t, c.Approve(ctx, bob.ID), models.ErrNotFound)
	require.ErrorIs(t, c.Refuse(ctx, bob.ID), models.ErrNotFound, "who is in is not deleted")
	require.NoError(t, c.Approve(ctx, ada.ID))
	ada, err = c.Account(ctx, ada.ID)
	require.NoError(t, err)
	require.False(t, ada.Waiting)
	eve, err := c.Register(ctx, "eve", "hash", true)
	require.NoError(t, err)
	require.NoError(t, c.Refuse(ctx, eve.ID))
	_, err = c.Register(ctx, "eve", "hash", true)
	require.NoError(t, err, "the name is free again")
}

// Of twenty people who ask for one name at once, one gets it.
func testRegistrationRace(t *testing.T, open opener) {
	c := plain(t, open)
	var all sync.WaitGroup
	results := make([]error, 20)
	for i := range results {
		all.Go(func() { _, results[i] = c.Register(t.Context(), "ada", "hash", true) })
	}
	all.Wait()
	made := 0
	for _, err := range results {
		if err == nil {
			made++
			continue
		}
		require.ErrorIs(t, err, models.ErrExists)
	}
	require.Equal(t, 1, made)
}
