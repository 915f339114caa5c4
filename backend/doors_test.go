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
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
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
