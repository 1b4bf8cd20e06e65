package catalog

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"runnel/models"
)

// sealer encrypts channel keys at rest: AES-256-GCM with a key that HKDF
// derives from the node's secret. A sealed value is a version byte, the nonce,
// and the ciphertext; it is bound to its subject.
type sealer struct{ aead cipher.AEAD }

const sealVersion = 1

func newSealer(secret [32]byte) (*sealer, error) {
	if secret == [32]byte{} {
		return nil, fmt.Errorf("catalog: %w: the node's secret is empty", models.ErrInvalid)
	}
	key, err := hkdf.Key(sha256.New, secret[:], nil, "runnel channel key 1", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &sealer{aead}, err
}

func (s *sealer) seal(subject string, plain []byte) []byte {
	return s.aead.Seal([]byte{sealVersion}, nil, plain, []byte(subject))
}

func (s *sealer) open(subject string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != sealVersion {
		return nil, fmt.Errorf("%w: sealed with an unknown version", models.ErrCorrupt)
	}
	plain, err := s.aead.Open(nil, nil, sealed[1:], []byte(subject))
	if err != nil {
		return nil, errors.Join(models.ErrCorrupt, errors.New("sealed with another node secret, or damaged"))
	}
	return plain, nil
}
