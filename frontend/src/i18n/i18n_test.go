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
		{"a placeholder is filled", "refusal.key", []any{"key", "Codex"}, `key "Codex"`},
		{"numbers are written out", "refusal.usd", []any{"amount", 12}, "$12"},
		{"the order of the values does not matter", "refusal.resets", []any{"zone", "UTC", "time", "00:00"}, "It resets at 00:00 (UTC)."},
		{"a placeholder within a value stays", "refusal.resets", []any{"time", "{zone}", "zone", "{time}"}, "It resets at {zone} ({time})."},
		{"a value that is not asked for is ignored", "refusal.key", []any{"key", "Codex", "id", "key_1"}, `key "Codex"`},
		{"what is not given stays visible", "refusal.resets", []any{"time", "00:00"}, "It resets at 00:00 ({zone})."},
		{"a name without its value is left out", "refusal.resets", []any{"time", "00:00", "zone"}, "It resets at 00:00 ({zone})."},
		{"a key without a sentence is returned", "refusal.nobody", []any{"id", 1}, "refusal.nobody"},
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
