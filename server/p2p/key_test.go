package p2p

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

func TestIdentityPersists(t *testing.T) {
	path := filepath.Join(t.TempDir(), "node.key")
	first, err := LoadOrCreateKey(path)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())

	require.NoError(t, os.Chmod(path, 0o644))
	second, err := LoadOrCreateKey(path)
	require.NoError(t, err)
	require.True(t, first.Equals(second))
	info, err = os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode(), "a readable key was left readable")

	id, err := peer.IDFromPrivateKey(first)
	require.NoError(t, err)
	require.Equal(t, id, newNode(t, Config{Key: second}, newStore()).ID())
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "temporary files stay")
}

func TestKeyMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "node.key")
	keys := make([]crypto.PrivKey, 8)
	var group errgroup.Group
	for i := range keys {
		group.Go(func() (err error) {
			keys[i], err = LoadOrCreateKey(path)
			return err
		})
	}
	require.NoError(t, group.Wait())
	for _, k := range keys {
		require.True(t, keys[0].Equals(k))
	}
}

func TestKeyFileRefused(t *testing.T) {
	rsa, _, err := crypto.GenerateKeyPair(crypto.RSA, 2048)
	require.NoError(t, err)
	other, err := crypto.MarshalPrivateKey(rsa)
	require.NoError(t, err)
	for name, content := range map[string][]byte{"empty": {}, "noise": []byte("hello"), "rsa": other} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "node.key")
			require.NoError(t, os.WriteFile(path, content, 0o600))
			_, err := LoadOrCreateKey(path)
			require.ErrorIs(t, err, models.ErrCorrupt)
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, content, after, "a key that cannot be read must not be replaced")
		})
	}
	_, err = LoadOrCreateKey(filepath.Join(t.TempDir(), "absent", "node.key"))
	require.Error(t, err)
}
