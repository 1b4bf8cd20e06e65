package corpus

import "fmt"

// fuzzed are whole files with a few bits wrong, anywhere. They may end either
// way; they must end.
func fuzzed() []File {
	var files []File
	for _, stock := range []string{"mp4", "ts", "wav"} {
		for n := range uint32(6) {
			files = append(files, File{
				Name: fmt.Sprintf("fuzz-%d.%s", n+1, stock), Want: either(),
				Make: patched(stock, func(b []byte) []byte { return noise(b, 0, 6000>>n, n+1) }),
			})
		}
	}
	return class("fuzzed", files...)
}
