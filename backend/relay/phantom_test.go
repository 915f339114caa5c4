package relay

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/backend/access"
	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/store"
	"weir/billing"
)

// shared puts the house's key into a group, and limits and paces on the key, the group and the account.
func (h *house) shared(edit func(*access.Change), texts ...string) {
	h.t.Helper()
	must := func(err error) {
		h.t.Helper()
		if err != nil {
			h.t.Fatal(err)
		}
	}
	pace := gateway.Pace{Requests: 1000, Tokens: 1 << 40, Running: 100}
	g, err := h.access.CreateGroup(h.t.Context(), "Team", pace)
	must(err)
	change := access.Change{GroupID: &g.ID, Pace: &pace}
	if edit != nil {
		edit(&change)
	}
	h.key, err = h.access.Update(h.t.Context(), h.key.ID, change)
	must(err)
	must(h.access.SetAccountPace(h.t.Context(), pace))
	for scope, id := range map[gateway.Scope]string{gateway.ScopeKey: h.key.ID, gateway.ScopeGroup: g.ID, gateway.ScopeAccount: ""} {
		limits := texts
		if scope != gateway.ScopeKey || texts == nil {
			limits = []string{"1000usd/day", "100000000tokens/week", "1000calls/total"}
		}
		h.limits(scope, id, limits...)
	}
}

func (h *house) limits(scope gateway.Scope, id string, texts ...string) {
	h.t.Helper()
	var limits []gateway.Limit
	for _, text := range texts {
		l, err := ledger.ParseLimit(text, "UTC")
		if err != nil {
			h.t.Fatal(err)
		}
		limits = append(limits, l)
	}
	if err := h.ledger.SetLimits(context.Background(), scope, id, limits); err != nil {
		h.t.Fatal(err)
	}
}

// phantoms lists what limits hold and paces count of calls that run no more.
func (h *house) phantoms() (found []string) {
	h.t.Helper()
	for scope, id := range map[gateway.Scope]string{gateway.ScopeKey: h.key.ID, gateway.ScopeGroup: h.key.GroupID, gateway.ScopeAccount: ""} {
		uses, err := h.ledger.Uses(context.Background(), scope, id, false)
		if err != nil || len(uses) == 0 {
			h.t.Fatalf("%d limits of the %s, %v", len(uses), scope, err)
		}
		for _, u := range uses {
			if u.Held != 0 {
				found = append(found, fmt.Sprintf("the %s's %s holds %d", scope, u.Unit, u.Held))
			}
		}
		if n := h.relay.pace.Running(scope, id, false); n != 0 {
			found = append(found, fmt.Sprintf("%d run for the %s", n, scope))
		}
	}
	return found
}

// lookForPhantoms looks until nothing is held, as often as one can within so long: a machine that
// is busy elsewhere looks more slowly, too.
func (h *house) lookForPhantoms(within time.Duration) {
	h.t.Helper()
	const pause = 2 * time.Millisecond
	for looks := within / pause; ; looks-- {
		found := h.phantoms()
		if len(found) == 0 {
			break
		}
		time.Sleep(pause)
		if looks == 0 {
			h.t.Fatalf("%v after its end %s", within, strings.Join(found, ", "))
		}
	}
	if err := h.ledger.Check(context.Background()); err != nil {
		h.t.Error(err)
	}
}

// A mishap is one way in which a call does not end well.
type mishap struct {
	name string
	do   func(h *house)
}

// scripted has the upstream fail in one of its ways.
func scripted(mode string, stream bool) mishap {
	return mishap{fmt.Sprintf("upstream %s, streamed %v", mode, stream), func(h *house) {
		h.script(mode)
		h.post("anthropic", bodyFor("anthropic", stream), nil)
	}}
}

func (h *house) script(mode string) {
	h.t.Helper()
	if err := h.up.Script(mode); err != nil {
		h.t.Fatal(err)
	}
}

