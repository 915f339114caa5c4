package gateway

import (
	"strings"
	"testing"
)

func TestNameable(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       bool
	}{
		{"plain words", "Claude Code", true},
		{"any script", "Ключ 鍵 مفتاح", true},
		{"a joined emoji", "👩‍💻", true},
		{"markup is only text", `<b>$(x)</b> & "y"`, true},
		{"as long as may be", strings.Repeat("é", LongestName), true},
		{"longer", strings.Repeat("é", LongestName+1), false},
		{"two lines", "a\nb", false},
		{"a carriage return", "a\rb", false},
		{"a separator of lines", "a\u2028b", false},
		{"a terminal's command", "a\x1b[31mb", false},
		{"nothing's character", "a\x00b", false},
		{"a control of the upper half", "a\u009bb", false},
		{"text that is turned around", "a\u202eb", false},
		{"text that is set apart", "a\u2066b", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Nameable(tt.text); got != tt.want {
				t.Errorf("Nameable(%q) = %v, want %v", tt.text, got, tt.want)
			}
		})
	}
}
