package main

import (
	"context"
	"flag"
	"fmt"
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
// same file. Rounds alternate, and the ratio is that of each round's neighbours:
// what else the machine does then meets both.
func hot(flags *flag.FlagSet) runner {
	rounds := flags.Int("rounds", 9, "rounds of each")
	each := flags.Duration("time", 3*time.Second, "time of one round")
	connections := flags.Int("connections", 32, "connections")
	profile := flags.String("profile", "", "write a CPU profile of the server here")
	return func(ctx context.Context, l *lab) error {
		f := film{seed: 1, segments: 4, segmentBytes: hotBytes}
		root, err := l.add(ctx, "data", f)
		if err != nil {
			return err
		}
		n, err := l.serve(ctx, "data")
		if err != nil {
			return err
		}
		defer n.stop()
		other, err := l.nginx(ctx, "segment.m4s", f.segmentData(0))
		if err != nil {
			return err
		}
		defer other.stop()
		ours := segmentURL(n.url, root, 0)
		if err := sameBytes(ctx, ours, other.url+"/segment.m4s"); err != nil {
			return err
		}
		if *profile != "" {
			go func() { l.note(n.profile(ctx, *each, *profile)) }()
		}
		gauge := wrk{connections: *connections, time: *each}
		var runnel, nginx []float64
		for range *rounds {
			for url, rates := range map[string]*[]float64{ours: &runnel, other.url + "/segment.m4s": &nginx} {
				rate, err := gauge.run(ctx, url)
				if err != nil {
					return err
				}
				*rates = append(*rates, rate)
			}
		}
		l.say("runnel", "%s requests/s", rates(runnel))
		l.say("nginx", "%s requests/s", rates(nginx))
		ratios := make([]float64, *rounds)
		for i := range ratios {
			ratios[i] = runnel[i] / nginx[i]
		}
		l.say("by round", "%.2f", ratios)
		l.atLeast("runnel / nginx, median round", median(ratios), 0.9, "")
		return nil
	}
}

func rates(list []float64) string {
	return fmt.Sprintf("%.0f (median %.0f, best %.0f)", list, median(list), slices.Max(list))
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
