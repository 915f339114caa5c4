package door

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestCheck(t *testing.T) {
	relay, console := Loopback(9347, false), Loopback(9347, true)
	for _, tt := range []struct {
		name           string
		host           string
		header         string
		value          string
		relay, console bool
	}{
		{"the address itself", "127.0.0.1:9347", "", "", true, true},
		{"localhost", "localhost:9347", "", "", true, true},
		{"the IPv6 loopback", "[::1]:9347", "", "", true, true},
		{"another name", "evil.example:9347", "", "", false, false},
		{"a name that resolves to loopback", "127.0.0.1.nip.example:9347", "", "", false, false},
		{"a trailing dot", "localhost.:9347", "", "", false, false},
		{"a mapped address", "[::ffff:7f00:1]:9347", "", "", false, false},
		{"no port", "127.0.0.1", "", "", false, false},
		{"another port", "127.0.0.1:9348", "", "", false, false},
		{"no host", "", "", "", false, false},
		{"any address", "0.0.0.0:9347", "", "", false, false},
		{"its own page", "127.0.0.1:9347", "Origin", "http://127.0.0.1:9347", false, true},
		{"a page of another port", "127.0.0.1:9347", "Origin", "http://localhost:3000", false, false},
		{"a foreign page", "127.0.0.1:9347", "Origin", "https://evil.example", false, false},
		{"a file or sandboxed frame", "127.0.0.1:9347", "Origin", "null", false, false},
		{"an editor's web view", "127.0.0.1:9347", "Origin", "vscode-webview://x", false, false},
		{"a foreign referrer", "127.0.0.1:9347", "Referer", "https://evil.example/x", true, false},
		{"its own referrer", "127.0.0.1:9347", "Referer", "http://127.0.0.1:9347/", true, true},
		{"a cross-site fetch", "127.0.0.1:9347", "Sec-Fetch-Site", "cross-site", false, false},
		{"a same-site fetch", "127.0.0.1:9347", "Sec-Fetch-Site", "same-site", false, false},
		{"a same-origin fetch", "127.0.0.1:9347", "Sec-Fetch-Site", "same-origin", false, true},
		{"the address bar", "127.0.0.1:9347", "Sec-Fetch-Site", "none", true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions} {
				r := httptest.NewRequest(method, "/v1/models", nil)
				r.Host = tt.host
				if tt.header != "" {
					r.Header.Set(tt.header, tt.value)
				}
				if e, _ := relay.Check(r); (e == nil) != tt.relay {
					t.Errorf("relay %s: let in %v, want %v", method, e == nil, tt.relay)
				}
				if e, _ := console.Check(r); (e == nil) != tt.console {
					t.Errorf("console %s: let in %v, want %v", method, e == nil, tt.console)
				}
			}
		})
	}
}

func TestAbsoluteURI(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host, r.URL.Host = "127.0.0.1:9347", "evil.example"
	if e, _ := Loopback(9347, false).Check(r); e == nil {
		t.Error("an absolute request URI was let in")
	}
}
