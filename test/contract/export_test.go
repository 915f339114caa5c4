package contract

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExports writes calls to standard output and to a file, in each format.
func TestExports(t *testing.T) {
	u := newUpstream(t)
	a := serve(t)
	a.addChannel(t, "custom-openai", u.base(), "openai", "--models", "gpt-5,bad-request")
	key := a.addKey(t)
	a.post(t, chatPath, text(t, key, "secret"), `{"model":"gpt-5","messages":[]}`).answers(t, 200)
	a.post(t, chatPath, text(t, key, "secret"), `{"model":"bad-request","messages":[]}`)
	all := a.do(t, "calls").list(t)

	t.Run("CSV has a line of names and one for each call, in the list's order", func(t *testing.T) {
		lines, err := csv.NewReader(strings.NewReader(weir(t, a.home, "", "calls", "export", "--csv").exits(t, 0).stdout)).ReadAll()
		if err != nil || len(lines) != 1+len(all) {
			t.Fatalf("%d lines, %v, want %d", len(lines), err, 1+len(all))
		}
		for i, line := range lines[1:] {
			for c, name := range lines[0] {
				if want, ok := all[i][name].(string); ok && line[c] != want {
					t.Errorf("line %d: %s = %q, want %q", i, name, line[c], want)
				}
			}
		}
	})
	t.Run("JSON is one array of calls, as weir calls has them", func(t *testing.T) {
		exported := a.do(t, "calls", "export", "--state", "settled").list(t)
		for _, call := range exported {
			has(t, call, callFields...)
			is(t, call, object{"state": "settled"})
		}
		if len(exported) != 1 {
			t.Errorf("%d settled calls, want 1", len(exported))
		}
	})
	t.Run("a file is written whole, one object a line", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "calls.jsonl")
		is(t, a.do(t, "calls", "export", "--json-lines", "--out", path).object(t), object{"out": path})
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(content), "\n"); got != len(all) {
			t.Errorf("%d lines, want %d", got, len(all))
		}
		for line := range strings.Lines(string(content)) {
			if !json.Valid([]byte(line)) {
				t.Errorf("no JSON: %s", line)
			}
		}
	})
	t.Run("spending is a table by day, model, key and provider", func(t *testing.T) {
		lines, err := csv.NewReader(strings.NewReader(weir(t, a.home, "", "spend", "--csv").exits(t, 0).stdout)).ReadAll()
		if err != nil || len(lines) < 2 {
			t.Fatalf("%d lines, %v", len(lines), err)
		}
		weir(t, a.home, "", "spend").exits(t, 0)
		has(t, a.do(t, "spend").object(t), "total", "models")
	})
	t.Run("what cannot be read is said, and nothing is written", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "calls.csv")
		weir(t, a.home, "", "calls", "export").exits(t, 2)
		weir(t, a.home, "", "calls", "export", "--csv", "--json-lines").exits(t, 2)
		weir(t, a.home, "", "spend", "--out", path).exits(t, 2)
		weir(t, a.home, "", "calls", "export", "--csv", "--state", "lost", "--out", path).exits(t, 1)
		if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 0 {
			t.Errorf("%d files are left, %v", len(left), err)
		}
	})
}
