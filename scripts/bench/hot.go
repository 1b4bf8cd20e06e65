package main

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// hotBytes is the segment that hot and cold are measured with.
const hotBytes = 700_000

// hot holds a segment that everybody watches against nginx, which sends the
// same file. It is sent from its file by one node and from memory by another,
// whose block files somebody has made writable, so that it trusts none. Rounds
// alternate, and the ratio is that of a round's neighbours: what else the
// machine does then meets them all.
func hot(flags *flag.FlagSet) runner {
	rounds := flags.Int("rounds", 9, "rounds of each")
	each := flags.Duration("time", 3*time.Second, "time of one round")
	connections := flags.Int("connections", 32, "connections")
	profile := flags.String("profile", "", "write a CPU profile of the node that sends from its file here")
	return func(ctx context.Context, l *lab) error {
		contest, stop, err := l.contest(ctx, *profile, *each)
		defer stop()
		if err != nil {
			return err
		}
		gauge := wrk{connections: *connections, time: *each}
		for range *rounds {
			for _, c := range contest {
				rate, err := gauge.run(ctx, c.url)
				if err != nil {
					return err
				}
				c.rates = append(c.rates, rate)
			}
		}
		nginx := contest[len(contest)-1]
		least := 0.0
		for _, c := range contest {
			l.say(c.name, "%.0f requests/s, median %.0f", c.rates, median(c.rates))
			if c != nginx {
				ratios := c.against(nginx)
				l.say(c.name+" / nginx", "%.2f, median %.2f", ratios, median(ratios))
				least = max(least, median(ratios))
			}
		}
		l.atLeast("the better of the two / nginx", least, 0.9, "")
		return nil
	}
}

// contestant is one server of the segment.
type contestant struct {
	name, url string
	rates     []float64
}

// against returns the ratios of the rounds.
func (c *contestant) against(other *contestant) []float64 {
	out := make([]float64, len(c.rates))
	for i := range out {
		out[i] = c.rates[i] / other.rates[i]
	}
	return out
}

// contest starts the servers, nginx the last, and sees that they send the same.
func (l *lab) contest(ctx context.Context, profile string, over time.Duration) (all []*contestant, stop func(), err error) {
	var running []*service
	stop = func() {
		for _, s := range running {
			s.stop()
		}
	}
	f := film{seed: 1, segments: 4, segmentBytes: hotBytes}
	for _, name := range []string{"from its file", "from memory"} {
		root, err := l.add(ctx, name, f)
		if err == nil && name == "from memory" {
			err = makeWritable(l.path(name))
		}
		if err != nil {
			return nil, stop, err
		}
		n, err := l.serve(ctx, name)
		if err != nil {
			return nil, stop, err
		}
		running = append(running, n.service)
		all = append(all, &contestant{name: name, url: segmentURL(n.url, root, 0)})
		if profile != "" && len(all) == 1 {
			go func() { l.note(n.profile(ctx, over, profile)) }()
		}
	}
	other, err := l.nginx(ctx, "segment.m4s", f.segmentData(0))
	if err != nil {
		return nil, stop, err
	}
	running = append(running, other)
	all = append(all, &contestant{name: "nginx", url: other.url + "/segment.m4s"})
	for _, c := range all {
		if err := sameBytes(ctx, c.url, all[len(all)-1].url); err != nil {
			return nil, stop, err
		}
	}
	return all, stop, nil
}

// makeWritable makes every file below the folder's blocks writable.
func makeWritable(data string) error {
	return filepath.WalkDir(filepath.Join(data, "blocks"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chmod(path, 0o644)
	})
}

// median is the middle one.
func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

func sameBytes(ctx context.Context, a, b string) error {
	one, err := get(ctx, a)
	if err != nil {
		return err
	}
	other, err := get(ctx, b)
	if err == nil && one != other {
		err = fmt.Errorf("%s and %s differ", a, b)
	}
	return err
}

// nginx starts nginx on one file, set up as its packagers do and without a log.
func (l *lab) nginx(ctx context.Context, name string, data []byte) (*service, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	dir := l.path("nginx")
	if err := os.MkdirAll(filepath.Join(dir, "www"), 0o755); err != nil {
		return nil, err
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;" // else its workers could not read the lab's folder
	}
	config := fmt.Sprintf(`%s daemon off; worker_processes auto; pid %[2]s/pid; error_log %[2]s/error.log;
events { worker_connections 1024; }
http { access_log off; sendfile on; tcp_nopush on; default_type video/iso.segment; keepalive_requests 1000000;
  client_body_temp_path %[2]s/a; proxy_temp_path %[2]s/b; fastcgi_temp_path %[2]s/c; uwsgi_temp_path %[2]s/d; scgi_temp_path %[2]s/e;
  server { listen %[3]s; root %[2]s/www; } }
`, user, dir, port)
	for path, content := range map[string][]byte{"nginx.conf": []byte(config), "www/" + name: data} {
		if err := os.WriteFile(filepath.Join(dir, path), content, 0o644); err != nil {
			return nil, err
		}
	}
	program := "nginx"
	if _, err := os.Stat("/usr/sbin/nginx"); err == nil {
		program = "/usr/sbin/nginx"
	}
	return l.start(ctx, "nginx", "http://"+port, program, "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", filepath.Join(dir, "error.log"))
}

// wrk is a load of requests for one address.
type wrk struct {
	connections int
	time        time.Duration
}

// run returns requests a second; an answer other than 2xx is an error. There is
// a thread of wrk for each core, so that the client is not what one of the two
// waits for.
func (w wrk) run(ctx context.Context, url string) (float64, error) {
	out, err := output(ctx, "wrk", "-t", strconv.Itoa(min(runtime.NumCPU(), w.connections)), "-c", strconv.Itoa(w.connections), "-d", w.time.String(), url)
	if err != nil {
		return 0, err
	}
	return wrkRate(out)
}

// wrkRate reads wrk's report.
func wrkRate(report string) (float64, error) {
	rate := 0.0
	for line := range strings.Lines(report) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "Socket errors:") || strings.HasPrefix(line, "Non-2xx") {
			return 0, fmt.Errorf("wrk: %s", line)
		}
		if value, ok := strings.CutPrefix(line, "Requests/sec:"); ok {
			if _, err := fmt.Sscan(value, &rate); err != nil {
				return 0, fmt.Errorf("wrk: %q: %w", line, err)
			}
		}
	}
	if rate == 0 {
		return 0, fmt.Errorf("wrk: no rate in %q", report)
	}
	return rate, nil
}
