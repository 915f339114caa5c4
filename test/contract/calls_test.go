package contract

import (
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

func TestCall(t *testing.T) {
	u := newUpstream(t)
	a := serve(t)
	chat := a.addChannel(t, "custom-openai", u.base(), "openai", "--models", "gpt-5,gpt-5-mini,bad-request", "--map", "fast=gpt-5-mini")
	talk := a.addChannel(t, "custom-anthropic", u.base(), "anthropic", "--models", "claude-sonnet-4-6")
	key := a.addKey(t)

	for _, tt := range []struct {
		name, path, body string
		want             object
		meters           object
		lines            []string
	}{
		{
			"cached tokens of a chat lie inside its prompt tokens", chatPath, `{"model":"gpt-5","messages":[]}`,
			object{"channel_id": chat["id"], "provider": "custom-openai", "dialect": "openai-chat", "operation": "chat",
				"model": "gpt-5", "upstream_model": "gpt-5", "cost_usd": "0.001525", "cost_pico_usd": "1525000000",
				"charge_usd": "0.001525", "without_cache_usd": "0.00175", "saved_usd": "0.000225"},
			object{"input_tokens_uncached": 800, "cache_read_tokens": 200, "output_tokens": 50, "reasoning_tokens": 30},
			[]string{"input 800 at 1.25 = 0.001", "cache_read 200 at 0.125 = 0.000025", "output 50 at 10 = 0.0005"},
		},
		{
			"a mapped model is priced as the model that answered", chatPath, `{"model":"fast","messages":[]}`,
			object{"model": "fast", "upstream_model": "gpt-5-mini", "cost_usd": "0.000305"},
			object{"input_tokens_uncached": 800, "cache_read_tokens": 200, "output_tokens": 50},
			[]string{"input 800 at 0.25 = 0.0002", "cache_read 200 at 0.025 = 0.000005", "output 50 at 2 = 0.0001"},
		},
		{
			"cached tokens of a message stand beside its input tokens, each life of a write on its own line", messagesPath,
			`{"model":"claude-sonnet-4-6","max_tokens":64,"messages":[]}`,
			object{"channel_id": talk["id"], "provider": "custom-anthropic", "dialect": "anthropic", "operation": "messages",
				"cost_usd": "0.001605", "without_cache_usd": "0.00678", "saved_usd": "0.005175"},
			object{"input_tokens_uncached": 10, "cache_read_tokens": 2000, "cache_write_5m_tokens": 100, "cache_write_1h_tokens": 50, "output_tokens": 20},
			[]string{"input 10 at 3 = 0.00003", "cache_read 2000 at 0.3 = 0.0006", "cache_write_5m 100 at 3.75 = 0.000375",
				"cache_write_1h 50 at 6 = 0.0003", "output 20 at 15 = 0.0003"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reply := a.post(t, tt.path, text(t, key, "secret"), tt.body).answers(t, 200)
			call := a.do(t, "calls", "show", reply.header.Get("X-Weir-Call")).object(t)
			has(t, call, callFields...)
			prefixed(t, call, "call_")
			is(t, call, object{"key_id": key["id"], "key_name": "laptop", "stream": false, "http_status": 200, "state": "settled",
				"basis": "exact", "end": "finished", "simulated": false, "price_status": "priced", "min_usd": nil, "max_usd": nil,
				"reported_usd": nil, "flags": []any{}, "error": nil})
			is(t, call, tt.want)
			checkMeters(t, child(t, call, "meters"), tt.meters)
			checkLines(t, children(t, call, "lines"), tt.lines)
			attempts := children(t, call, "attempts")
			if len(attempts) != 1 {
				t.Fatalf("%d attempts, want 1", len(attempts))
			}
			has(t, attempts[0], "n", "channel_id", "http_status", "result", "ms")
			is(t, attempts[0], object{"n": 1, "channel_id": call["channel_id"], "http_status": 200, "result": "billed"})
			if card := text(t, call, "price_card"); card == "" {
				t.Error("price_card is empty")
			}
		})
	}
}

// checkMeters compares meters; a name that is absent on either side means 0. Beside the
// meters stands the sum of those of the prompt; reasoning is compared where it is wanted.
func checkMeters(t *testing.T, got, want object) {
	t.Helper()
	amount := func(o object, name string) int {
		n, err := strconv.Atoi(fmt.Sprint(o[name]))
		if _, ok := o[name]; ok && err != nil {
			t.Errorf("meter %s = %v, want an integer", name, o[name])
		}
		return n
	}
	names, prompt := map[string]bool{}, 0
	for name := range want {
		names[name] = true
	}
	for name := range got {
		names[name] = true
		if strings.HasPrefix(name, "input_") || strings.HasPrefix(name, "cache_") {
			prompt += amount(got, name)
		}
	}
	prompt -= amount(got, "input_tokens_total")
	want = merged(object{"input_tokens_total": prompt, "reasoning_tokens": got["reasoning_tokens"]}, want)
	for name := range names {
		if amount(got, name) != amount(want, name) {
			t.Errorf("meter %s = %d, want %d", name, amount(got, name), amount(want, name))
		}
	}
}

// merged returns both objects in one; a field that both have is the second's.
func merged(a, b object) object {
	o := maps.Clone(a)
	maps.Copy(o, b)
	return o
}

// checkLines compares lines written as "what quantity at rate = cost", rates being per million tokens.
func checkLines(t *testing.T, lines []object, want []string) {
	t.Helper()
	var got []string
	for _, l := range lines {
		has(t, l, lineFields...)
		is(t, l, object{"unit": "tokens", "per": "1000000"})
		got = append(got, fmt.Sprintf("%v %v at %v = %v", l["what"], l["quantity"], l["rate_usd"], l["cost_usd"]))
	}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("lines = %v, want %v", got, want)
	}
}

