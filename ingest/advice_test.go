package ingest

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/models/catalog"
	"runnel/server/blocks"
	"runnel/transcode/ffmpeg"
)

// TestReasonsSayWhatToDo: every class of failure tells its sender what is wrong
// and what to do, in whole sentences, and nothing of the machine.
func TestReasonsSayWhatToDo(t *testing.T) {
	codes := []string{ffmpeg.CodeNotMedia, ffmpeg.CodeEmptyFile, ffmpeg.CodeUnsupportedContainer, ffmpeg.CodePlaylistInput,
		ffmpeg.CodeStillImage, ffmpeg.CodeUnsupportedCodec, ffmpeg.CodeNoMediaStreams, ffmpeg.CodeTruncated, ffmpeg.CodeDecodeErrors,
		ffmpeg.CodeDurationMismatch, ffmpeg.CodeEncrypted, ffmpeg.CodeTooLarge, ffmpeg.CodeDimensions, ffmpeg.CodeDurationTooLong,
		ffmpeg.CodeTooManyStreams, ffmpeg.CodeMetadataTooLarge, ffmpeg.CodeTimeout, ffmpeg.CodeResourceLimit, ffmpeg.CodeBadAspect}
	for _, code := range codes {
		fault := ffmpeg.NewFault(code)
		end, failure := judge(context.Background(), fault)
		require.Equal(t, refused, end, code)
		require.Contains(t, advice, code)
		require.Equal(t, code, failure.Code)
		require.Greater(t, len(failure.Text), len(fault.Text)+10, code)
		require.Regexp(t, `^[A-Z].*[^.]\. [A-Z].*\.$`, failure.Text, code)
		require.False(t, strings.ContainsAny(failure.Text, "/\\@"), failure.Text)
	}
	for _, fault := range []*models.Fault{
		models.NewFault(models.ErrTooLarge, catalog.CodeQuota, "You may keep 1 byte here: delete something first."),
		models.NewFault(models.ErrInvalid, "source_gone", "The uploaded file is no longer on this server; upload it again."),
	} {
		_, failure := judge(context.Background(), fault)
		require.Equal(t, fault.Text, failure.Text, "it says so itself")
	}
	for _, code := range []string{catalog.CodeStorageLimit, blocks.CodeFull, "insufficient_storage", "storage_failed"} {
		require.Contains(t, advice, code)
	}
	_, failure := judge(context.Background(), models.NewFault(models.ErrInvalid, "new_code", "Something new."))
	require.Equal(t, "Something new. "+general, failure.Text)
	_, failure = judge(context.Background(), context.DeadlineExceeded)
	require.Contains(t, failure.Text, "try again")
}
