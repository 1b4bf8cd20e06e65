package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
)

// goComponents are the Go that built a binary and the modules in it. Their
// hash is go.sum's, of a listing of files and not of one: a property.
func goComponents(info *debug.BuildInfo) []component {
	// Tools append to it which experiments were on: "go1.26.6 X:nodwarf5".
	goVersion, _, _ := strings.Cut(strings.TrimPrefix(info.GoVersion, "go"), " ")
	all := []component{library("golang", "stdlib", goVersion)}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		c := library("golang", m.Path, m.Version)
		if m.Sum != "" {
			c.Properties = []property{{"go:sum", m.Sum}}
		}
		all = append(all, c)
	}
	return all
}

// npmComponents are the packages of a package-lock.json (version 3), each
// version once.
func npmComponents(lock []byte) ([]component, error) {
	var l struct {
		Version  int `json:"lockfileVersion"`
		Packages map[string]struct {
			Version, Integrity, License string
			Link                        bool
		} `json:"packages"`
	}
	if err := json.Unmarshal(lock, &l); err != nil {
		return nil, err
	}
	if l.Version != 3 {
		return nil, fmt.Errorf("lockfileVersion %d, want 3", l.Version)
	}
	found := map[string]component{}
	for path, p := range l.Packages {
		at := strings.LastIndex(path, "node_modules/")
		if at < 0 || p.Link {
			continue // the app itself
		}
		c := library("npm", path[at+len("node_modules/"):], p.Version)
		var err error
		if c.Hashes, err = hashes(p.Integrity); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if p.License != "" {
			c.Licenses = []license{{Expression: p.License}}
		}
		found[c.Ref] = c
	}
	all := make([]component, 0, len(found))
	for _, c := range found {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b component) int { return strings.Compare(a.Ref, b.Ref) })
	return all, nil
}

// library is a component with its package URL, which is its reference too.
func library(kind, name, version string) component {
	parts := strings.Split(name, "/")
	for i := range parts {
		parts[i] = url.QueryEscape(parts[i]) // @ too
	}
	purl := "pkg:" + kind + "/" + strings.Join(parts, "/") + "@" + url.QueryEscape(version)
	return component{Type: "library", Ref: purl, Name: name, Version: version, PURL: purl}
}

// hashes turns an integrity ("sha512-BASE64", several with spaces between) into
// what CycloneDX has.
func hashes(integrity string) ([]hash, error) {
	names := map[string]string{"sha512": "SHA-512", "sha384": "SHA-384", "sha256": "SHA-256", "sha1": "SHA-1"}
	var all []hash
	for _, one := range strings.Fields(integrity) {
		kind, text, _ := strings.Cut(one, "-")
		sum, err := base64.StdEncoding.DecodeString(text)
		if err != nil || names[kind] == "" {
			return nil, fmt.Errorf("integrity %q", one)
		}
		all = append(all, hash{names[kind], hex.EncodeToString(sum)})
	}
	return all, nil
}
