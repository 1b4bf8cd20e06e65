package catalog

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"runnel/models"
)

// postgresConnect bounds how long a server that does not answer holds anyone up.
const postgresConnect = 5 * time.Second

// postgresPool returns the connections that the catalogue and River share. It
// dials when it is used.
func postgresPool(cfg Config) (*pgxpool.Pool, error) {
	parsed, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil { // the error holds the URL, and that a password
		return nil, models.NewFault(models.ErrInvalid, "database_url", "The database URL cannot be read.")
	}
	parsed.MaxConns = int32(max(cfg.MaxConns, 2) + riverConns)
	parsed.MaxConnIdleTime = 5 * time.Minute
	parsed.ConnConfig.ConnectTimeout = postgresConnect
	for name, value := range map[string]string{
		"application_name": "runnel",
		"TimeZone":         "UTC",
		// What was acknowledged must survive power loss, whatever the server's default.
		"synchronous_commit": "on",
		// A process that hangs in mid-transaction must not hold its locks for ever.
		"idle_in_transaction_session_timeout": "60s",
		// The best plan of a search depends on its words: a plan made for any
		// words reads every release to find a rare one.
		"plan_cache_mode": "force_custom_plan",
	} {
		parsed.ConnConfig.RuntimeParams[name] = value
	}
	return pgxpool.NewWithConfig(context.Background(), parsed)
}
