package local

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// agent listens for a home as an agent does, and answers with handler.
func agent(t *testing.T, handler http.HandlerFunc) Agent {
	t.Helper()
	t.Setenv("XDG_RUNTIME_DIR", "")
	dir, err := os.MkdirTemp("", "weir") // not t.TempDir: paths of sockets must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Setenv("TMPDIR", dir)
	l, address, err := Listen(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return Agent{Address: address, Token: "token", PID: os.Getpid()}
}

func TestAsk(t *testing.T) {
	a := agent(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer token":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/console/status.get":
			fmt.Fprint(w, `{"ok":true,"data":{"version":"1"}}`)
		default:
			fmt.Fprint(w, `{"ok":false,"error":{"kind":"not_found","message":"There is no such thing."}}`)
		}
	})
	c := NewClient(a)
	defer c.Close()
	var status struct{ Version string }
	if err := c.Ask(t.Context(), "status.get", &status); err != nil || status.Version != "1" {
		t.Errorf("status = %+v, %v", status, err)
	}
	if err := c.Ask(t.Context(), "nothing.get", &status); err == nil || !strings.Contains(err.Error(), "There is no such thing.") {
		t.Errorf("what is refused: %v, want its sentence", err)
	}
}

func TestFeed(t *testing.T) {
	a := agent(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, ": weir\n\nevent: call\ndata: {\"id\":\"1\"}\n\n:\n\nevent: keys\ndata: {}\n\n")
	})
	c := NewClient(a)
	defer c.Close()
	read, err := c.Feed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var heard []string
	if err := read(func(event, data string) { heard = append(heard, event+" "+data) }); err == nil {
		t.Error("a feed that broke ended without an error")
	}
	if got, want := strings.Join(heard, ", "), `call {"id":"1"}, keys {}`; got != want {
		t.Errorf("heard %s, want %s", got, want)
	}
}

func TestNobodyIsThere(t *testing.T) {
	home := t.TempDir()
	if _, err := Find(home); !errors.Is(err, ErrNoAgent) {
		t.Errorf("a home without an agent: %v", err)
	}
	if err := os.WriteFile(filepath.Join(home, AgentFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Find(home); err == nil || errors.Is(err, ErrNoAgent) {
		t.Errorf("an agent's file that cannot be read: %v", err)
	}
	c := NewClient(Agent{Address: filepath.Join(home, "gone.sock")})
	defer c.Close()
	if _, err := c.Call(t.Context(), "status.get", nil); !errors.Is(err, ErrNoAgent) {
		t.Errorf("an agent that is gone: %v", err)
	}
}
