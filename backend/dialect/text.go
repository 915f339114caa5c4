package dialect

import (
	"bytes"

	"weir/backend/wire"
)

// TextBytes adds up how long the string values of the given keys are, at any depth of a
// JSON text, without decoding it. A key is given with its quotes, as it is written.
func TextBytes(doc []byte, keys ...string) int {
	n := 0
	for _, key := range keys {
		for rest := doc; ; {
			value, after := After(rest, key)
			if after == nil {
				break
			}
			rest = after
			if len(value) > 0 && value[0] == '"' {
				n += textLen(value[1:])
			}
		}
	}
	return n
}

// ObjectBytes adds up how long the object values of a key are, at any depth of a JSON text.
func ObjectBytes(doc []byte, key string) int {
	n := 0
	for {
		value, rest := After(doc, key)
		if rest == nil {
			return n
		}
		doc = rest
		if len(value) > 0 && value[0] == '{' {
			n += len(wire.Value(value))
		}
	}
}

// Holds reports whether a key has, at any depth of a JSON text, a value that begins so: '{'
// for an object, '"' for a string.
func Holds(doc []byte, key string, begin byte) bool {
	for {
		value, rest := After(doc, key)
		if rest == nil {
			return false
		}
		if len(value) > 0 && value[0] == begin {
			return true
		}
		doc = rest
	}
}

// Faulty reports whether the value of an error key says that there was one: some servers
// send an empty one when all is well.
func Faulty(value wire.Field) bool {
	switch string(value.Raw) {
	case "", "null", "false", `""`, "{}":
		return false
	}
	return true
}

// After finds the first place where a key is followed by a colon. It returns what stands
// there from the value on, and what stands behind the key; nil when there is none.
// Inside a JSON string a quote is escaped, so a quoted key is never found in a text.
func After(doc []byte, key string) (value, rest []byte) {
	for {
		_, tail, ok := bytes.Cut(doc, []byte(key))
		if !ok {
			return nil, nil
		}
		v := bytes.TrimLeft(tail, " \t\r\n")
		if len(v) > 0 && v[0] == ':' {
			return bytes.TrimLeft(v[1:], " \t\r\n"), tail
		}
		doc = tail
	}
}

// textLen returns how many bytes a JSON string without its opening quote stands for, nearly:
// an escaped code point counts as three.
func textLen(b []byte) int {
	n := 0
	for len(b) > 0 {
		i := bytes.IndexAny(b, `"\`)
		if i < 0 {
			return n + len(b)
		}
		n += i
		if b[i] == '"' || i+1 == len(b) {
			return n
		}
		skip := 2
		n++
		if b[i+1] == 'u' {
			n, skip = n+2, 6
		}
		b = b[min(i+skip, len(b)):]
	}
	return n
}
