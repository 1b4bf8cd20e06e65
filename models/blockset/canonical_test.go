package blockset

import (
	"encoding/json"
	"math"
	"testing"
)

// The inputs and outputs of RFC 8785, but for the numbers that a manifest may
// not hold.
func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		`{"numbers":[333333333.33333329,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`:                                             `{"literals":[null,true,false],"numbers":[333333333.3333333,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
		`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`: "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
		`[56,{"d":true,"10":null,"1":[]}]`:         `[56,{"1":[],"10":null,"d":true}]`,
		`[-0,-0.0,1e3,9007199254740992,1.0]`:       `[0,0,1000,9007199254740992,1]`,
		`[5e-324,0.000001,0.0000001,-1.5e-7]`:      `[5e-324,0.000001,1e-7,-1.5e-7]`,
		`"\u007f\u2028<>&\b\t\f"`:                  "\"\u007f\u2028<>&\\b\\t\\f\"",
		`{"a":{"b":{"c":{"d":[[[[[[[[]]]]]]]]}}}}`: `{"a":{"b":{"c":{"d":[[[[[[[[]]]]]]]]}}}}`,
	} {
		got, err := canonical(json.RawMessage(in))
		if err != nil || string(got) != want {
			t.Errorf("%s\n got %s %v\nwant %s", in, got, err, want)
		}
		if again, err := canonical(json.RawMessage(got)); err != nil || string(again) != want {
			t.Errorf("%s is not stable: %s %v", want, again, err)
		}
	}
}

func TestCanonicalRefuses(t *testing.T) {
	deep := json.RawMessage(`[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]`)
	for name, v := range map[string]any{
		"beyond 2^53":     9007199254740994,
		"below -2^53":     -9007199254740994,
		"beyond a double": json.RawMessage(`1e400`),
		"not finite":      math.Inf(1),
		"deep":            deep,
		"no JSON":         func() {},
	} {
		if got, err := canonical(v); err == nil {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestNumbersInRange: what no catalogue could hold is no manifest.
func TestNumbersInRange(t *testing.T) {
	_, set := written(t)
	for name, change := range map[string]func(*Manifest){
		"rev":      func(m *Manifest) { m.Rev = 1 << 31 },
		"duration": func(m *Manifest) { m.DurationMs = 1<<40 + 1 },
		"source":   func(m *Manifest) { m.Source.Bytes = 1<<53 + 2 },
		"track":    func(m *Manifest) { m.Track = 1 << 31 },
		"width":    func(m *Manifest) { m.Renditions[0].W = 1 << 31 },
		"padding":  func(m *Manifest) { m.Renditions[0].Padding = 1 << 31 },
		"length":   func(m *Manifest) { m.Renditions[0].DurationMs = 1<<40 + 1 },
		"rate":     func(m *Manifest) { m.Renditions[0].Bps = 1<<53 + 2 },
	} {
		m := set.Manifest
		m.Renditions = append([]Rendition(nil), m.Renditions...)
		change(&m)
		if m.check() == nil {
			t.Errorf("%s out of range was taken", name)
		}
	}
}
