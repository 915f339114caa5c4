package edit

import (
	"errors"
	"strings"
	"testing"
)

// TestDepth: a file that would take the parsers' stack is not parsed, and one that only speaks of brackets is.
func TestDepth(t *testing.T) {
	many := func(text string) string { return strings.Repeat(text, 1_000_000) }
	few := func(text string) string { return strings.Repeat(text, 100) }
	for _, tt := range []struct {
		name string
		f    Format
		text string
		ok   bool
	}{
		{"lists in lists", JSON, many("["), false},
		{"objects in objects", JSON, many(`{"a":`), false},
		{"behind brackets that are text", JSON, many(`["]",`), false},
		{"behind brackets that are comments", JSON, many("[/*]*/") + many("[//]\n"), false},
		{"some levels", JSON, `{"a":` + few("[") + few("]") + "}", true},
		{"a text of brackets", JSON, `{"a":"` + many("[") + `\"["}`, true},
		{"comments of brackets", JSON, "{/*" + many("[") + "*/\"a\":1//" + many("{") + "\n}", true},
		{"many lists beside each other", JSON, `{"a":[` + strings.Repeat("[],", 1000) + "[]]}", true},
		{"a key of very many parts", TOML, "a" + many(".a") + "=1", false},
		{"a table of them", TOML, "[a" + many(".a") + "]", false},
		{"lists in lists of the other kind", TOML, "a=" + many("["), false},
		{"some parts", TOML, "a" + few(".a") + "=1", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.f.Check([]byte(tt.text))
			var wrong *SyntaxError
			if (err == nil) != tt.ok || err != nil && !errors.As(err, &wrong) {
				t.Errorf("Check = %v", err)
			}
			if _, err := tt.f.Find([]byte(tt.text), "a"); tt.f == JSON && (err == nil) != tt.ok {
				t.Errorf("Find = %v", err)
			}
		})
	}
}
