package contract

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConnect: an assistant's file is shown before it is changed, changed by value, and changed back.
func TestConnect(t *testing.T) {
	a := serve(t)
	user := filepath.Dir(a.home)
	file := filepath.Join(user, ".claude", "settings.json")
	const mine = "{\n  // mine\n  \"model\": \"opus\"\n}\n"
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(mine), 0o600); err != nil {
		t.Fatal(err)
	}
	holds := func(want string) {
		t.Helper()
		if got, err := os.ReadFile(file); err != nil || !strings.Contains(string(got), want) {
			t.Errorf("settings.json = %s, %v, want %q in it", got, err, want)
		}
	}

	all := a.do(t, "connect").list(t)
	if len(all) != 2 {
		t.Fatalf("%d assistants, want 2", len(all))
	}
	has(t, all[0], "id", "name", "state", "version", "binary", "file", "base_url", "owner", "key_id", "key_name", "connected_at", "last_call_at", "message", "warnings", "can_undo")
	is(t, all[0], object{"id": "claude-code", "name": "Claude Code", "state": "not_connected", "file": file, "base_url": nil})

	plan := a.do(t, "connect", "claude-code", "--dry-run").object(t)
	has(t, plan, "tool", "name", "undo", "token", "file", "exists", "changes", "key", "backup", "warnings")
	holds(mine)
	if keys := a.do(t, "keys", "list").list(t); len(keys) != 0 {
		t.Errorf("a dry run made %d keys", len(keys))
	}

	done := a.do(t, "connect", "claude-code").object(t)
	has(t, done, "plan", "connection", "backup")
	is(t, done["connection"].(object), object{"state": "connected", "key_name": "Claude Code", "can_undo": true})
	holds("// mine")
	holds("ANTHROPIC_BASE_URL")
	if keys := a.do(t, "keys", "list").list(t); len(keys) != 1 {
		t.Errorf("%d keys, want that of Claude Code", len(keys))
	}

	undone := a.do(t, "connect", "claude-code", "--undo").object(t)
	is(t, undone["connection"].(object), object{"state": "not_connected", "can_undo": false})
	if got, err := os.ReadFile(file); err != nil || string(got) != mine {
		t.Errorf("there and back is %q, %v, want %q", got, err, mine)
	}
	is(t, a.do(t, "keys", "list").list(t)[0], object{"name": "Claude Code", "state": "paused"})

	is(t, weir(t, a.home, "", "connect", "claude-code", "--undo", "--json").exits(t, 1).failure(t), object{"kind": "conflict"})
	is(t, weir(t, a.home, "", "connect", "nothing", "--json").exits(t, 1).failure(t), object{"kind": "not_found", "field": "tool"})
	is(t, weir(t, a.home, "", "connect", "codex", "--key", "nobody", "--json").exits(t, 1).failure(t), object{"kind": "not_found", "field": "key"})
	weir(t, a.home, "", "connect", "--undo", "--json").exits(t, 2)

	a.do(t, "connect", "claude-code")
	a.do(t, "connect", "codex")
	if all := a.do(t, "connect", "--undo", "--all").list(t); len(all) != 2 {
		t.Errorf("%d assistants were disconnected, want 2", len(all))
	}
	if all := a.do(t, "connect", "--undo", "--all").list(t); len(all) != 0 {
		t.Errorf("%d assistants were disconnected twice", len(all))
	}
}
