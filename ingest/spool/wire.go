package spool

import (
	"errors"
	"fmt"
	"net/http"

	tusd "github.com/tus/tusd/v2/pkg/handler"

	"runnel/models"
)

var (
	errExpired  = tusd.NewError("ERR_UPLOAD_EXPIRED", "This upload has expired; start it again.", http.StatusGone)
	errComplete = tusd.NewError("ERR_UPLOAD_COMPLETE", "This upload is complete; nothing can be added to it.", http.StatusConflict)
	errAway     = tusd.NewError("ERR_UNAVAILABLE", "The server cannot do this at the moment; the upload can be resumed.", http.StatusServiceUnavailable)
	errInternal = tusd.NewError("ERR_INTERNAL", "Something went wrong on the server; the upload can be resumed.", http.StatusInternalServerError)
)

// codes are the faults whose status does not follow from their sentinel.
var codes = map[string]int{
	errNoRoom.Code:      http.StatusInsufficientStorage,
	"storage_limit":     http.StatusInsufficientStorage, // the catalogue's word
	"quota":             http.StatusInsufficientStorage, // likewise
	"too_many_releases": http.StatusInsufficientStorage, // likewise
	errTooMany.Code:     http.StatusTooManyRequests,
	errNoOwner.Code:     http.StatusUnauthorized,
	"checksum_mismatch": 460, // tus 1.0.0, checksum extension
}

// wire turns an error into the one tusd's handler answers with. Texts of other
// errors go to the log only: the handler would send them to the client.
func (s *Store) wire(what string, err error) error {
	if err == nil {
		return nil
	}
	if full(err) {
		err = errNoRoom
	}
	var own tusd.Error
	if errors.As(err, &own) {
		return own
	}
	var f *models.Fault
	switch {
	case errors.As(err, &f):
		return tusd.NewError("ERR_"+f.Code, f.Text, statusOf(f))
	case errors.Is(err, models.ErrNotFound):
		return tusd.ErrNotFound
	}
	s.log.Error("spool", "step", what, "err", fmt.Errorf("spool: %s: %w", what, err))
	if errors.Is(err, models.ErrUnavailable) { // the database is away
		return errAway
	}
	return errInternal
}

func statusOf(f *models.Fault) int {
	if status, ok := codes[f.Code]; ok {
		return status
	}
	switch {
	case errors.Is(f, models.ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(f, models.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(f, models.ErrUnavailable):
		return http.StatusServiceUnavailable
	case errors.Is(f, models.ErrExists):
		return http.StatusConflict
	}
	return http.StatusBadRequest
}
