package backend

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestOptionsOfTheWholeServer: a request that names no path passes the doors' rules like any other.
func TestOptionsOfTheWholeServer(t *testing.T) {
	b := open(t, t.TempDir())
	for _, base := range []string{b.Ready.Relay, b.Ready.Console} {
		c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(30 * time.Second))
		fmt.Fprint(c, "OPTIONS * HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("OPTIONS * with a foreign Host: %d, want 403", resp.StatusCode)
		}
	}
}

// TestNoListOfFiles: the console's door serves files, not what else lies beside them.
func TestNoListOfFiles(t *testing.T) {
	b := open(t, t.TempDir())
	for path, want := range map[string]int{"/": 200, "/assets/": 404, "/assets/page.js": 200} {
		if a := ask(t, "GET", b.Ready.Console+path, ""); a.status != want {
			t.Errorf("GET %s: %d, want %d", path, a.status, want)
		}
	}
}

// TestTheRelaysDoorMoves: there and straight back, on both loopback addresses; a door that was
// left accepts nobody, and one that cannot be opened leaves the other as it is.
func TestTheRelaysDoorMoves(t *testing.T) {
	b := open(t, t.TempDir())
	first := b.door().Port
	healthy := func(port int) bool {
		for _, host := range []string{"127.0.0.1", "[::1]"} {
			resp, err := http.Get(fmt.Sprintf("http://%s:%d/healthz", host, port))
			if err != nil {
				return false
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				return false
			}
		}
		return true
	}
	if !healthy(first) {
		t.Skip("there is no [::1] here")
	}
	if err := b.openRelay(0); err != nil {
		t.Fatal(err)
	}
	second := b.door().Port
	if !healthy(second) || healthy(first) {
		t.Errorf("after a move from %d to %d: %v and %v answer", first, second, healthy(first), healthy(second))
	}
	if err := b.openRelay(first); err != nil {
		t.Fatal(err)
	}
	if !healthy(first) || b.Console.Relay.Address() != fmt.Sprintf("http://127.0.0.1:%d", first) {
		t.Errorf("back at %d it is not whole, or not said: %s", first, b.Console.Relay.Address())
	}
	other, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := b.openRelay(other.Addr().(*net.TCPAddr).Port); err == nil {
		t.Error("it moved to a port that another has")
	}
	if d := b.door(); !d.Open || d.Port != first || !healthy(first) {
		t.Errorf("after a move that failed the door is %+v", d)
	}
}
