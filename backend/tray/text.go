package tray

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const longestTag = 40 // characters of a name

// percent writes thousandths, rounded down.
func percent(permille int) string { return strconv.Itoa(permille/10) + "%" }

// shorten keeps a name, which may be a client's invention, from widening the menu or from
// writing anything but one line of text.
func shorten(name string) string {
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, name)
	if utf8.RuneCountInString(name) <= longestTag {
		return name
	}
	return string([]rune(name)[:longestTag-1]) + "…"
}
