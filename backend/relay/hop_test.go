package relay

import (
	"net/http"
	"strings"
	"testing"

	"weir/backend/gateway"
	"weir/backend/provider"
	"weir/backend/route"
)

// leads adds a channel of one house that leads to another, with an access key of that one.
func (h *house) leads(to *house) gateway.Channel {
	h.t.Helper()
	return h.add(to.secret, func(c *gateway.Channel) { c.Name, c.BaseURL = "Other Weir", to.url+"/v1" })
}

// TestTwoWeirsInACircle: each leads to the other. The call comes back once, and ends there.
func TestTwoWeirsInACircle(t *testing.T) {
	for _, stream := range []bool{false, true} {
		a, b := build(t), build(t)
		a.leads(b)
		b.leads(a)
		got := a.post("openai-chat", chatBody(stream), nil)
		if got.status != 508 || got.header.Get("X-Should-Retry") != "false" || !strings.Contains(string(got.body), "circle") {
			t.Errorf("the client got %d %v: %s", got.status, got.header, got.body)
		}
		if got.call.State != gateway.Released || len(got.call.Attempts) != 1 || got.call.Charge.Pico() != 0 {
			t.Errorf("the first call is %s after %d attempts, at %s", got.call.State, len(got.call.Attempts), got.call.Charge)
		}
		states := map[gateway.CallState]int{}
		for _, c := range append(a.wait(2), b.wait(1)...) {
			states[c.State]++
		}
		if states[gateway.Refused] != 1 || states[gateway.Released] != 2 {
			t.Errorf("the calls ended %v", states)
		}
		a.check()
		b.check()
	}
}

// TestAChainOfWeirs: different ones pass a call on, and a circle with a way out finds it.
func TestAChainOfWeirs(t *testing.T) {
	a, b, c := build(t), build(t), build(t)
	a.leads(b)
	b.leads(c)
	c.channel("openai-chat", nil)
	if got := a.post("openai-chat", chatBody(true), nil); got.status != 200 || got.call.Basis != gateway.Exact {
		t.Errorf("through three: %d %s", got.status, got.body)
	}
	ids := strings.Split(c.up.Journal.Entries()[0].Header.Get("X-Weir-Hop"), ", ")
	if len(ids) != 3 || ids[0] != a.relay.hop || ids[2] != c.relay.hop {
		t.Errorf("the call went through %v", ids)
	}
	d := build(t)
	e := build(t)
	d.leads(e)
	e.leads(d)
	e.channel("openai-chat", func(c *gateway.Channel) { c.Priority = -1 })
	if got := d.post("openai-chat", chatBody(false), nil); got.status != 200 {
		t.Errorf("a circle with a way out: %d %s", got.status, got.body)
	}
}

// TestHops is which requests were here before, or too often elsewhere, and who hears of it.
func TestHops(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	for _, tt := range []struct {
		name string
		hops []string
		want int
	}{
		{"none", nil, 200},
		{"another", []string{"0123456789abcdef"}, 200},
		{"this one", []string{"0123456789abcdef, " + h.relay.hop}, 508},
		{"this one in a line of its own", []string{"0123456789abcdef", h.relay.hop}, 508},
		{"seven others", []string{"1,2,3,4", " 5, 6 ,7"}, 200},
		{"eight others", []string{"1,2,3,4,5,6,7,8"}, 508},
	} {
		got := h.post("openai-chat", chatBody(false), func(r *http.Request) { r.Header["X-Weir-Hop"] = tt.hops })
		if got.status != tt.want {
			t.Errorf("%s: %d %s, want %d", tt.name, got.status, got.body, tt.want)
		}
		if tt.want == 508 && got.call.State != gateway.Refused {
			t.Errorf("%s: the call is %s", tt.name, got.call.State)
		}
	}
	h.check()
}

// TestWhoHearsOfHops: a vendor's own address does not, any other does, and so does one on this machine.
func TestWhoHearsOfHops(t *testing.T) {
	for _, tt := range []struct {
		name, provider, base string
		want                 bool
	}{
		{"a vendor", "openai", "https://api.openai.com/v1", false},
		{"a vendor's kind elsewhere", "openai", "http://127.0.0.1:4000/v1", true},
		{"a local program", "ollama", "http://127.0.0.1:11434", true},
		{"another Weir", "weir", "http://127.0.0.1:9357", true},
		{"a login's vendor", "anthropic-login", "https://api.anthropic.com/v1", false},
	} {
		p, ok := provider.ByID(tt.provider)
		to := target{provider: p, Target: route.Target{Channel: gateway.Channel{BaseURL: tt.base}}}
		if got := to.hearsOfHops(); !ok || got != tt.want {
			t.Errorf("%s hears of hops: %v, want %v", tt.name, got, tt.want)
		}
	}
}
