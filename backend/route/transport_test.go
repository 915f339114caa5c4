package route

import (
	"net/http"
	"testing"
	"time"

	"weir/backend/gateway"
)

func TestTransports(t *testing.T) {
	c := &clock{time.Unix(1_000_000, 0)}
	usual := UsualTransport()
	all := OpenTransports(usual, c.now)
	get := func(proxy string) *http.Transport {
		t.Helper()
		road, err := all.For(proxy)
		if err != nil {
			t.Fatalf("For(%q): %v", proxy, err)
		}
		return road.(*http.Transport)
	}
	if get("") != usual {
		t.Error("a channel without a proxy has a transport of its own")
	}
	first := get("http://127.0.0.1:3128")
	if first == usual || get("http://127.0.0.1:3128") != first || get("socks5h://127.0.0.1:1080") == first {
		t.Error("there is not one transport for each proxy")
	}
	req, err := http.NewRequest(http.MethodGet, "http://127.0.0.1/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if u, err := first.Proxy(req); err != nil || u == nil || u.Host != "127.0.0.1:3128" {
		t.Errorf("a proxy that is set is not used for this machine's own address: %v, %v", u, err)
	}
	if get(gateway.Direct).Proxy != nil {
		t.Error("a direct channel goes by the environment's proxy")
	}
	for _, bad := range []string{"http://", "http://[::1", "…"} {
		if _, err := all.For(bad); err == nil {
			t.Errorf("For(%q) found a way", bad)
		}
	}
	c.at = c.at.Add(unused)
	get("socks5h://127.0.0.1:1080")
	c.at = c.at.Add(time.Second)
	get("https://127.0.0.1:3129")
	if len(all.own) != 2 {
		t.Errorf("%d transports are kept, want the two that are used", len(all.own))
	}
	if get("http://127.0.0.1:3128") == first {
		t.Error("a transport that was unused for long is still kept")
	}
}

// TestTheEnvironmentsProxyIsNotForThisMachine holds what Go promises.
func TestTheEnvironmentsProxyIsNotForThisMachine(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://proxy.example:3128")
	for _, address := range []string{"http://127.0.0.1:11434/v1", "http://localhost:1234/v1", "http://[::1]:8080/"} {
		req, err := http.NewRequest(http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if u, err := UsualTransport().Proxy(req); u != nil || err != nil {
			t.Errorf("%s is reached through %v, %v", address, u, err)
		}
	}
}