// TestNoPhantomRefusals: after each failure nothing is held within a second, in no limit and no pace of any scope.
func TestNoPhantomRefusals(t *testing.T) {
	all := []mishap{
		scripted("ok", true), scripted("ok", false), scripted("400", false), scripted("401", false), scripted("429?ra=30", true),
		scripted("500", false), scripted("503", true), scripted("529", false), scripted("html?code=502", false), scripted("captive", true),
		scripted("empty200", false), scripted("redirect-steal?code=307", false), scripted("close-before-headers", false),
		scripted("close-before-headers", true), scripted("cut?at=0", true), scripted("cut?at=4", true), scripted("rst?at=4", true),
		scripted("stall?at=4", true), scripted("ping-forever", true), scripted("slow-header?wait=60s", false), scripted("sse-error-first", true),
		scripted("sse-error-mid?at=3", true), scripted("no-stop", true), scripted("no-usage", false), scripted("usage-string", false),
		scripted("usage-negative", true), scripted("json-in-sse", true), scripted("bigline?mb=2", true),
		{"nobody listens", nobodyListens}, {"the client leaves before the first byte", leavesEarly}, {"the client leaves midway", leavesMidway},
		{"the client never reads and hangs up", neverReads}, {"a bug before anything is held", func(h *house) { h.relay.Book = nil; h.breaksOff() }},
		{"a bug once all is held", func(h *house) { h.relay.Upstream = nil; h.breaksOff() }}, {"a bug in its bill", cannotBeBilled},
		{"Weir is stopped", isStopped},
	}
	for _, tt := range all {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := build(t)
			h.channel("anthropic", nil)
			h.shared(nil)
			h.relay.Waits = Waits{Header: 400 * time.Millisecond, StreamHeader: 400 * time.Millisecond, Idle: 300 * time.Millisecond, FirstFrame: 100 * time.Millisecond}
			tt.do(h)
			h.lookForPhantoms(time.Second)
		})
	}
}

func nobodyListens(h *house) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	l.Close()
	h.channel("openai-chat", func(ch *gateway.Channel) { ch.BaseURL = "http://" + l.Addr().String() })
	h.post("openai-chat", chatBody(true), nil)
}

// leaves sends a call and hangs up once the upstream has written so many events.
func (h *house) leaves(events int) {
	ctx, cancel := context.WithCancel(h.t.Context())
	h.post("anthropic", bodyFor("anthropic", true), func(r *http.Request) {
		*r = *r.WithContext(ctx)
		go func() {
			for h.up.Journal.Len() == 0 || h.up.Journal.Entries()[0].Events < events {
				time.Sleep(time.Millisecond)
			}
			cancel()
		}()
	})
}

func leavesEarly(h *house) {
	h.relay.Waits = UsualWaits()
	h.script("slow-header?wait=60s")
	h.leaves(0)
}

func leavesMidway(h *house) {
	h.relay.Waits = UsualWaits()
	h.script("ok?chunks=2000&delay=5&in=500&out=400")
	h.leaves(5)
}

// neverReads asks for a long reply over a connection of its own, reads nothing of it and hangs up.
func neverReads(h *house) {
	h.script("bigline?mb=16")
	c, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		h.t.Fatal(err)
	}
	body := bodyFor("anthropic", true)
	fmt.Fprintf(c, "POST /v1/messages HTTP/1.1\r\nHost: %s\r\nX-Api-Key: %s\r\nAnthropic-Version: 2023-06-01\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		strings.TrimPrefix(h.url, "http://"), h.secret, len(body), body)
	for h.up.Journal.Len() == 0 {
		time.Sleep(time.Millisecond)
	}
	c.Close()
}

// breaksOff sends a call whose connection ends without a reply.
func (h *house) breaksOff() {
	if got := h.post("anthropic", bodyFor("anthropic", false), nil); got.err == nil {
		h.t.Errorf("a bug was answered with %d: %s", got.status, got.body)
	}
}

// cannotBeBilled has billing break down once the upstream has answered: the reply passes, and what was set aside is
// charged.
func cannotBeBilled(h *house) {
	h.relay.Waits = UsualWaits()
	book := h.relay.Book
	h.relay.Book = func() *billing.Book {
		if h.up.Journal.Len() > 0 {
			panic("a bug in billing")
		}
		return book()
	}
	got := h.post("anthropic", bodyFor("anthropic", true), nil)
	if entry := h.up.Journal.Entries()[0]; got.err != nil || !bytes.Equal(got.body, entry.Written) {
		h.t.Errorf("the client got %q, %v, want the upstream's reply", got.body, got.err)
	}
	c := got.call
	if c.State != gateway.Settled || c.Bill.Status != billing.Unpriced || c.Bill.Total != nil || !slices.Contains(c.Bill.Flags, heldCharge) {
		h.t.Errorf("the call is %s, its bill %+v", c.State, c.Bill)
	}
	if c.Charge.Pico() <= 0 || c.Min.Pico() != 0 || c.Max.Pico() != c.Charge.Pico() || c.Usage == nil {
		h.t.Errorf("charged %s, between %s and %s, by %s: want what was held", c.Charge, c.Min, c.Max, c.Usage)
	}
	h.relay.Book = book
}

