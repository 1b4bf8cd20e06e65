package corpus

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// row is how one file ended.
type row struct {
	file   File
	got    string
	took   time.Duration
	wrong  bool
	number int
}

// report gathers rows from several goroutines.
type report struct {
	mu   sync.Mutex
	rows []row
}

func (r *report) add(one row) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, one)
}

// String is the table of files and that of classes.
func (r *report) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.SortFunc(r.rows, func(a, b row) int { return a.number - b.number })
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nclass\tfile\texpected\tgot\tseconds")
	type sum struct{ files, right int }
	sums, classes := map[string]*sum{}, []string{}
	for _, o := range r.rows {
		verdict := ""
		if o.wrong {
			verdict = "WRONG: "
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s%s\t%.1f\n", o.file.Class, o.file.Name, o.file.Want, verdict, o.got, o.took.Seconds())
		if sums[o.file.Class] == nil {
			sums[o.file.Class] = &sum{}
			classes = append(classes, o.file.Class)
		}
		sums[o.file.Class].files++
		if !o.wrong {
			sums[o.file.Class].right++
		}
	}
	fmt.Fprintln(w, "\nclass\tfiles\tas expected\t\t")
	total := sum{}
	for _, c := range classes {
		fmt.Fprintf(w, "%s\t%d\t%d\t\t\n", c, sums[c].files, sums[c].right)
		total.files, total.right = total.files+sums[c].files, total.right+sums[c].right
	}
	fmt.Fprintf(w, "all\t%d\t%d\t\t\n", total.files, total.right)
	_ = w.Flush()
	return b.String()
}

// String says an end in a few words.
func (e End) String() string {
	var says []string
	if e.Any {
		return "any"
	}
	if e.Kind != "" {
		length := fmt.Sprintf(" %g s", e.Seconds)
		if e.Seconds < 0 {
			length = ""
		}
		says = append(says, "plays as "+string(e.Kind)+length)
	}
	if len(e.Codes) > 2 {
		says = append(says, "refused as damaged")
	} else if len(e.Codes) > 0 {
		says = append(says, "refused: "+strings.Join(e.Codes, ", "))
	}
	return strings.Join(says, " or ")
}
