package dialect

import (
	"bytes"
	"iter"

	"weir/backend/wire"
)

// maxKey bounds the names that Keys finds.
const maxKey = 64

// Keys finds the keys of a JSON text, at any depth and without decoding it, each with what
// stands behind its colon up to the text's end. Inside a string a quote is escaped, so a
// text that speaks of a key is not taken for one; a text that begins with a colon brings
// up the punctuation before it, which no key is named after. Longer names than any dialect
// has are passed over.
func Keys(doc []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		for at := 0; ; {
			i := bytes.IndexByte(doc[at:], ':')
			if i < 0 {
				return
			}
			end := at + i - 1
			at += i + 1
			for end > 0 && space(doc[end]) {
				end--
			}
			if end < 1 || doc[end] != '"' || doc[end-1] == '\\' {
				continue
			}
			start := end - 1
			for start > max(0, end-maxKey) && doc[start] != '"' {
				start--
			}
			value := at
			for value < len(doc) && space(doc[value]) {
				value++
			}
			if doc[start] == '"' && !yield(doc[start+1:end], doc[value:]) {
				return
			}
		}
	}
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// Begins reports whether a value that Keys found begins so: '{' for an object, '"' for a string.
func Begins(value []byte, c byte) bool { return len(value) > 0 && value[0] == c }

// Faulty reports whether the value of an error key says that there was one: some servers
// send an empty one when all is well.
func Faulty(value wire.Field) bool {
	switch string(value.Raw) {
	case "", "null", "false", `""`, "{}":
		return false
	}
	return true
}
