// Command sbom writes the list of what a build of Runnel is made of, as
// CycloneDX 1.5 in JSON, to standard output: the Go modules that the binary
// says were linked into it, the Go that built it, and the packages of the web
// app's lock file, which names those that only build it too. The same binary
// and lock file give the same bytes: it bears no date and no number of its own.
//
//	sbom VERSION BINARY PACKAGE-LOCK
package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: sbom VERSION BINARY PACKAGE-LOCK")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(version, binary, lockFile string, out io.Writer) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(lockFile)
	if err != nil {
		return err
	}
	packages, err := npmComponents(text)
	if err != nil {
		return fmt.Errorf("%s: %w", lockFile, err)
	}
	b := bill{Format: "CycloneDX", Spec: "1.5", Version: 1, Components: append(goComponents(info), packages...)}
	b.Metadata.Component = component{Type: "application", Ref: "runnel", Name: "runnel", Version: version,
		Licenses: []license{{Expression: "Apache-2.0"}}}
	enc := json.NewEncoder(out)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	return enc.Encode(b)
}
