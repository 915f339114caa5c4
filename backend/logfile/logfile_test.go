package logfile

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"an access key of ours", "got sk-weir-ab12cd34ef", "got [redacted]"},
		{"a provider's key", "key sk-ant-api03-x_Y-z1 end", "key [redacted] end"},
		{"other vendors' keys", "gsk_abcdef12 xai-abcdef12 AIzaSyabcdef12", "[redacted] [redacted] [redacted]"},
		{"a bearer token", `Authorization: Bearer abc.def-123=`, "Authorization: [redacted] [redacted]"},
		{"a header as Go prints it", `map[Authorization:[Bearer abcdef123] X-Api-Key:[abcdef123]]`, "map[Authorization:[[redacted] [redacted]] X-Api-Key:[[redacted]]]"},
		{"JSON", `{"api_key":"abcdef123","n":1}`, `{"api_key":"[redacted]","n":1}`},
		{"JSON within a quoted attribute", `body="{\"password\":\"hunter2x\"}"`, `body="{\"password\":\"[redacted]\"}"`},
		{"an address's query", "GET https://h/v1?key=abc&x=1", "GET https://h/v1?key=[redacted]&x=1"},
		{"a password in an address", "proxy http://me:pw@h:1", "proxy http://me:[redacted]@h:1"},
		{"a login link", "http://127.0.0.1:9348/#login=abcdef", "http://127.0.0.1:9348/#login=[redacted]"},
		{"a web token", "eyJhbGciOiJI.eyJzdWIi.abc", "[redacted]"},
		{"an attribute of the log", "secret=abcdef123 call=call_01", "secret=[redacted] call=call_01"},
		{"ids stay", "call=call_01kb key_id=key_01kb channel=ch_01kb", "call=call_01kb key_id=key_01kb channel=ch_01kb"},
		{"words that only look like it stay", "task-force risk-sharing-tokens: 5 tokens=1200", "task-force risk-sharing-tokens: 5 tokens=1200"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Redact(tt.text); got != tt.want {
				t.Errorf("Redact(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestFile(t *testing.T) {
	home := t.TempDir()
	f, err := Open(home)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(f, nil))
	log.Info("started", "secret", "sk-ant-canary-7f3a9b", "call", "call_1")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(f.Path())
	if err != nil || bytes.Contains(text, []byte("canary")) || !bytes.Contains(text, []byte("call=call_1")) {
		t.Errorf("the file says %q, %v", text, err)
	}
	for path, want := range map[string]os.FileMode{f.Path(): 0o600, filepath.Dir(f.Path()): 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, %v", path, info.Mode(), err)
		}
	}
}

func TestTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weir.log")
	tail := func(lines int) []string {
		t.Helper()
		got, err := Tail(path, lines)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := tail(10); len(got) != 0 {
		t.Errorf("no file has %q", got)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("")
	if got := tail(10); len(got) != 0 {
		t.Errorf("an empty file has %q", got)
	}
	write("one\ntwo\nBearer abcdefgh\n")
	if got := strings.Join(tail(2), "|"); got != "two|Bearer [redacted]" {
		t.Errorf("the last two are %q", got)
	}
	var b strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&b, "%06d %s\n", i, strings.Repeat("x", 90))
	}
	write(b.String())
	if got := tail(5000); len(got) != MaxLines || !strings.HasPrefix(got[MaxLines-1], "019999 ") {
		t.Errorf("%d lines, the last is %q", len(got), got[len(got)-1])
	}
	write(strings.Repeat(strings.Repeat("x", 4<<10)+"\n", 200))
	if got := tail(1000); len(got) < 60 || len(got) > 64 || len(got[0]) != 4<<10 {
		t.Errorf("%d lines of a log with long ones, the first of %d bytes", len(got), len(got[0]))
	}
}
