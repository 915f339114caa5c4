package i18n

import (
	"testing"
)

func TestT(t *testing.T) {
	for _, tt := range []struct {
		name   string
		key    string
		values []any
		want   string
	}{
		{"a sentence without placeholders stands as it is", "refusal.account", nil, "the account"},
		{"a placeholder is filled", "error.access.no_such_key", []any{"id", "key_1"}, "There is no key key_1."},
		{"numbers are written out", "error.relay.status", []any{"provider", "Groq", "status", 503}, "Groq answered with status 503."},
		{"the order of the values does not matter", "error.relay.status", []any{"status", 503, "provider", "Groq"}, "Groq answered with status 503."},
		{"a placeholder within a value stays", "error.relay.status", []any{"provider", "{status}", "status", 503}, "{status} answered with status 503."},
		{"a value that is not asked for is ignored", "error.access.no_such_key", []any{"id", "key_1", "name", "Codex"}, "There is no key key_1."},
		{"what is not given stays visible", "error.access.no_such_key", nil, "There is no key {id}."},
		{"a name without its value is left out", "error.access.no_such_key", []any{"id"}, "There is no key {id}."},
		{"a key without a sentence is returned", "error.nobody", []any{"id", 1}, "error.nobody"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := T(tt.key, tt.values...); got != tt.want {
				t.Errorf("T(%q, %v) = %q, want %q", tt.key, tt.values, got, tt.want)
			}
		})
	}
}

func TestN(t *testing.T) {
	for _, tt := range []struct {
		name string
		n    int64
		want string
	}{
		{"one has its own form", 1, "1 call"},
		{"none has the other", 0, "0 calls"},
		{"many have the other", 250, "250 calls"},
		{"less than none has the other", -1, "-1 calls"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := N("refusal.calls", tt.n); got != tt.want {
				t.Errorf("N(%q, %d) = %q, want %q", "refusal.calls", tt.n, got, tt.want)
			}
		})
	}
	if got := N("refusal.nobody", 1); got != "refusal.nobody.one" {
		t.Errorf("N of a stem without sentences = %q, want its key", got)
	}
}

func TestHas(t *testing.T) {
	for key, want := range map[string]bool{"refusal.account": true, "refusal.calls": false, "refusal.calls.one": true, "": false} {
		if got := Has(key); got != want {
			t.Errorf("Has(%q) = %v, want %v", key, got, want)
		}
	}
}
