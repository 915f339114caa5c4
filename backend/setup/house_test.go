package setup

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/backend/access"
	"weir/backend/secret"
	"weir/backend/store"
)

// A house is a Setup of a user whose home is a new folder.
type house struct {
	*Setup
	t    *testing.T
	user string
	home string
	env  map[string]string
	now  time.Time
	at   string // the relay's address
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, user: t.TempDir(), home: t.TempDir(), env: map[string]string{}, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), at: "http://127.0.0.1:9347"}
	st, err := store.Open(context.Background(), h.home)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	now := func() time.Time { return h.now }
	keys, err := access.Open(context.Background(), st, now)
	if err != nil {
		t.Fatal(err)
	}
	h.Setup = New(Options{Home: h.home, User: h.user, Getenv: func(name string) string { return h.env[name] }, OS: "linux",
		Address: func() string { return h.at }, Store: st, Access: keys, Box: secret.Open(h.home, false, slog.New(slog.DiscardHandler)), Now: now})
	return h
}

func (h *house) path(name string) string { return filepath.Join(h.user, filepath.FromSlash(name)) }

func (h *house) put(name, text string, mode os.FileMode) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(h.path(name)), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(h.path(name), []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Chmod(h.path(name), mode); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) text(name string) string {
	h.t.Helper()
	text, err := os.ReadFile(h.path(name))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}

// connect looks and agrees.
func (h *house) connect(tool string) Done {
	h.t.Helper()
	p, err := h.Preview(context.Background(), tool, "")
	if err != nil {
		h.t.Fatal(err)
	}
	d, err := h.Apply(context.Background(), tool, "", p.Token)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

func (h *house) undo(tool string) Done {
	h.t.Helper()
	p, err := h.PreviewUndo(context.Background(), tool)
	if err != nil {
		h.t.Fatal(err)
	}
	d, err := h.Undo(context.Background(), tool, p.Token)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

func (h *house) shown(tool string) Card {
	h.t.Helper()
	cards, err := h.Cards(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, c := range cards {
		if c.ID == tool {
			return c
		}
	}
	h.t.Fatalf("no card of %s", tool)
	return Card{}
}

// secretIn returns the access key that a file has.
func secretIn(t *testing.T, text string) string {
	t.Helper()
	from := strings.Index(text, placeholder)
	if from < 0 {
		t.Fatalf("no key in %s", text)
	}
	to := strings.IndexByte(text[from:], '"')
	return text[from : from+to]
}

const (
	claudeFile = ".claude/settings.json"
	codexFile  = ".codex/config.toml"
)

func specNamed(name string) access.Spec { return access.Spec{Name: name} }
