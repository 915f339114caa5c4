package tray

import (
	"strings"
	"testing"
)

func TestNumbersForAGlance(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{percent(0), "0%"},
		{percent(799), "79%"},
		{percent(999), "99%"},
		{percent(1000), "100%"},
		{shorten("Claude Code"), "Claude Code"},
		{shorten(strings.Repeat("水", 40)), strings.Repeat("水", 40)},
		{shorten(strings.Repeat("水", 41)), strings.Repeat("水", 39) + "…"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestShortenKeepsOneLine(t *testing.T) {
	if got, want := shorten("gpt\n-5\x1b[31m\u202e"), "gpt-5[31m"; got != want {
		t.Errorf("shorten = %q, want %q", got, want)
	}
}
