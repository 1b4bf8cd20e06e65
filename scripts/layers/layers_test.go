package layers

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// imports reads the import paths of every non-test Go file below root, by
// package folder.
func imports(t *testing.T, root string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || p != root && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(p))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(rel)
		found[pkg] = slices.Grow(found[pkg], 0)
		for _, spec := range file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if !slices.Contains(found[pkg], name) {
				found[pkg] = append(found[pkg], name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// narrowest returns the longest prefix in only that matches the import path.
func narrowest(name string) (string, bool) {
	best := ""
	for prefix := range only {
		if (strings.HasPrefix(name, prefix)) && len(prefix) > len(best) {
			best = prefix
		}
	}
	return best, best != ""
}

func TestImportTable(t *testing.T) {
	found := imports(t, filepath.Join("..", ".."))
	if len(found) < 5 {
		t.Fatalf("only %d packages read: the walk is broken", len(found))
	}
	for pkg, names := range found {
		allowed, known := own[pkg]
		if !known {
			t.Errorf("package %s is not in the import table", pkg)
			continue
		}
		for _, name := range names {
			if mine, ok := strings.CutPrefix(name, "runnel/"); ok {
				if !slices.Contains(allowed, mine) {
					t.Errorf("%s imports %s, which the table does not allow", pkg, mine)
				}
				continue
			}
			if prefix, ok := narrowest(name); ok && !slices.Contains(only[prefix], pkg) {
				t.Errorf("%s imports %s; only %v may", pkg, name, only[prefix])
			}
		}
	}
}

// TestArrowsPointDown holds the table itself against the folder order.
func TestArrowsPointDown(t *testing.T) {
	order := []string{"models", "transcode", "ingest", "server", "scripts"}
	rank := func(pkg string) int {
		top, _, _ := strings.Cut(pkg, "/")
		return slices.Index(order, top)
	}
	for pkg, allowed := range own {
		for _, name := range allowed {
			if name == "player" && path.Base(pkg) == "server" {
				continue
			}
			if rank(name) > rank(pkg) || rank(name) < 0 {
				t.Errorf("the table lets %s import %s, which points up", pkg, name)
			}
		}
	}
}

// TestReadmeTable keeps the README's import table in step with this one.
func TestReadmeTable(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range own {
		if !strings.Contains(string(readme), "`"+pkg+"`") {
			t.Errorf("README's import table does not name %s", pkg)
		}
	}
}