func TestUpstreamError(t *testing.T) {
	u := newUpstream(t)
	a := serve(t)
	a.addChannel(t, "custom-openai", u.base(), "openai")
	reply := a.post(t, chatPath, text(t, a.addKey(t), "secret"), `{"model":"bad-request","messages":[]}`).answers(t, 400)
	if reply.body != badRequest {
		t.Errorf("the client read %s, want the upstream's own %s", reply.body, badRequest)
	}
	call := a.do(t, "calls", "show", reply.header.Get("X-Weir-Call")).object(t)
	has(t, call, callFields...)
	is(t, call, object{"http_status": 400, "state": "released", "end": "failed", "charge_usd": "0"})
	is(t, children(t, call, "attempts")[0], object{"http_status": 400, "result": "unbilled"})
}

func TestUnpriced(t *testing.T) {
	u := newUpstream(t)
	a := serve(t)
	a.addChannel(t, "custom-openai", u.base(), "openai")
	const body = `{"model":"house-model","messages":[]}`

	reply := a.post(t, chatPath, text(t, a.addKey(t), "secret"), body).answers(t, 200)
	call := a.do(t, "calls", "show", reply.header.Get("X-Weir-Call")).object(t)
	is(t, call, object{"state": "settled", "price_status": "unpriced", "cost_usd": nil, "cost_pico_usd": nil, "price_card": nil})
	is(t, a.do(t, "quota").object(t), object{"unpriced_calls": 1})

	t.Run("a dollar limit refuses it before it is sent", func(t *testing.T) {
		sent := len(u.bodies())
		limited := text(t, a.addKey(t, "--limit", "5usd/day"), "secret")
		if got := a.post(t, chatPath, limited, body).answers(t, 402); !strings.Contains(got.body, "house-model") {
			t.Errorf("the refusal %s does not name the model", got.body)
		}
		if len(u.bodies()) != sent {
			t.Error("the call was sent all the same")
		}
		allowed := text(t, a.addKey(t, "--limit", "5usd/day", "--allow-unpriced"), "secret")
		a.post(t, chatPath, allowed, body).answers(t, 200)
	})
}

