package delivery

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestCounters(t *testing.T) {
	reg := prometheus.NewRegistry()
	m, err := NewCounters(reg)
	if err != nil {
		t.Fatal(err)
	}
	m.Served(SourceMemory, 10)
	m.Served(SourceMemory, 20)
	m.Fetched(SourcePeer, 30)
	m.Refused(SourceLocal)
	m.Event(EventHealed)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, metric := range f.GetMetric() {
			source := ""
			if l := metric.GetLabel(); len(l) > 0 {
				source = " " + l[0].GetValue()
			}
			got[f.GetName()+source] = metric.GetCounter().GetValue()
		}
	}
	for name, want := range map[string]float64{
		"runnel_delivery_served_blocks_total memory": 2,
		"runnel_delivery_served_bytes_total memory":  30,
		"runnel_delivery_fetched_blocks_total peer":  1,
		"runnel_delivery_fetched_bytes_total peer":   30,
		"runnel_delivery_refused_blocks_total local": 1,
		"runnel_delivery_healed_blocks_total":        1,
	} {
		if got[name] != want {
			t.Errorf("%s = %v, want %v", name, got[name], want)
		}
	}
	if _, err := NewCounters(reg); err == nil {
		t.Error("registered twice")
	}
}
