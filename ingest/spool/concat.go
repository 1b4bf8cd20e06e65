package spool

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	tusd "github.com/tus/tusd/v2/pkg/handler"

	"runnel/models"
)

const (
	// maxParts bounds how many parts one file is made of: their addresses have to
	// fit a request's headers.
	maxParts = 500
	// joinPiece is how much is copied before others can see that it goes on.
	joinPiece = 32 << 20
)

// checkConcat refuses what no parts are in, before anything of it is looked up.
func checkConcat(r *http.Request, _ string) *refusal {
	header := r.Header.Get("Upload-Concat")
	if header == "" || header == "partial" || r.Method != http.MethodPost {
		return nil
	}
	list, ok := strings.CutPrefix(header, "final;")
	if parts := strings.Fields(list); !ok || len(parts) == 0 {
		return &refusal{http.StatusBadRequest, "invalid_concat", `Upload-Concat must be "partial", or "final;" and the addresses of the parts.`}
	} else if len(parts) > maxParts {
		return &refusal{http.StatusBadRequest, "too_many_parts", "A file can be put together of 500 parts at most."}
	}
	if r.ContentLength != 0 {
		return &refusal{http.StatusForbidden, "modify_final", "A file that is put together of parts takes no bytes of its own."}
	}
	return nil
}

// AsConcatableUpload is part of tusd's ConcaterDataStore.
func (s *Store) AsConcatableUpload(u tusd.Upload) tusd.ConcatableUpload { return u.(*upload) }

// ConcatUploads puts the parts together that the upload was created with. Once
// begun it does not need its client any more: what a crash interrupts, the next
// sweep goes on with.
func (u *upload) ConcatUploads(ctx context.Context, _ []tusd.Upload) error {
	row, _, err := u.store.join(context.WithoutCancel(ctx), u.row.ID)
	if err == nil {
		u.row = row
	}
	return u.store.wire("put together", err)
}

// join makes a final upload of its parts and queues its release. busy: somebody
// else is at it.
func (s *Store) join(ctx context.Context, id string) (row models.Upload, busy bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	mine, _, err := s.locks.take(id, cancel)
	if mine == nil {
		return row, err == nil, err
	}
	defer s.locks.release(id, mine)
	if row, err = s.records.Upload(ctx, id); err != nil || row.Complete {
		return row, false, err
	}
	for _, part := range row.Parts {
		if err := s.takePart(ctx, &row, part); err != nil {
			return row, false, err
		}
	}
	return row, false, s.complete(ctx, row)
}

// takePart appends the bytes of a part. They are synced, then the row takes them
// and the part's own row goes, then its file. A part that is gone was taken.
func (s *Store) takePart(ctx context.Context, row *models.Upload, id string) error {
	part, err := s.records.Upload(ctx, id)
	if errors.Is(err, models.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.room(part.Offset); err != nil {
		return err
	}
	if err := s.appendPart(ctx, *row, part); err != nil {
		return err
	}
	if err := s.records.ConsumePart(ctx, row.ID, id); err != nil {
		return err
	}
	row.Offset += part.Offset
	return removeFile(s.path(id))
}

func (s *Store) appendPart(ctx context.Context, row, part models.Upload) error {
	from, err := os.Open(s.path(part.ID))
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := openAt(s.path(row.ID), row.Offset)
	if err != nil {
		return err
	}
	defer to.Close() // every byte that counts was synced before
	if _, err := to.Seek(row.Offset, io.SeekStart); err != nil {
		return err
	}
	for left := part.Offset; left > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.CopyN(to, from, min(left, joinPiece)) // the kernel copies, or shares where it can
		if err != nil {
			return err
		}
		s.locks.touch(row.ID)
		left -= n
	}
	if err := to.Sync(); err != nil {
		return s.fail(err)
	}
	return nil
}

// pathsOnly drops scheme and host of the addresses in an Upload-Concat header,
// which a proxy's are not ours to guess.
func pathsOnly(header string) string {
	list, ok := strings.CutPrefix(header, "final;")
	if !ok {
		return header
	}
	parts := strings.Fields(list)
	for i, p := range parts {
		if u, err := url.Parse(p); err == nil {
			parts[i] = u.Path
		}
	}
	return "final;" + strings.Join(parts, " ")
}
