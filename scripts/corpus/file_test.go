package corpus

import "testing"

// TestTheCorpusIsComplete holds the numbers that the corpus is to have.
func TestTheCorpusIsComplete(t *testing.T) {
	files, quick := Files(), Quick()
	if len(files) < 150 || len(quick)*3 < len(files) || len(quick)*2 > len(files) {
		t.Errorf("%d files, %d of them quick", len(files), len(quick))
	}
	classes, names := map[string]bool{}, map[string]bool{}
	for _, f := range files {
		if names[f.Name] {
			t.Errorf("two files are named %s", f.Name)
		}
		names[f.Name] = true
		classes[f.Class] = true
		if w := f.Want; !w.Any && w.Kind == "" && len(w.Codes) == 0 {
			t.Errorf("%s has no end", f.Name)
		}
	}
	for _, f := range quick {
		delete(classes, f.Class)
	}
	if len(classes) != 0 {
		t.Errorf("not in the quick third: %v", classes)
	}
}
