package spool

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"net/http"
	"os"

	tusd "github.com/tus/tusd/v2/pkg/handler"

	"runnel/models"
)

// idLength is the length of an upload's id: 16 random bytes in hexadecimal.
const idLength = 32

// validID reports whether id can be one of ours, before it touches a path.
func validID(id string) bool {
	if len(id) != idLength {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func newID() string {
	var b [idLength / 2]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails; it ends the program instead
	return hex.EncodeToString(b[:])
}

// upload is one upload as tusd's handler sees it. It holds a copy of the row;
// the handler's lock keeps others from changing it meanwhile.
type upload struct {
	store *Store
	row   models.Upload
}

// NewUpload creates data file, row and release, in this order.
func (s *Store) NewUpload(ctx context.Context, info tusd.FileInfo) (tusd.Upload, error) {
	u, r, err := s.plan(ctx, info)
	if err != nil {
		return nil, s.wire("create", err)
	}
	if u, err = s.create(ctx, u, r); err != nil {
		return nil, s.wire("create", err)
	}
	s.announce(ctx, u)
	return &upload{store: s, row: u}, nil
}

// plan decides everything about a new upload without touching anything.
func (s *Store) plan(ctx context.Context, info tusd.FileInfo) (u models.Upload, r models.Release, err error) {
	owner, ok := ownerOf(ctx)
	if !ok {
		return u, r, errNoOwner
	}
	now := s.cfg.Now().UTC()
	u = models.Upload{
		ID: newID(), AccountID: owner.AccountID, Length: info.Size,
		CreatedAt: now, ExpiresAt: now.Add(s.cfg.Expiry),
	}
	if info.SizeIsDeferred {
		u.Length = -1
	}
	switch {
	case info.IsPartial:
		u.Concat = models.ConcatPartial
	case info.IsFinal:
		u.Concat, u.Parts = models.ConcatFinal, info.PartialUploads
	}
	if r, u.Metadata, err = describe(info.MetaData); err != nil {
		return u, r, err
	}
	r.AccountID, r.ChannelID, r.ChannelName = owner.AccountID, owner.ChannelID, owner.ChannelName
	r.State, r.Standing, r.Rev, r.CreatedAt, r.UpdatedAt = models.StateUploading, models.StandingGood, 1, now, now
	return u, r, s.admit(ctx, u)
}

// admit answers the limits before a byte is taken.
func (s *Store) admit(ctx context.Context, u models.Upload) error {
	if u.Length > s.cfg.MaxSize {
		return errTooLarge
	}
	if u.Concat == models.ConcatFinal {
		return s.Writable() // in its parts' place
	}
	open, err := s.records.CountOpenUploads(ctx, u.AccountID)
	if err != nil {
		return err
	}
	if open >= s.cfg.MaxOpen {
		return errTooMany
	}
	return s.room(max(u.Length, 0))
}

func (s *Store) create(ctx context.Context, u models.Upload, r models.Release) (models.Upload, error) {
	file, err := createLocked(s.path(u.ID))
	if err != nil {
		return u, err
	}
	defer file.Close()
	var made models.Upload
	if u.Concat == models.ConcatPartial {
		made, err = s.records.CreatePart(ctx, u)
	} else {
		made, err = s.records.CreateUpload(ctx, u, r)
	}
	if err != nil {
		_ = os.Remove(s.path(u.ID))
	}
	return made, err
}

// GetUpload returns the owner's upload. One whose last byte is here but whose
// completion was lost in a crash is completed now.
func (s *Store) GetUpload(ctx context.Context, id string) (tusd.Upload, error) {
	row, err := s.owned(ctx, id)
	if err != nil {
		return nil, s.wire("find", err)
	}
	if !row.Complete && row.Length >= 0 && row.Offset == row.Length && row.Concat != models.ConcatFinal {
		if err := s.complete(ctx, row); err != nil {
			return nil, s.wire("complete", err)
		}
		row.Complete = true
	}
	if !row.Complete {
		row.ExpiresAt = s.expiry(row)
		if s.cfg.Now().After(row.ExpiresAt) {
			return nil, errExpired
		}
	}
	if r := requestOf(ctx); row.Complete && r.method == http.MethodPatch && r.hasBody {
		return nil, errComplete
	}
	s.announce(ctx, row)
	return &upload{store: s, row: row}, nil
}

// owned reads the row of an upload that belongs to the context's owner.
func (s *Store) owned(ctx context.Context, id string) (models.Upload, error) {
	owner, ok := ownerOf(ctx)
	if !ok || !validID(id) {
		return models.Upload{}, models.ErrNotFound
	}
	row, err := s.records.Upload(ctx, id)
	if err == nil && row.AccountID != owner.AccountID {
		err = models.ErrNotFound
	}
	return row, err
}

// announce adds the headers that every answer about an upload carries.
func (s *Store) announce(ctx context.Context, u models.Upload) {
	h := requestOf(ctx).header
	if u.ReleaseID != "" {
		h.Set(ReleaseHeader, u.ReleaseID)
	}
	if !u.Complete {
		h.Set("Upload-Expires", u.ExpiresAt.UTC().Format(http.TimeFormat))
	}
}

// GetInfo returns what the row says; the offset is the acknowledged one.
func (u *upload) GetInfo(context.Context) (tusd.FileInfo, error) {
	info := tusd.FileInfo{
		ID: u.row.ID, Size: u.row.Length, Offset: u.row.Offset,
		MetaData: tusd.MetaData(u.row.Metadata), PartialUploads: u.row.Parts,
		IsPartial: u.row.Concat == models.ConcatPartial, IsFinal: u.row.Concat == models.ConcatFinal,
	}
	if u.row.Length < 0 {
		info.Size, info.SizeIsDeferred = 0, true
	}
	return info, nil
}

// GetReader reads the acknowledged bytes.
func (u *upload) GetReader(context.Context) (io.ReadCloser, error) {
	f, err := os.Open(u.store.path(u.row.ID))
	if err != nil {
		return nil, u.store.wire("read", err)
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(f, u.row.Offset), f}, nil
}

func (u *upload) declare(ctx context.Context, length int64) error {
	if length > u.store.cfg.MaxSize {
		return errTooLarge
	}
	if length < u.row.Offset {
		return models.NewFault(models.ErrInvalid, "invalid_upload_length", "The declared length is smaller than what was sent already.")
	}
	if err := u.store.room(length - u.row.Offset); err != nil {
		return err
	}
	if err := u.store.records.SetUploadLength(ctx, u.row.ID, length); err != nil {
		return err
	}
	u.row.Length = length
	return nil
}

// DeclareLength fixes the length of an upload that deferred it.
func (u *upload) DeclareLength(ctx context.Context, length int64) error {
	return u.store.wire("declare length", u.declare(ctx, length))
}

// FinishUpload queues the release; a second call changes nothing.
func (u *upload) FinishUpload(ctx context.Context) error {
	if err := u.store.complete(ctx, u.row); err != nil {
		return u.store.wire("complete", err)
	}
	u.row.Complete = true
	return nil
}

// Terminate removes row and file. A release that is not final goes or is
// cancelled with them; the source of a final one stays.
func (u *upload) Terminate(ctx context.Context) error {
	return u.store.wire("delete", u.store.remove(ctx, u.row))
}

// AsTerminatableUpload is part of tusd's TerminaterDataStore.
func (s *Store) AsTerminatableUpload(u tusd.Upload) tusd.TerminatableUpload { return u.(*upload) }

// AsLengthDeclarableUpload is part of tusd's LengthDeferrerDataStore.
func (s *Store) AsLengthDeclarableUpload(u tusd.Upload) tusd.LengthDeclarableUpload {
	return u.(*upload)
}
