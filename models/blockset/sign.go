package blockset

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"

	"github.com/ipfs/boxo/ipns"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
)

// signDomain keeps a channel's signatures of manifests apart from all its
// others.
const signDomain = "runnel-manifest-v1"

const signAlg = "Ed25519"

// signature is manifest.sig.
type signature struct {
	Alg string `json:"alg"`
	Key []byte `json:"key"` // 32 bytes
	Sig []byte `json:"sig"` // 64 bytes, over signDomain, a zero byte and the manifest's bytes
}

// ChannelID returns the name of a channel's key: its IPNS name, k51…. Only
// Ed25519 keys make channels.
func ChannelID(pub crypto.PubKey) (string, error) {
	if pub.Type() != crypto.Ed25519 {
		return "", invalid("channel key is not Ed25519")
	}
	id, err := peer.IDFromPublicKey(pub)
	if err != nil {
		return "", fmt.Errorf("blockset: channel id: %w", err)
	}
	return ipns.NameFromPeer(id).String(), nil
}

func signed(manifest []byte) []byte {
	return append([]byte(signDomain+"\x00"), manifest...)
}

// signManifest returns the bytes of manifest.sig. Ed25519 has no randomness:
// the same key and manifest give the same bytes.
func signManifest(key crypto.PrivKey, manifest []byte) ([]byte, error) {
	raw, err := key.GetPublic().Raw()
	if err != nil {
		return nil, err
	}
	sig, err := key.Sign(signed(manifest))
	if err != nil {
		return nil, err
	}
	return canonical(signature{Alg: signAlg, Key: raw, Sig: sig})
}

// checkSignature returns the channel whose key signed the manifest.
func checkSignature(sig, manifest []byte) (channel string, err error) {
	var s signature
	if err := json.Unmarshal(sig, &s); err != nil {
		return "", fmt.Errorf("%w: %v", ErrSignature, err)
	}
	if again, err := canonical(s); err != nil || !bytes.Equal(again, sig) {
		return "", fmt.Errorf("%w: %s is not canonical", ErrSignature, signatureName)
	}
	if s.Alg != signAlg || len(s.Key) != ed25519.PublicKeySize || len(s.Sig) != ed25519.SignatureSize {
		return "", fmt.Errorf("%w: not an Ed25519 signature", ErrSignature)
	}
	pub, err := crypto.UnmarshalEd25519PublicKey(s.Key)
	if err != nil {
		return "", fmt.Errorf("%w: %v", ErrSignature, err)
	}
	ok, err := pub.Verify(signed(manifest), s.Sig)
	if err != nil || !ok {
		return "", ErrSignature
	}
	return ChannelID(pub)
}
