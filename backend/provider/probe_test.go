package provider

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
)

func TestProbed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   gateway.ChannelState
		says   string
	}{
		{"a list of models is good", 200, `{"data":[]}`, gateway.ChannelOK, ""},
		{"a bare list too", 200, ` [{"id":"m"}]`, gateway.ChannelOK, ""},
		{"a web page is not", 200, `<html>`, gateway.ChannelUnreachable, "a web page"},
		{"nor is nothing", 200, ``, gateway.ChannelUnreachable, "no list of models"},
		{"nor is a text", 200, `OK`, gateway.ChannelUnreachable, "no list of models"},
		{"401 refuses the key", 401, `{}`, gateway.ChannelBadKey, "refused the key (status 401)"},
		{"in whatever form", 401, `<html>`, gateway.ChannelBadKey, "refused the key"},
		{"402 wants money", 402, `{}`, gateway.ChannelUntested, "no credit left"},
		{"403 does not let it in", 403, `{}`, gateway.ChannelBadKey, "lack a permission"},
		{"403 about a scope leaves the key untested", 403, `{"error":{"message":"Missing scopes: api.model.read"}}`, gateway.ChannelUntested, "let this key list models"},
		{"403 about the region is no fault of the key", 403, `{"error":{"code":"unsupported_country_region_territory"}}`, gateway.ChannelUnreachable, "country or region"},
		{"404 is a wrong base URL, or no list", 404, `{}`, gateway.ChannelUntested, "has nothing at /v1/models (status 404)"},
		{"a web page's 404 is a wrong base URL", 404, `<!doctype html>`, gateway.ChannelUnreachable, "a web page"},
		{"405 has no list", 405, `{}`, gateway.ChannelUntested, "no list of models"},
		{"407 is the proxy's", 407, `<html>`, gateway.ChannelUnreachable, "The proxy proxy:3128 wants"},
		{"429 asks to wait", 429, `{}`, gateway.ChannelUntested, "asks to wait"},
		{"429 may be about money", 429, `{"error":{"code":"insufficient_quota"}}`, gateway.ChannelUntested, "no credit left"},
		{"a redirect leads nowhere", 301, ``, gateway.ChannelUnreachable, "redirect"},
		{"a broken server is not reached", 502, `<html>`, gateway.ChannelUnreachable, "trouble of its own (status 502)"},
		{"what else comes is told as it is", 418, `{}`, gateway.ChannelUnreachable, "answered with status 418"},
		{"nothing at all", 0, ``, gateway.ChannelUnreachable, "could not be reached"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, _ := ByID("openai")
			got, says := Probed(p, Answer{Host: "api.openai.com", Path: "/v1/models", Proxy: "proxy:3128", Status: tt.status, Body: []byte(tt.body)})
			if got != tt.want || !strings.Contains(says, tt.says) || (says == "") != (tt.want == gateway.ChannelOK) {
				t.Errorf("got %s, %q", got, says)
			}
			if strings.ContainsAny(says, "{}") || says != "" && !strings.HasSuffix(says, ".") {
				t.Errorf("%q is no whole sentence", says)
			}
		})
	}
}

// TestUnreachable meets each failure for real, on this machine.
func TestUnreachable(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of the failures that are wanted
	secure.StartTLS()
	defer secure.Close()
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer slow.Close()
	broken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer broken.Close()
	closed := httptest.NewServer(nil)
	closed.Close()
	through := func(proxy string) http.RoundTripper {
		u, err := url.Parse(proxy)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Transport{Proxy: http.ProxyURL(u)}
	}
	noName := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "nowhere.invalid", IsNotFound: true}}
	}}
	old := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS10, MinVersion: tls.VersionTLS10}}
	for _, tt := range []struct {
		name, url, proxy, says string
		by                     http.RoundTripper
	}{
		{"no such name", "http://nowhere.invalid", "", "no such host name", noName},
		{"nothing listens", closed.URL, "", "nothing listens there", nil},
		{"no answer in time", slow.URL, "", "did not answer", nil},
		{"no TLS", strings.Replace(plain.URL, "http:", "https:", 1), "", "does not answer in TLS", nil},
		{"a certificate of nobody", secure.URL, "", "certificate", nil},
		{"another TLS", secure.URL, "", "encrypted connection", old},
		{"a broken connection", broken.URL, "", "could not be reached", nil},
		{"a closed proxy", "http://h.invalid", closed.URL, "through the proxy p:1", through(closed.URL)},
		{"a proxy that refuses", "https://h.invalid", plain.URL, "through the proxy p:1", through(plain.URL)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			patience := time.Minute
			if tt.url == slow.URL {
				patience = 200 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, tt.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			by := tt.by
			if by == nil {
				by = &http.Transport{}
			}
			_, err = by.RoundTrip(req)
			if err == nil {
				t.Fatal("an answer came")
			}
			p, _ := ByID("openai")
			a := Answer{Host: req.URL.Host, Err: err}
			if tt.proxy != "" {
				a.Proxy = "p:1"
			}
			if state, says := Probed(p, a); state != gateway.ChannelUnreachable || !strings.Contains(says, tt.says) {
				t.Errorf("%v: got %s, %q, want %q", err, state, says, tt.says)
			}
		})
	}
}

func TestAnotherFailure(t *testing.T) {
	p, _ := ByID("openai")
	if _, says := Probed(p, Answer{Host: "h", Err: errors.New("odd")}); says != "OpenAI (h) could not be reached." {
		t.Errorf("got %q", says)
	}
}

func TestForeignKey(t *testing.T) {
	for _, tt := range []struct{ name, id, base, key, says string }{
		{"one's own key", "anthropic", "https://api.anthropic.com/v1", "sk-ant-x", ""},
		{"one's own, of another kind", "openai", "https://api.openai.com/v1", "sk-svcacct-x", ""},
		{"a key that many use", "anthropic", "https://api.anthropic.com/v1", "sk-x", ""},
		{"OpenRouter's at OpenAI", "openai", "https://api.openai.com/v1", "sk-or-v1-x", "OpenRouter, not of OpenAI"},
		{"Anthropic's at OpenAI", "openai", "https://API.openai.com", "sk-ant-x", "Anthropic, not of OpenAI"},
		{"OpenAI's at Anthropic", "anthropic", "https://api.anthropic.com/v1", "sk-proj-x", "OpenAI, not of Anthropic"},
		{"Google's at OpenAI", "openai", "https://api.openai.com/v1", "AIzax", "Google Gemini"},
		{"an access key of ours", "openai", "https://api.openai.com/v1", "sk-weir-x", "Weir gave out"},
		{"a server of one's own may take any", "openai", "https://proxy.example.com/v1", "sk-ant-x", ""},
		{"a custom one too", "custom-openai", "https://openrouter.ai/api/v1", "sk-or-v1-x", ""},
		{"no key", "openai", "https://api.openai.com/v1", "", ""},
	} {
		p, _ := ByID(tt.id)
		if got := ForeignKey(p, tt.base, tt.key); (got == "") != (tt.says == "") || !strings.Contains(got, tt.says) || strings.Contains(got, tt.key) && tt.key != "" {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}
