package spool

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

func validBase64(s string) bool {
	_, err := base64.StdEncoding.DecodeString(s)
	return err == nil
}

// refusal is what the guard answers instead of handing a request on.
type refusal struct {
	status int
	code   string
	text   string
}

// guard refuses what tusd would answer wrongly or not at all: see the bar's
// rows U7, U13, U14, U19, U20, U22, U23 and U26. id is empty for the folder of
// uploads itself.
func (s *Store) guard(r *http.Request, id string) *refusal {
	checks := []func(*http.Request, string) *refusal{checkMethod, checkEncoding, s.checkLength, checkMetadata, checkChecksum, checkConcat}
	for _, check := range checks {
		if refused := check(r, id); refused != nil {
			return refused
		}
	}
	return nil
}

func checkMethod(r *http.Request, id string) *refusal {
	if r.Header.Get("X-HTTP-Method-Override") != "" {
		return &refusal{http.StatusBadRequest, "method_override", "Send the method itself; overriding it is not supported."}
	}
	allowed := r.Method == http.MethodOptions
	switch r.Method {
	case http.MethodPost:
		allowed = id == ""
	case http.MethodHead, http.MethodPatch, http.MethodDelete:
		allowed = id != ""
	}
	if !allowed {
		return &refusal{http.StatusMethodNotAllowed, "method_not_allowed", "This method is not allowed here."}
	}
	if id != "" && !validID(id) {
		return &refusal{http.StatusNotFound, "upload_not_found", "There is no such upload."}
	}
	return nil
}

func checkEncoding(r *http.Request, _ string) *refusal {
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return &refusal{http.StatusUnsupportedMediaType, "content_encoding", "Send the bytes as they are, without a content encoding."}
	}
	if r.Method == http.MethodPatch && r.Header.Get("Tus-Resumable") == "1.0.0" && r.Header.Get("Content-Type") != offsetType {
		return &refusal{http.StatusUnsupportedMediaType, "invalid_content_type", "The Content-Type of a PATCH must be " + offsetType + "."}
	}
	if r.Method == http.MethodPost && r.ContentLength != 0 && r.Header.Get("Content-Type") != offsetType {
		return &refusal{http.StatusUnsupportedMediaType, "invalid_content_type", "A POST that carries bytes must have the Content-Type " + offsetType + "."}
	}
	return nil
}

// checkLength holds declared lengths and bodies against the limit. (tusd takes
// a body's Content-Length for the limit itself while the length is deferred.)
func (s *Store) checkLength(r *http.Request, _ string) *refusal {
	at, _ := strconv.ParseInt(r.Header.Get("Upload-Offset"), 10, 64) // judged by tusd
	if r.ContentLength > s.cfg.MaxSize-at {
		return &refusal{http.StatusRequestEntityTooLarge, errTooLarge.Code, errTooLarge.Text}
	}
	h := r.Header.Get("Upload-Length")
	if h == "" {
		return nil
	}
	n, err := strconv.ParseInt(h, 10, 64)
	if err != nil || n < 0 || strings.HasPrefix(h, "+") {
		return &refusal{http.StatusBadRequest, "invalid_upload_length", "Upload-Length must be a whole number of bytes."}
	}
	if n > s.cfg.MaxSize {
		return &refusal{http.StatusRequestEntityTooLarge, errTooLarge.Code, errTooLarge.Text}
	}
	return nil
}

func checkMetadata(r *http.Request, _ string) *refusal {
	if !validMetadata(r.Header.Get("Upload-Metadata")) {
		return &refusal{http.StatusBadRequest, "invalid_metadata", "Upload-Metadata must be distinct keys with values in base64, 8 kB at most."}
	}
	return nil
}

func checkChecksum(r *http.Request, _ string) *refusal {
	if h := r.Header.Get("Upload-Checksum"); h != "" && parseChecksum(h) == nil {
		return &refusal{http.StatusBadRequest, "invalid_checksum", "Upload-Checksum must be one of " + checksumAlgorithms + " and the sum in base64."}
	}
	return nil
}
