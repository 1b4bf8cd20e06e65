package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// finding is one fault that a scanner knows in what we use.
type finding struct {
	id    string // GO-… or GHSA-…
	where string // module or package, with its version
	title string
}

// vulnerability is a message of govulncheck's report, of those that count here.
type vulnerability struct {
	Config *struct {
		ScanLevel string `json:"scan_level"`
	} `json:"config"`
	OSV *struct {
		ID      string `json:"id"`
		Summary string `json:"summary"`
	} `json:"osv"`
	Finding *struct {
		OSV   string `json:"osv"`
		Fixed string `json:"fixed_version"`
		Trace []struct {
			Module   string `json:"module"`
			Version  string `json:"version"`
			Function string `json:"function"`
		} `json:"trace"`
	} `json:"finding"`
}

// readGovulncheck returns the faults whose functions are in the program, each
// once. Those of modules of which only other parts are used are left out.
func readGovulncheck(report io.Reader) ([]finding, error) {
	titles, found, level := map[string]string{}, map[string]finding{}, ""
	for messages := json.NewDecoder(report); ; {
		var v vulnerability
		err := messages.Decode(&v)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch {
		case v.Config != nil:
			level = v.Config.ScanLevel
		case v.OSV != nil:
			titles[v.OSV.ID] = v.OSV.Summary
		case v.Finding != nil && len(v.Finding.Trace) > 0 && v.Finding.Trace[0].Function != "":
			at := v.Finding.Trace[0]
			f := finding{id: v.Finding.OSV, where: at.Module + " " + at.Version}
			if v.Finding.Fixed != "" {
				f.where += " (mended in " + v.Finding.Fixed + ")"
			}
			found[f.id] = f
		}
	}
	if level != "symbol" {
		return nil, fmt.Errorf("it looked at %q, not at symbols", level)
	}
	return sorted(found, titles), nil
}

// sorted returns the findings by id, with their titles.
func sorted(found map[string]finding, titles map[string]string) []finding {
	all := make([]finding, 0, len(found))
	for id, f := range found {
		if f.title == "" {
			f.title = titles[id]
		}
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b finding) int { return strings.Compare(a.id, b.id) })
	return all
}

// audit is the report of npm's audit.
type audit struct {
	Version         int `json:"auditReportVersion"`
	Vulnerabilities map[string]struct {
		Via []json.RawMessage `json:"via"` // advisories, and names of other packages
	} `json:"vulnerabilities"`
}

// readAudit returns the advisories, each once.
func readAudit(report io.Reader) ([]finding, error) {
	var a audit
	if err := json.NewDecoder(report).Decode(&a); err != nil {
		return nil, err
	}
	if a.Version != 2 {
		return nil, fmt.Errorf("a report of version %d, want 2", a.Version)
	}
	found := map[string]finding{}
	for _, v := range a.Vulnerabilities {
		for _, raw := range v.Via {
			var advisory struct{ Name, Title, URL, Range string }
			if raw[0] != '{' {
				continue
			}
			if err := json.Unmarshal(raw, &advisory); err != nil {
				return nil, err
			}
			id := path.Base(advisory.URL)
			found[id] = finding{id, advisory.Name + " " + advisory.Range, advisory.Title}
		}
	}
	return sorted(found, nil), nil
}
