package server

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"runnel/models"
)

// openJobs reports runnel_jobs_open{state}, the jobs of all servers that have not
// ended, as the catalogue has them when somebody asks. Where it does not answer
// there is no number.
type openJobs struct{ s *Server }

// countTime bounds the catalogue's answer.
const countTime = time.Second

// Describe implements prometheus.Collector.
func (c openJobs) Describe(out chan<- *prometheus.Desc) { out <- openJobsDesc() }

func openJobsDesc() *prometheus.Desc {
	return prometheus.NewDesc("runnel_jobs_open", "Jobs of all servers that have not ended, by state.", []string{"state"}, nil)
}

// Collect implements prometheus.Collector.
func (c openJobs) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), countTime)
	defer cancel()
	counted, err := c.s.folder.Catalog.OpenJobs(ctx)
	if err != nil {
		return
	}
	for _, state := range []models.State{models.StateQueued, models.StateTranscoding} {
		out <- prometheus.MustNewConstMetric(openJobsDesc(), prometheus.GaugeValue, float64(counted[state]), string(state))
	}
}
