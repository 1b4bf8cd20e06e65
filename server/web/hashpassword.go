package web

import "github.com/alexedwards/argon2id"

// HashPassword checks a new password against the rules and returns its argon2id
// hash in PHC form, for accounts that are made on the command line.
func HashPassword(password string) (string, error) {
	if err := checkPassword(password); err != nil {
		return "", err
	}
	return argon2id.CreateHash(normalize(password), PasswordParams())
}