func isStopped(h *house) {
	h.relay.Waits = UsualWaits()
	h.script("ok?chunks=2000&delay=20&in=500&out=400")
	done := make(chan sent, 1)
	go func() { done <- h.post("anthropic", bodyFor("anthropic", true), nil) }()
	for h.up.Journal.Len() == 0 || h.up.Journal.Entries()[0].Events < 3 {
		time.Sleep(time.Millisecond)
	}
	drained := h.relay.Drain()
	h.relay.Stop()
	<-done
	<-drained
}

// TestNoPhantomsAtTheLimit: the same of calls that a limit or a pace refuses, cuts, clamps or lets run over it.
func TestNoPhantomsAtTheLimit(t *testing.T) {
	cut := func(c *access.Change) { policy := gateway.Cut; c.OnLimit = &policy }
	clamp := func(c *access.Change) { on := true; c.Clamp = &on }
	long := strings.Replace(bodyFor("anthropic", true), `"max_tokens":100`, `"max_tokens":90000`, 1)
	for _, tt := range []struct {
		name   string
		edit   func(*access.Change)
		limit  string
		status int
		end    gateway.End
	}{
		{"refused", nil, "0.0001usd/day", 402, gateway.WasRefused},
		{"refused although it clamps", clamp, "0.0001usd/day", 402, gateway.WasRefused},
		{"runs over it", nil, "0.1usd/day", 200, gateway.Finished},
		{"cut at it", cut, "0.1usd/day", 200, gateway.Failed},
		{"clamped to it", clamp, "0.1usd/day", 200, gateway.Finished},
		{"too many tokens", nil, "10tokens/day", 402, gateway.WasRefused},
		{"too fast", func(c *access.Change) { c.Pace = &gateway.Pace{Tokens: 1} }, "", 413, gateway.WasRefused},
		{"too dear", func(c *access.Change) { n := int64(1); c.MostPerCall = &n }, "", 402, gateway.WasRefused},
		{"a model that it may not use", func(c *access.Change) { c.Denied = &[]string{"*"} }, "", 403, gateway.WasRefused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := build(t)
			h.channel("anthropic", nil)
			var texts []string
			if tt.limit != "" {
				texts = []string{tt.limit}
			}
			h.shared(tt.edit, texts...)
			h.script("bigline?mb=1&chunks=400")
			got := h.post("anthropic", long, nil)
			if got.status != tt.status || got.call.End != tt.end {
				t.Errorf("%d, %s: %.300s, want %d, %s", got.status, got.call.End, got.body, tt.status, tt.end)
			}
			h.lookForPhantoms(time.Second)
		})
	}
}

// TestNoPhantomsOfASlowDisk: what the ledger could not take in time is settled once it can.
func TestNoPhantomsOfASlowDisk(t *testing.T) {
	h := build(t)
	h.channel("anthropic", nil)
	h.shared(nil)
	h.up.Gate.Shut()
	done := make(chan sent, 1)
	go func() { done <- h.post("anthropic", bodyFor("anthropic", true), nil) }()
	if err := h.up.Gate.Wait(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	free, stuck := make(chan struct{}), make(chan struct{})
	blocked := h.store.Send(context.Background(), func(*store.Tx) error { close(stuck); <-free; return nil })
	<-stuck
	h.up.Gate.Open()
	for spilled := []string(nil); len(spilled) == 0; time.Sleep(time.Millisecond) { // until the ledger's patience is over
		spilled, _ = filepath.Glob(filepath.Join(h.home, "spill", "*.json"))
	}
	if n := h.relay.pace.Running(gateway.ScopeKey, h.key.ID, false); n != 0 {
		t.Errorf("%d run while the ledger is written", n)
	}
	close(free)
	if err := <-blocked; err != nil {
		t.Fatal(err)
	}
	h.lookForPhantoms(3 * time.Second) // the ledger looks each second for what was spilled
	if got := <-done; got.status != 200 || got.call.State != gateway.Settled {
		t.Errorf("%d, %s", got.status, got.call.State)
	}
}
