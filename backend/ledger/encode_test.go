package ledger

import (
	"encoding/json"
	"testing"

	"weir/billing"
)

func TestRowsHoldTheSameTextAsEncodingByReflection(t *testing.T) {
	cost := billing.Pico(1_234_567)
	lines := []billing.Line{
		{What: "input", Quantity: 300, Unit: "tokens", RateUSD: "2.5", Per: 1_000_000, Cost: &cost},
		{What: "Grüße \"<&>\\\n", Quantity: -1, Unit: "tokens", Per: 1},
		{},
	}
	want, err := json.Marshal(lines)
	if err != nil {
		t.Fatal(err)
	}
	if got := encodeLines(lines); got != string(want) {
		t.Errorf("lines = %s, want %s", got, want)
	}
	if got := encodeLines(nil); got != nil {
		t.Errorf("no lines = %v, want nil", got)
	}
}

func TestMetersAreNamed(t *testing.T) {
	var u billing.Usage
	if got := encodeMeters(u); got != nil {
		t.Errorf("no meters = %v, want nil", got)
	}
	want := map[string]int64{}
	for m := range u {
		u[m] = int64(m) + 1
		want[meterNames[m]] = u[m]
	}
	got := map[string]int64{}
	if err := json.Unmarshal([]byte(encodeMeters(u).(string)), &got); err != nil {
		t.Fatal(err)
	}
	for name, n := range want {
		if got[name] != n || len(got) != len(want) {
			t.Errorf("%s = %d, want %d", name, got[name], n)
		}
	}
}

func TestUsageIsKeptWhenItIsJSON(t *testing.T) {
	for _, tt := range []struct {
		name, raw string
		want      any
	}{
		{"none", "", nil},
		{"an object loses its spaces", " {\"a\": [1, \"b c\"] }\n", `{"a":[1,"b c"]}`},
		{"what breaks off", `{"a":`, nil},
		{"what follows an object", `{"a":1} x`, nil},
		{"null", "null", "null"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := encodeUsage(json.RawMessage(tt.raw)); got != tt.want {
				t.Errorf("usage = %v, want %v", got, tt.want)
			}
		})
	}
}
