package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const lock = `{"lockfileVersion":3,"packages":{
 "":{"name":"app","version":"0.1.0"},
 "node_modules/b":{"version":"1.0.0","integrity":"sha512-AAEC","license":"MIT"},
 "node_modules/b/node_modules/@scope/c":{"version":"2.0.0+x"},
 "node_modules/@scope/c":{"version":"2.0.0+x"}}}`

// bill of this test's own binary and a lock file.
func made(t *testing.T, lock string) ([]byte, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "package-lock.json")
	if err := os.WriteFile(file, []byte(lock), 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = run("v1", self, file, &out)
	return out.Bytes(), err
}

func TestBill(t *testing.T) {
	text, err := made(t, lock)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := made(t, lock); !bytes.Equal(text, again) {
		t.Error("the second one differs")
	}
	var b bill
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	var refs []string
	for _, c := range b.Components {
		refs = append(refs, c.Ref)
	}
	if !strings.HasPrefix(refs[0], "pkg:golang/stdlib@1.") {
		t.Errorf("built by %s", refs[0])
	}
	if want := []string{"pkg:npm/%40scope/c@2.0.0%2Bx", "pkg:npm/b@1.0.0"}; !slices.Equal(refs[len(refs)-2:], want) {
		t.Errorf("packages %v", refs)
	}
	last := b.Components[len(refs)-1]
	if len(last.Hashes) != 1 || last.Hashes[0] != (hash{"SHA-512", "000102"}) || last.Licenses[0].Expression != "MIT" {
		t.Errorf("%+v", last)
	}
	if b.Format != "CycloneDX" || b.Metadata.Component.Version != "v1" {
		t.Errorf("%+v", b.Metadata)
	}
}

func TestBillOfNothing(t *testing.T) {
	for _, bad := range []string{"", `{"lockfileVersion":1}`, `{"lockfileVersion":3,"packages":{"node_modules/b":{"integrity":"md5-AAEC"}}}`} {
		if _, err := made(t, bad); err == nil {
			t.Errorf("a bill of %q", bad)
		}
	}
}
