package relay

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"weir/backend/gateway"
)

// TestOverrides is what a channel sets in requests, and that nothing else of them changes.
func TestOverrides(t *testing.T) {
	const body = `{ "model":"gpt-5", "seed": 1e0, "user":"u","x":{"y":[1, 2]},  "messages":[{"role":"user","content":"Grüße 水"}] }`
	for _, tt := range []struct {
		name, kind, want string
		params           map[string]string
		headers          map[string]string
		header           http.Header
	}{
		{"nothing is set", "application/json", body, nil, nil, http.Header{"X-App": {"theirs"}, "User-Agent": {"client/1"}}},
		{"values take the place of others, are added and taken away", "application/json",
			`{ "model":"gpt-5", "seed": 7,"x":{"y":[1, 2],"z":{"a":true}},  "messages":[{"role":"user","content":"Grüße 水"}],"top_p":0.5 }`,
			map[string]string{"seed": "7", "user": "null", "x.z.a": "true", "top_p": "0.5"}, nil, http.Header{"X-App": {"theirs"}}},
		{"a body without a content type is JSON", "", strings.Replace(body, "1e0", "2", 1), map[string]string{"seed": "2"}, nil, nil},
		{"headers are set and taken away", "application/json", body, nil, map[string]string{"X-App": "ours", "X-New": "new", "X-Theirs": "", "User-Agent": ""},
			http.Header{"X-App": {"ours"}, "X-New": {"new"}, "X-Theirs": nil, "User-Agent": nil}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t)
			h.add(upstreamKey, func(c *gateway.Channel) {
				c.Headers, c.Params = tt.headers, map[string]json.RawMessage{}
				for path, value := range tt.params {
					c.Params[path] = json.RawMessage(value)
				}
			})
			got := h.post("openai-chat", body, func(r *http.Request) {
				r.Header.Set("X-App", "theirs")
				r.Header.Set("X-Theirs", "theirs")
				r.Header.Set("User-Agent", "client/1")
				r.Header.Del("Content-Type")
				if tt.kind != "" {
					r.Header.Set("Content-Type", tt.kind)
				}
			})
			if got.status != 200 {
				t.Fatalf("status %d: %s", got.status, got.body)
			}
			e := h.up.Journal.Entries()[0]
			if string(e.Body) != tt.want {
				t.Errorf("the upstream got\n%s, want\n%s", e.Body, tt.want)
			}
			if e.Header.Get("Authorization") != "Bearer "+upstreamKey {
				t.Error("the key is not the channel's")
			}
			for name, want := range tt.header {
				if got := e.Header.Values(name); strings.Join(got, "|") != strings.Join(want, "|") {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			h.check()
		})
	}
}

// TestOverridesAreHeldFor: what a channel makes of a request decides what is set aside for it.
func TestOverridesAreHeldFor(t *testing.T) {
	h := build(t)
	h.limit("0.05usd/total")
	h.add(upstreamKey, func(c *gateway.Channel) {
		c.Params = map[string]json.RawMessage{"max_completion_tokens": json.RawMessage("100000"), "n": json.RawMessage("50")}
	})
	body := strings.Replace(chatBody(false), "{", `{"max_completion_tokens":5,`, 1)
	if got := h.post("openai-chat", body, nil); got.status != 402 || h.up.Journal.Len() != 0 {
		t.Errorf("a call that a channel makes dear got %d", got.status)
	}
	h.check()
}

func TestPatienceOfAChannel(t *testing.T) {
	h := build(t)
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer slow.Close()
	ch := h.channel("openai-chat", func(c *gateway.Channel) {
		c.BaseURL, c.Timeouts = slow.URL, gateway.Timeouts{Header: 50 * time.Millisecond, StreamHeader: time.Minute}
	})
	if got := h.post("openai-chat", chatBody(false), nil); got.status != 504 {
		t.Errorf("a plain reply that keeps silent: %d %s", got.status, got.body)
	}
	ch.Timeouts = gateway.Timeouts{Header: time.Minute, StreamHeader: 50 * time.Millisecond}
	if _, err := h.channels.Update(t.Context(), ch, ""); err != nil {
		t.Fatal(err)
	}
	if got := h.post("openai-chat", chatBody(true), nil); got.status != 504 {
		t.Errorf("a stream that keeps silent: %d %s", got.status, got.body)
	}
	h.check()
}

// TestOwnProxy: a channel with a proxy is reached through it and in no other way.
func TestOwnProxy(t *testing.T) {
	h := build(t)
	var login atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		login.Store(r.Header.Get("Proxy-Authorization"))
		r.RequestURI = ""
		r.Header.Del("Proxy-Authorization")
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
	}))
	defer proxy.Close()
	through := strings.Replace(proxy.URL, "://", "://user:pass@", 1)
	ch := h.channel("openai-chat", func(c *gateway.Channel) { c.Proxy = through })
	if got := h.post("openai-chat", chatBody(false), nil); got.status != 200 || login.Load() != "Basic dXNlcjpwYXNz" {
		t.Errorf("through the proxy: %d, its login %q", got.status, login.Load())
	}
	for _, e := range h.up.Journal.Entries() {
		if e.Header.Get("Proxy-Authorization") != "" {
			t.Error("the proxy's password reached the upstream")
		}
	}
	ch.Proxy = "http://127.0.0.1:1"
	ch, err := h.channels.Update(t.Context(), ch, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := h.post("openai-chat", chatBody(false), nil); got.status != 502 || strings.Contains(string(got.body), "pass") {
		t.Errorf("with a dead proxy: %d %s", got.status, got.body)
	}
	ch.Proxy = gateway.Direct
	if _, err := h.channels.Update(t.Context(), ch, ""); err != nil {
		t.Fatal(err)
	}
	if got := h.post("openai-chat", chatBody(false), nil); got.status != 200 {
		t.Errorf("without one: %d %s", got.status, got.body)
	}
	h.check()
}

// TestSocksProxy: a socks5h proxy looks up the host's name itself.
func TestSocksProxy(t *testing.T) {
	h := build(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	asked := make(chan string, 1)
	go serveSocks(l, strings.TrimPrefix(h.up.URL, "http://"), asked)
	h.channel("openai-chat", func(c *gateway.Channel) {
		c.BaseURL, c.Proxy = "http://upstream.invalid:8080/openai/v1", "socks5h://"+l.Addr().String()
	})
	got := h.post("openai-chat", chatBody(false), nil)
	if got.status != 200 {
		t.Fatalf("status %d: %s", got.status, got.body)
	}
	if name := <-asked; name != "upstream.invalid" {
		t.Errorf("the proxy was asked for %q", name)
	}
	h.check()
}

// serveSocks takes one connection (RFC 1928), tells the name that it asks for, and leads it to an address.
func serveSocks(l net.Listener, to string, asked chan<- string) {
	c, err := l.Accept()
	if err != nil {
		return
	}
	defer c.Close()
	buf := make([]byte, 300)
	read := func(n int) []byte {
		if _, err := io.ReadFull(c, buf[:n]); err != nil {
			return make([]byte, n)
		}
		return buf[:n]
	}
	read(int(read(2)[1]))
	_, _ = c.Write([]byte{5, 0})
	if read(4)[3] != 3 {
		asked <- "an address"
		return
	}
	asked <- string(read(int(read(1)[0])))
	read(2)
	_, _ = c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	up, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer up.Close()
	go func() { _, _ = io.Copy(up, c) }()
	_, _ = io.Copy(c, up)
}
