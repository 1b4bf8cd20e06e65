package server

import (
	"errors"
	"strings"
	"testing"

	"runnel/models"
)

func TestGatewaySettings(t *testing.T) {
	good := Config{Data: "d", HTTP: "127.0.0.1:0", Database: "sqlite", MaxUpload: 1, Jobs: 1, PublicURL: "https://runnel.example",
		GatewayHosts: []string{"gw.example.org"}, TrustedProxies: []string{"10.0.0.0/8", "::1"}}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for word, change := range map[string]func(*Config){
		"no plain host name":            func(c *Config) { c.GatewayHosts = []string{"gw.example.org:80"} },
		"neither an address nor":        func(c *Config) { c.TrustedProxies = []string{"all"} },
		"where the player is":           func(c *Config) { c.GatewayHosts = []string{"runnel.example"} },
		"neither known nor open":        func(c *Config) { c.Gateway = "closed" },
		`gateway-http: "8081" is not h`: func(c *Config) { c.GatewayHTTP = "8081" },
	} {
		bad := good
		change(&bad)
		if err := bad.Validate(); !errors.Is(err, models.ErrInvalid) || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", word, err)
		}
	}
}
