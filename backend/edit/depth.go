package edit

import (
	"bytes"
	"errors"
)

// How deep a file of settings may nest, and how many parts a line may have, which can be one key's:
// the parsers take each level on their stack, and a program without stack ends.
const (
	mostLevels = 500
	mostParts  = 1000
)

var errDeep = errors.New("nested deeper than a file of settings")

// shallow refuses JSON, with comments, that nests too deep.
func shallow(text []byte) error {
	levels := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '/':
			i = afterComment(text, i)
		case '{', '[':
			if levels++; levels > mostLevels {
				return &SyntaxError{Line: lineOf(text, i), Column: 1, Err: errDeep}
			}
		case '}', ']':
			levels--
		}
	}
	return nil
}

// afterComment returns the last place of a comment that begins at i, or i where none does.
func afterComment(text []byte, i int) int {
	for head, end := range map[string]string{"//": "\n", "/*": "*/"} {
		if bytes.HasPrefix(text[i:], []byte(head)) {
			n := bytes.Index(text[i+2:], []byte(end))
			if n < 0 {
				return len(text)
			}
			return i + 2 + n + len(end) - 1
		}
	}
	return i
}

// shortKeys refuses TOML with a line that could be a key of very many parts.
func shortKeys(text []byte) error {
	n := 0
	for line := range bytes.Lines(text) {
		if n++; bytes.Count(line, []byte(".")) > mostParts {
			return &SyntaxError{Line: n, Column: 1, Err: errDeep}
		}
	}
	return nil
}
