package tray

import (
	"strconv"
	"unicode/utf8"
)

const longestTag = 40 // characters of a name

// percent writes thousandths, rounded down.
func percent(permille int) string { return strconv.Itoa(permille/10) + "%" }

// shorten keeps a long name from widening the menu.
func shorten(name string) string {
	if utf8.RuneCountInString(name) <= longestTag {
		return name
	}
	return string([]rune(name)[:longestTag-1]) + "…"
}
