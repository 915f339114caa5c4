package ledger

import (
	"encoding/json"
	"testing"
	"time"

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

// TestOneOfEach: one flag, one attempt, one archived call are as good as many.
func TestOneOfEach(t *testing.T) {
	h := newHouse(t)
	open := h.call("key_a")
	open.Covered = true
	hold, err := h.Hold(bg, Start{Call: open, Hold: dollars("0.5")})
	if err != nil {
		t.Fatal(err)
	}
	o := detailed(settled(hold.call, dollars("0.25")))
	o.Call.Charge = billing.Money{} // a list price is no charge
	hold.End(o)
	c, err := h.Call(bg, hold.call.ID)
	if err != nil || len(c.Bill.Flags) != 1 || len(c.Attempts) != 1 || len(c.Bill.Lines) != 1 || c.Usage == nil || !c.Covered {
		t.Errorf("the call is %+v, %v", c, err)
	}
	if n := h.count("SELECT count(*) FROM upstream_day"); n != 0 {
		t.Errorf("what a subscription covers lies in %d days of its provider", n)
	}
	if a, err := h.Archived(bg); err != nil || !a.Last().IsZero() {
		t.Errorf("nothing is archived, and its last is of %s, %v", a.Last(), err)
	}
	taken, end, err := h.archive(bg, noon.Add(time.Second), 5)
	a, archivedErr := h.Archived(bg)
	if taken != 1 || end || err != nil || archivedErr != nil || a.Calls != 1 || !a.Last().Equal(noon) {
		t.Errorf("%d archived, at the end %t, %v; %+v of %s, %v", taken, end, err, a, a.Last(), archivedErr)
	}
	if taken, end, err := h.archive(bg, noon.Add(time.Second), 5); taken != 0 || !end || err != nil {
		t.Errorf("again: %d archived, at the end %t, %v", taken, end, err)
	}
	h.check()
}

// TestEverySignOfAText is written as JSON writes it.
func TestEverySignOfAText(t *testing.T) {
	for c := range 0x180 {
		for _, text := range []string{string(rune(c)), "a" + string(rune(c)) + "b", string([]byte{byte(c)})} {
			want, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(appendText(nil, text)); got != string(want) {
				t.Errorf("appendText(%q) = %s, want %s", text, got, want)
			}
		}
	}
	if got := string(appendText([]byte("x"), "")); got != `x""` {
		t.Errorf("an empty text behind another = %s", got)
	}
}

func TestTheFirstMeterNeedsNoComma(t *testing.T) {
	var u billing.Usage
	u[billing.Output], u[billing.CacheRead] = 7, 300
	if got := encodeMeters(u); got != `{"cache_read":300,"output":7}` {
		t.Errorf("meters = %v", got)
	}
}
