package provider

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"weir/backend/gateway"
)

// lanes are operations as their dialects have them.
var lanes = map[gateway.Op]struct{ dialect, path string }{
	gateway.Chat:        {"openai-chat", "/chat/completions"},
	gateway.Messages:    {"anthropic", "/messages"},
	gateway.CountTokens: {"anthropic", "/messages/count_tokens"},
}

func urlOf(p Provider, base string, op gateway.Op, query string) (string, error) {
	return URL(p, base, lanes[op].dialect, Operation{Op: op, Path: lanes[op].path}, query)
}

func TestURL(t *testing.T) {
	for _, tt := range []struct {
		name, id, base string
		op             gateway.Op
		query, want    string
	}{
		{"the default", "anthropic", "", gateway.Messages, "", "https://api.anthropic.com/v1/messages"},
		{"the client's query is kept", "anthropic", "", gateway.Messages, "beta=true", "https://api.anthropic.com/v1/messages?beta=true"},
		{"as it is written", "openai", "", gateway.Chat, "a=%2F+b&&c&%zz=1", "https://api.openai.com/v1/chat/completions?a=%2F+b&c"},
		{"without keys", "openai", "", gateway.Chat, "key=s&API_KEY=s&api%2Dkey=s&x=1&access_token=s", "https://api.openai.com/v1/chat/completions?x=1"},
		{"counting has its own path", "anthropic", "", gateway.CountTokens, "", "https://api.anthropic.com/v1/messages/count_tokens"},
		{"a base with its version", "custom-openai", "http://127.0.0.1:8000/v1", gateway.Chat, "", "http://127.0.0.1:8000/v1/chat/completions"},
		{"without it", "custom-openai", "http://127.0.0.1:8000", gateway.Chat, "", "http://127.0.0.1:8000/v1/chat/completions"},
		{"with a slash", "custom-openai", " http://127.0.0.1:8000/v1// ", gateway.Chat, "", "http://127.0.0.1:8000/v1/chat/completions"},
		{"with the version twice", "custom-openai", "http://h/v1/v1/", gateway.Chat, "", "http://h/v1/chat/completions"},
		{"with the whole path", "custom-openai", "http://h/v1/chat/completions", gateway.Chat, "", "http://h/v1/chat/completions"},
		{"with another operation's path", "custom-anthropic", "http://h/v1/messages/", gateway.CountTokens, "", "http://h/v1/messages/count_tokens"},
		{"another version", "custom-openai", "https://api.z.ai/api/paas/v4", gateway.Chat, "", "https://api.z.ai/api/paas/v4/chat/completions"},
		{"a version before the end, OpenAI's way", "custom-openai", "https://h/v1beta/openai/", gateway.Chat, "", "https://h/v1beta/openai/chat/completions"},
		{"a version before the end, Anthropic's way", "custom-anthropic", "https://h/v1/account/anthropic", gateway.Messages, "", "https://h/v1/account/anthropic/v1/messages"},
		{"a path below the host", "custom-anthropic", "https://api.deepseek.com/anthropic", gateway.Messages, "", "https://api.deepseek.com/anthropic/v1/messages"},
		{"a name that looks like a version", "custom-openai", "https://h/v1x", gateway.Chat, "", "https://h/v1x/v1/chat/completions"},
		{"the base's own query comes first", "custom-openai", "https://h/v1?api-version=1", gateway.Chat, "beta=true", "https://h/v1/chat/completions?api-version=1&beta=true"},
		{"a fragment goes", "custom-openai", "https://h/v1#x", gateway.Chat, "", "https://h/v1/chat/completions"},
		{"escapes stay", "custom-openai", "https://h/a%2Fb/v1", gateway.Chat, "", "https://h/a%2Fb/v1/chat/completions"},
		{"a query cannot change the destination", "custom-openai", "https://h/v1", gateway.Chat, "@evil/../x#y", "https://h/v1/chat/completions?@evil/../x#y"},
		{"the sandbox serves both dialects", "sandbox", "", gateway.Messages, "", "http://sandbox.invalid/v1/messages"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, ok := ByID(tt.id)
			if !ok {
				t.Fatal("no such provider")
			}
			if got, err := urlOf(p, tt.base, tt.op, tt.query); err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestCheckBase(t *testing.T) {
	for _, tt := range []struct{ name, base, says string }{
		{"nothing", "", "is missing"},
		{"no scheme", "api.example.com/v1", "must begin with"},
		{"another scheme", "ftp://h/v1", "must begin with"},
		{"a file", "file:///etc/passwd", "must begin with"},
		{"no host", "http:///v1", "must begin with"},
		{"a password", "https://u:hunter2@h/v1", "must not hold"},
		{"what cannot be parsed", "http://[::1/hunter2", "cannot be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, _ := ByID("custom-openai")
			var refused *gateway.Error
			err := CheckBase(p, tt.base)
			if !errors.As(err, &refused) || refused.Field != "base_url" || !strings.Contains(refused.Message, tt.says) {
				t.Fatalf("got %v, want a sentence with %q", err, tt.says)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the secret is in %q", err)
			}
		})
	}
}

func TestURLOfAnOperationThatIsNotOffered(t *testing.T) {
	p, _ := ByID("openai")
	if got, err := urlOf(p, "", gateway.Messages, ""); err == nil {
		t.Errorf("got %q", got)
	}
}

func TestProviders(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range All() {
		if p.ID == "" || seen[p.ID] || p.Name == "" || p.Sign == nil || len(p.Lanes) == 0 || p.NeedsBaseURL != (p.BaseURL == "") || p.Dialect != "" && p.Lanes[p.Dialect].Ops == nil {
			t.Errorf("the row of %q is not whole", p.ID)
		}
		seen[p.ID] = true
	}
	if _, ok := ByID("nobody"); ok {
		t.Error("there is a provider nobody")
	}
}

func TestSign(t *testing.T) {
	for _, tt := range []struct {
		name, id, secret string
		sent, want       http.Header
	}{
		{"OpenAI takes a token", "openai", "s", http.Header{}, http.Header{"Authorization": {"Bearer s"}}},
		{"Anthropic takes a key and a version", "anthropic", "s", http.Header{}, http.Header{"X-Api-Key": {"s"}, "Anthropic-Version": {"2023-06-01"}}},
		{"the client's version stays", "custom-anthropic", "s", http.Header{"Anthropic-Version": {"2099-01-01"}},
			http.Header{"X-Api-Key": {"s"}, "Anthropic-Version": {"2099-01-01"}}},
		{"no secret is not sent", "custom-openai", "", http.Header{}, http.Header{}},
		{"the sandbox needs nothing", "sandbox", "s", http.Header{}, http.Header{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, _ := ByID(tt.id)
			p.Sign(tt.sent, tt.secret)
			if !reflect.DeepEqual(tt.sent, tt.want) {
				t.Errorf("got %v, want %v", tt.sent, tt.want)
			}
		})
	}
}

func TestCleanRequestHeader(t *testing.T) {
	sent := http.Header{}
	for _, line := range []string{
		"Authorization: Bearer s", "X-Api-Key: s", "X-Goog-Api-Key: s", "Api-Key: s", "Cookie: s", "Proxy-Authorization: s",
		"Host: h", "Content-Length: 1", "Content-Encoding: gzip", "Accept-Encoding: br", "Expect: 100-continue",
		"Connection: keep-alive, x-hop", "X-Hop: 1", "Keep-Alive: 1", "Te: trailers", "Trailer: x", "Transfer-Encoding: chunked", "Upgrade: h2c",
		"Forwarded: for=1", "X-Forwarded-For: 1", "X-Forwarded-Host: h", "X-Real-Ip: 1",
		"Origin: o", "Referer: r", "X-Original-Url: /x", "X-Rewrite-Url: /x", "X-Http-Method-Override: DELETE", "Sec-Fetch-Site: none", "Access-Control-Request-Method: x", "X-Weir-Call: 1",
		"Anthropic-Beta: a,b", "Anthropic-Version: v", "X-Stainless-Lang: js", "User-Agent: claude", "Content-Type: application/json",
		"Accept: application/json", "X-App: cli", "Idempotency-Key: k",
	} {
		name, value, _ := strings.Cut(line, ": ")
		sent.Add(name, value)
	}
	want := http.Header{"Anthropic-Beta": {"a,b"}, "Anthropic-Version": {"v"}, "X-Stainless-Lang": {"js"}, "User-Agent": {"claude"},
		"Content-Type": {"application/json"}, "Accept": {"application/json"}, "X-App": {"cli"}, "Idempotency-Key": {"k"}}
	size := len(sent)
	if got := CleanRequestHeader(sent); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if len(sent) != size {
		t.Error("the client's header was changed")
	}
	if got := CleanRequestHeader(http.Header{}); !reflect.DeepEqual(got, http.Header{"User-Agent": {""}}) {
		t.Errorf("a client without a name got %v", got)
	}
}

func TestCleanResponseHeader(t *testing.T) {
	got := CleanResponseHeader(http.Header{
		"Connection": {"close, X-Hop"}, "X-Hop": {"1"}, "Transfer-Encoding": {"chunked"}, "Set-Cookie": {"a=b"}, "Alt-Svc": {"h3"},
		"Strict-Transport-Security": {"max-age=1"}, "Access-Control-Allow-Origin": {"*"}, "X-Weir-Quota-Left": {"1"},
		"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}, "Content-Length": {"5"}, "Request-Id": {"r"}, "Retry-After": {"1"},
	})
	want := http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}, "Content-Length": {"5"}, "Request-Id": {"r"}, "Retry-After": {"1"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestProbeRequest(t *testing.T) {
	p, _ := ByID("custom-anthropic")
	r, err := ProbeRequest(context.Background(), p, "http://h/anthropic", "s")
	if err != nil {
		t.Fatal(err)
	}
	if r.Method != "GET" || r.URL.String() != "http://h/anthropic/v1/models" || r.Header.Get("X-Api-Key") != "s" {
		t.Errorf("got %s %s %v", r.Method, r.URL, r.Header)
	}
	if _, err := ProbeRequest(context.Background(), p, "", "s"); err == nil {
		t.Error("a missing base URL passed")
	}
}

func FuzzURL(f *testing.F) {
	f.Add(uint8(0), "http://h/v1", "a=b&key=s")
	f.Add(uint8(3), "https://h/v1/v1//?x#y", "%")
	for i, p := range All() {
		f.Add(uint8(i), p.BaseURL, "a=b")
	}
	f.Fuzz(func(t *testing.T, row uint8, base, query string) {
		p := All()[int(row)%len(All())]
		u, err := p.base(base, p.Dialect, "")
		if err != nil {
			return
		}
		for _, r := range rowRequests(p) {
			got, err := URL(p, base, r.dialect, r.Operation, query)
			if err != nil {
				t.Fatalf("%s: %q: %v", p.ID, base, err)
			}
			path, _, _ := strings.Cut(got, "?")
			to, err := url.Parse(path)
			if err != nil || to.Scheme != u.Scheme || to.Host != u.Host {
				t.Fatalf("%s: %q: got %q, %v, want it at %q", p.ID, base, got, err, u.Host)
			}
			if r.Op != gateway.Chat && r.Op != gateway.Messages {
				continue
			}
			again, err := URL(p, path, r.dialect, r.Operation, "")
			if err != nil || again != path {
				t.Fatalf("%s: %q is not stable: %q, %v", p.ID, path, again, err)
			}
		}
	})
}
