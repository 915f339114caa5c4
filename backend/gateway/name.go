package gateway

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// LongestName is how many characters a name may have that a person gives to a key or a channel.
const LongestName = 256

// Nameable says whether a text can be a name: it is one line, not too long, and does not turn
// the text around it. Names are shown in menus, notifications and logs.
func Nameable(text string) bool {
	return utf8.RuneCountInString(text) <= LongestName && OneLine(text)
}

// OneLine says whether a text stays in its line and in its order wherever it is shown.
func OneLine(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		turns := r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
		return turns || unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp)
	})
}
