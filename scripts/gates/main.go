// Command gates judges what the scanners found: it reads the report of
// govulncheck or of npm's audit and fails on each finding that the list of
// exceptions does not name. scripts/gates/run makes the reports.
//
//	gates govulncheck|audit EXCEPTIONS <REPORT
package main

import (
	"fmt"
	"io"
	"os"
)

// The exit codes beside 0.
const (
	exitFailed = 1 // a finding, or a report that cannot be read
	exitUsage  = 2
)

// readers turn a report into its findings.
var readers = map[string]func(io.Reader) ([]finding, error){
	"govulncheck": readGovulncheck,
	"audit":       readAudit,
}

func main() {
	if len(os.Args) != 3 || readers[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: gates govulncheck|audit EXCEPTIONS <REPORT")
		os.Exit(exitUsage)
	}
	if err := run(os.Args[1], os.Args[2], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gates:", err)
		os.Exit(exitFailed)
	}
}

// run prints what of a report counts and what is excepted; what counts is an
// error.
func run(scanner, exceptionsFile string, report io.Reader, out io.Writer) error {
	text, err := os.ReadFile(exceptionsFile)
	if err != nil {
		return err
	}
	excepted, err := parseExceptions(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", exceptionsFile, err)
	}
	found, err := readers[scanner](report)
	if err != nil {
		return fmt.Errorf("%s: %w", scanner, err)
	}
	count := 0
	for _, f := range found {
		if e, ok := excepted[f.id]; ok {
			_, _ = fmt.Fprintf(out, "%s: %s is excepted since %s\n", scanner, f.id, e.since)
			continue
		}
		count++
		_, _ = fmt.Fprintf(out, "%s: %s %s: %s\n", scanner, f.id, f.where, f.title)
	}
	if count > 0 {
		return fmt.Errorf("%s: %d findings that %s does not name", scanner, count, exceptionsFile)
	}
	return nil
}
