package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFromKeyToCatalogue goes the way of a publisher: a key, the book, a signature, a check.
func TestFromKeyToCatalogue(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	at := func(name string) string { return filepath.Join(dir, name) }
	do := func(args ...string) (string, error) {
		var out bytes.Buffer
		err := run(args, &out, now)
		return out.String(), err
	}
	must := func(args ...string) string {
		t.Helper()
		out, err := do(args...)
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return out
	}
	public, _, _ := strings.Cut(must("keygen", "-secret", at("secret")), "\n")
	if info, err := os.Stat(at("secret")); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the secret can be read by others: %v, %v", info.Mode(), err)
	}
	if out := must("build", "-out", at("book")); !strings.HasPrefix(out, "weir-prices-2026112301.jsonl") {
		t.Errorf("build says %q", out)
	}
	must("sign", "-secret", at("secret"), "-out", at("first"), at("book"))
	must("verify", "-key", public, at("first"))
	must("build", "-version", "2026112302", "-out", at("book"))
	must("sign", "-secret", at("secret"), "-out", at("second"), at("book"))
	must("verify", "-key", public, "-after", at("first"), at("second"))
	for _, tt := range []struct {
		name string
		args []string
	}{
		{"a secret is not written over", []string{"keygen", "-secret", at("secret")}},
		{"an earlier one does not follow", []string{"verify", "-key", public, "-after", at("second"), at("first")}},
		{"what is not signed is no catalogue", []string{"verify", "-key", public, at("book")}},
		{"a catalogue of next week is not signed", []string{"build", "-version", "20261301", "-out", at("bad")}},
		{"no verb", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if out, err := do(tt.args...); err == nil {
				t.Errorf("%v = %q, want an error", tt.args, out)
			}
		})
	}
}