func TestCallsList(t *testing.T) {
	a := serve(t)
	if got := a.do(t, "calls").list(t); len(got) != 0 {
		t.Errorf("a new home lists %d calls", len(got))
	}
	one, two := a.addKey(t), a.addKey(t)
	var ids []string // newest first
	for i := range 6 {
		secret := text(t, []object{one, two}[i%2], "secret")
		reply := a.post(t, chatPath, secret, sandboxChat).answers(t, 200)
		ids = append([]string{reply.header.Get("X-Weir-Call")}, ids...)
	}
	since := text(t, a.do(t, "calls", "show", ids[3]).object(t), "started_at")
	var later []string // those that began in the same millisecond belong to it
	for _, call := range a.do(t, "calls").list(t) {
		if text(t, call, "started_at") >= since {
			later = append(later, text(t, call, "id"))
		}
	}
	for _, tt := range []struct {
		name string
		args string
		want []string
	}{
		{"all, newest first", "", ids},
		{"a limit", "--limit 2", ids[:2]},
		{"after a call come the older ones", "--limit 2 --after " + ids[1], ids[2:4]},
		{"after the oldest comes nothing", "--after " + ids[5], nil},
		{"since a time", "--since " + since, later},
		{"of a key", "--key " + text(t, two, "id"), []string{ids[0], ids[2], ids[4]}},
		{"in a state", "--state settled", ids},
		{"in a state that none is in", "--state open", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, call := range a.do(t, append([]string{"calls"}, strings.Fields(tt.args)...)...).list(t) {
				has(t, call, callFields...)
				got = append(got, text(t, call, "id"))
			}
			if strings.Join(got, " ") != strings.Join(tt.want, " ") {
				t.Errorf("calls %s = %v, want %v", tt.args, got, tt.want)
			}
		})
	}
	is(t, weir(t, a.home, "", "calls", "show", "call_none", "--json").exits(t, 1).failure(t), object{"kind": "not_found"})
}

func TestSandbox(t *testing.T) {
	a := serve(t)
	secret := text(t, a.addKey(t), "secret")
	for path, body := range map[string]string{chatPath: sandboxChat, messagesPath: sandboxTalk} {
		reply := a.post(t, path, secret, body).answers(t, 200)
		call := a.do(t, "calls", "show", reply.header.Get("X-Weir-Call")).object(t)
		has(t, call, callFields...)
		is(t, call, object{"simulated": true, "state": "settled", "basis": "exact", "price_status": "priced"})
	}
}

func TestReplyHeaders(t *testing.T) {
	u := newUpstream(t)
	a := serve(t)
	ch := a.addChannel(t, "custom-openai", u.base(), "openai")
	free, limited := a.addKey(t), a.addKey(t, "--limit", "5usd/day")
	const body = `{"model":"gpt-5","messages":[]}`

	is(t, ours(a.post(t, chatPath, text(t, free, "secret"), body)), object{"X-Weir-Call": "call_", "X-Weir-Channel": ch["id"]})
	got := ours(a.post(t, chatPath, text(t, limited, "secret"), body))
	has(t, got, "X-Weir-Call", "X-Weir-Channel", "X-Weir-Quota-Left")
	if len(got) != 3 {
		t.Errorf("headers of ours = %v, want three", got)
	}
	if got := ours(a.post(t, chatPath, "sk-weir-nobody", body).answers(t, 401)); len(got) != 0 {
		t.Errorf("headers of ours without a key = %v, want none", got)
	}
}

// ours returns the headers that the relay adds, call ids cut to their prefix.
func ours(r reply) object {
	o := object{}
	for name := range r.header {
		if strings.HasPrefix(name, http.CanonicalHeaderKey("x-weir-")) {
			o[name] = r.header.Get(name)
		}
	}
	if id, ok := o["X-Weir-Call"].(string); ok && strings.HasPrefix(id, "call_") {
		o["X-Weir-Call"] = "call_"
	}
	return o
}

func TestRefusedAtTheDoor(t *testing.T) {
	a := serve(t)
	secret := text(t, a.addKey(t), "secret")
	for _, tt := range []struct {
		name   string
		change func(*http.Request)
		status int
	}{
		{"no key", func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		{"an unknown key", func(r *http.Request) { r.Header.Set("Authorization", "Bearer sk-weir-nobody") }, 401},
		{"a foreign Host", func(r *http.Request) { r.Host = "evil.example" }, 403},
		{"a foreign Origin", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403},
		{"a page of another site", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req, _ := http.NewRequest("POST", a.relay+chatPath, strings.NewReader(sandboxChat))
			req.Header.Set("Authorization", "Bearer "+secret)
			tt.change(req)
			reply := send(t, req).answers(t, tt.status)
			if reply.header.Get("Access-Control-Allow-Origin") != "" {
				t.Error("the reply allows another origin to read it")
			}
		})
	}
	if got := a.do(t, "calls").list(t); len(got) != 0 {
		t.Errorf("%d calls are in the list, want none", len(got))
	}
}
