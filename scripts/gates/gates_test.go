package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	symbols = `{"config":{"scan_level":"symbol"}}`
	fault   = `{"osv":{"id":"GO-1-1","summary":"a fault"}}
{"finding":{"osv":"GO-1-1","trace":[{"module":"m","version":"v1.0.0"}]}}`
	called = `{"finding":{"osv":"GO-1-1","fixed_version":"v1.0.1","trace":[{"module":"m","version":"v1.0.0","package":"m/p","function":"F"}]}}`
	quiet  = `{"auditReportVersion":2,"vulnerabilities":{}}`
	loud   = `{"auditReportVersion":2,"vulnerabilities":{"a":{"via":["b"]},"b":{"via":[{"source":1,"name":"b","title":"a hole","url":"https://x/advisories/GHSA-1","range":"<2"}]}}}`
)

func TestJudgement(t *testing.T) {
	for name, c := range map[string]struct {
		scanner, exceptions, report string
		want, printed               string // want is a part of the error
	}{
		"nothing":            {"govulncheck", "", symbols, "", ""},
		"used elsewhere":     {"govulncheck", "", symbols + fault, "", ""},
		"in the program":     {"govulncheck", "", symbols + fault + called, "1 findings", "GO-1-1 m v1.0.0 (mended in v1.0.1): a fault"},
		"excepted":           {"govulncheck", "GO-1-1 2026-01-02 not reached", symbols + fault + called, "", "GO-1-1 is excepted since 2026-01-02"},
		"another excepted":   {"govulncheck", "GO-1-10 2026-01-02 not reached", symbols + fault + called, "1 findings", ""},
		"a program stripped": {"govulncheck", "", `{"config":{"scan_level":"module"}}` + fault, "not at symbols", ""},
		"no report":          {"govulncheck", "", "", "not at symbols", ""},
		"half a report":      {"govulncheck", "", symbols + `{"finding":`, "EOF", ""},
		"no reason":          {"govulncheck", "GO-1-1 2026-01-02", symbols, "line 1", ""},
		"no day":             {"govulncheck", "# why\nGO-1-1 soon it is fine", symbols, "line 2", ""},
		"twice":              {"govulncheck", "A 2026-01-02 x\nA 2026-01-02 y", symbols, "stands twice", ""},
		"a quiet audit":      {"audit", "", quiet, "", ""},
		"a loud audit":       {"audit", "", loud, "1 findings", "GHSA-1 b <2: a hole"},
		"an advisory waived": {"audit", "GHSA-1 2026-01-02 not shipped", loud, "", "excepted since"},
		"no audit":           {"audit", "", `{"message":"405"}`, "version 0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "exceptions")
			if err := os.WriteFile(file, []byte(c.exceptions), 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			err := run(c.scanner, file, strings.NewReader(c.report), &out)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if !strings.Contains(out.String(), c.printed) || c.printed == "" && c.want == "" && out.Len() > 0 {
				t.Errorf("printed %q, want %q", out.String(), c.printed)
			}
		})
	}
}

// The list that is kept here can be read.
func TestExceptions(t *testing.T) {
	text, err := os.ReadFile("exceptions")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseExceptions(string(text)); err != nil {
		t.Error(err)
	}
}
