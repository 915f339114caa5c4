package reuse

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/billing"
)

// A world is a Watch over a home of its own, and providers whose caches follow the vendors' rules.
type world struct {
	t     *testing.T
	home  string
	st    *store.Store
	watch *Watch
	book  *billing.Book
	now   time.Time
	calls int
	cache map[string]time.Time // what the providers hold, until when
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, home: t.TempDir(), now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), cache: map[string]time.Time{}}
	var err error
	if w.book, err = billing.ShippedBook(); err != nil {
		t.Fatal(err)
	}
	w.open()
	t.Cleanup(w.close)
	return w
}

func (w *world) open() {
	w.t.Helper()
	var err error
	if w.st, err = store.Open(context.Background(), w.home); err != nil {
		w.t.Fatal(err)
	}
	clock := func() time.Time { return w.now }
	if w.watch, err = Open(context.Background(), w.st, Options{Home: w.home, Now: clock, Log: slog.New(slog.DiscardHandler)}); err != nil {
		w.t.Fatal(err)
	}
	if err := w.watch.Flush(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) close() {
	if err := w.watch.Close(); err != nil {
		w.t.Error(err)
	}
	if err := w.st.Close(); err != nil {
		w.t.Error(err)
	}
}

func (w *world) restart() { w.close(); w.open() }

func (w *world) wait(d time.Duration) { w.now = w.now.Add(d) }

// evict makes the providers forget, as they may.
func (w *world) evict() { clear(w.cache) }

// A part is one block of a prompt.
type part1 struct {
	kind string // text, call, result, think, picture
	text string
	mark string // 5m, 1h
}

type turn struct {
	role  string
	parts []part1
}

// A talk is a conversation as a client has it.
type talk struct {
	dialect, provider, model  string
	key, channel, providerKey string
	tools                     []string
	system                    []part1
	turns                     []turn
	settings                  map[string]string // raw JSON
	ttl                       string            // of the breakpoint at the end; empty: there is none
	systemTTL                 string
	unknown                   bool // the reply was cut
}

func text(of string, words int) string { return of + strings.Repeat(" "+of, words) }

// claude is an assistant that marks its system prompt and its last block, as most do.
func claude() *talk {
	return &talk{dialect: "anthropic", provider: "anthropic", model: "claude-sonnet-4-5", key: "key_1", channel: "ch_1", providerKey: "pk_1",
		tools: []string{text("read", 200), text("write", 200), text("run", 200)}, system: []part1{{"text", text("careful", 300), ""}, {"text", text("folder", 300), ""}},
		turns: []turn{user(text("task", 400))}, ttl: "5m", systemTTL: "5m", settings: map[string]string{}}
}

func openai(dialect string) *talk {
	return &talk{dialect: dialect, provider: "openai", model: "gpt-5", key: "key_1", channel: "ch_2", providerKey: "pk_2",
		tools: []string{text("read", 200), text("write", 200)}, system: []part1{{"text", text("careful", 900), ""}},
		turns: []turn{user(text("task", 400))}, settings: map[string]string{}}
}

func gemini() *talk {
	c := openai("gemini")
	c.provider, c.model, c.channel = "google", "gemini-2.5-pro", "ch_3"
	c.system = []part1{{"text", text("careful", 3000), ""}}
	return c
}

func user(texts ...string) turn {
	t := turn{role: "user"}
	for _, s := range texts {
		t.parts = append(t.parts, part1{"text", s, ""})
	}
	return t
}

// next adds the model's answer and what the client says to it.
func (c *talk) next(name string) *talk {
	c.turns = append(c.turns, turn{"assistant", []part1{{"text", text("answer"+name, 150), ""}}}, user(text("ask"+name, 100)))
	return c
}

// step adds a tool's call and its result.
func (c *talk) step(name string) *talk {
	c.turns = append(c.turns, turn{"assistant", []part1{{"call", "run" + name, ""}}}, turn{"user", []part1{{"result", text("out"+name, 150), ""}}})
	return c
}

// fork is the same conversation, to be gone on with apart.
func (c *talk) fork() *talk {
	o := *c
	o.tools, o.system, o.turns = slices.Clone(c.tools), slices.Clone(c.system), nil
	for _, t := range c.turns {
		o.turns = append(o.turns, turn{t.role, slices.Clone(t.parts)})
	}
	o.settings = map[string]string{}
	for k, v := range c.settings {
		o.settings[k] = v
	}
	return &o
}

// A unit is a block as the provider's cache sees it.
type unit struct {
	content string
	tokens  int64
	ttl     time.Duration // of a breakpoint here; 0: there is none
}

var ttls = map[string]time.Duration{"5m": 5 * time.Minute, "1h": time.Hour}

func tokensOf(s string) int64 { return int64(len(s)+3) / 4 }

// units are the prompt in the order of caches. Settings that change the messages stand before them.
func (c *talk) units() (all []unit) {
	for _, t := range c.tools {
		all = append(all, unit{"tool " + t, tokensOf(t), 0})
	}
	for i, p := range c.system {
		u := unit{"system " + p.text, tokensOf(p.text), 0}
		if i == len(c.system)-1 {
			u.ttl = ttls[c.systemTTL]
		}
		all = append(all, u)
	}
	before := ""
	for _, name := range []string{"tool_choice", "thinking", "speed", "response_format", "text", "reasoning_effort"} {
		before += c.settings[name]
	}
	for i, t := range c.turns {
		for j, p := range t.parts {
			u := unit{before + t.role + p.kind + p.text, tokensOf(p.text) + 5, ttls[p.mark]}
			if i == len(c.turns)-1 && j == len(t.parts)-1 {
				u.ttl = ttls[c.ttl]
			}
			all = append(all, u)
		}
	}
	return all
}

// serve is what the provider's cache does with a request.
func (w *world) serve(c *talk) (u billing.Usage) {
	units := c.units()
	prefix, sums, total := make([]string, len(units)), make([]int64, len(units)), int64(0)
	at := c.channel + "|" + c.model + "|" + c.settings["prompt_cache_key"]
	for i, x := range units {
		at += "\x00" + x.content
		total += x.tokens
		prefix[i], sums[i] = at, total
	}
	u[billing.Output] = 50
	if c.provider == "anthropic" {
		w.marked(units, prefix, sums, &u)
		return u
	}
	keep, shortest := 10*time.Minute, int64(1024)
	if c.provider == "google" {
		keep, shortest = time.Hour, 4096
	}
	if strings.HasPrefix(c.settings["prompt_cache_retention"], `"24h`) {
		keep = 24 * time.Hour
	}
	for i := range slices.Backward(units) {
		if sums[i] >= shortest && w.cache[prefix[i]].After(w.now) {
			u[billing.CacheRead] = sums[i] / 128 * 128
			break
		}
	}
	for i := range units {
		w.cache[prefix[i]] = w.now.Add(keep)
	}
	u[billing.Input] = total - u[billing.CacheRead]
	return u
}

// marked follows Anthropic's rules: what is marked is kept, and found from a mark at most twenty blocks back.
func (w *world) marked(units []unit, prefix []string, sums []int64, u *billing.Usage) {
	hit, last := -1, -1
	for i := range units {
		if units[i].ttl == 0 {
			continue
		}
		last = i
		for back := i; back >= 0 && i-back < 20; back-- {
			if w.cache[prefix[back]].After(w.now) {
				hit = max(hit, back)
				break
			}
		}
	}
	got := int64(0)
	if hit >= 0 {
		got = sums[hit]
	}
	for i := range units {
		if ttl := units[i].ttl; ttl > 0 && sums[i] >= 1024 && (i > hit || w.cache[prefix[i]].After(w.now)) {
			w.cache[prefix[i]] = w.now.Add(ttl)
		}
	}
	wrote := int64(0)
	if last > hit && sums[last] >= 1024 {
		wrote = sums[last] - got
	}
	u[billing.CacheRead], u[billing.Input] = got, sums[len(sums)-1]-got-wrote
	if units[max(last, 0)].ttl == time.Hour {
		u[billing.CacheWrite1h] = wrote
	} else {
		u[billing.CacheWrite5m] = wrote
	}
}

// A running call is one whose reply did not end yet.
type running struct {
	call Call
}

// begin sends a request; end settles it.
func (w *world) begin(c *talk) *running {
	w.calls++
	u := w.serve(c)
	cs := billing.Case{Provider: c.provider, Endpoint: "messages", Model: c.model, At: w.now, Usage: json.RawMessage(`{}`)}
	return &running{Call{ID: fmt.Sprintf("call_%04d", w.calls), KeyID: c.key, ChannelID: c.channel, ProviderKey: c.providerKey, Provider: c.provider,
		Dialect: c.dialect, Model: c.model, Upstream: c.model, StartedAt: w.now, Known: !c.unknown, Usage: u, Body: c.body(), Release: func() {},
		Price: func(u billing.Usage) *billing.Money { return w.book.Otherwise(cs, u) }}}
}

// end settles a call and returns what is said of it.
func (w *world) end(r *running) *Explanation {
	w.t.Helper()
	r.call.EndedAt = w.now
	if w.watch.Wants(gateway.Messages, r.call.Usage) {
		w.watch.Tell(r.call)
	}
	if err := w.watch.Flush(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	basis := gateway.Exact
	if !r.call.Known {
		basis = gateway.Partial
	}
	e, err := w.watch.Explain(context.Background(), gateway.Call{ID: r.call.ID, State: gateway.Settled, Basis: basis, Op: gateway.Messages,
		Provider: r.call.Provider, UpstreamModel: r.call.Upstream, Bill: billing.Bill{Usage: r.call.Usage}})
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// say makes a call of five seconds and checks what is said of it; "" is nothing.
func (w *world) say(c *talk, want Cause) *Explanation {
	w.t.Helper()
	r := w.begin(c)
	w.wait(5 * time.Second)
	e := w.end(r)
	w.wait(10 * time.Second)
	got := Cause("")
	if e != nil {
		got = e.Cause
	}
	if got != want {
		w.t.Errorf("%s: said %q (%+v), want %q; read %d, wrote %d of %d", r.call.ID, got, e, want, read(r.call.Usage), written(r.call.Usage), r.call.Usage.Prompt())
	}
	return e
}
