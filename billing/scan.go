package billing

import (
	"bytes"
	"encoding/json"
)

// A members walks the members of a JSON object, or the elements of a list, without
// decoding what lies in them. Replies are long and what is wanted of them is short.
type members struct {
	text   []byte
	at     int
	closer byte
	broken bool
}

// membersOf starts a walk; of what is neither object nor list there are no members.
func membersOf(text []byte) members {
	m := members{text: text}
	switch m.peek() {
	case '{':
		m.closer = '}'
	case '[':
		m.closer = ']'
	default:
		m.broken = true
	}
	m.at++
	return m
}

// next returns the next member. The key has no quotes and keeps its escapes; a list's
// elements have none. ok is false at the end and where the text breaks off.
func (m *members) next() (key, value []byte, ok bool) {
	if m.broken || m.peek() == m.closer {
		return nil, nil, false
	}
	if m.closer == '}' {
		start := m.at
		if m.peek() != '"' || !m.skip() {
			return nil, nil, m.fail()
		}
		key = m.text[start+1 : m.at-1]
		if m.peek() != ':' {
			return nil, nil, m.fail()
		}
		m.at++
	}
	m.peek()
	start := m.at
	if !m.skip() {
		return nil, nil, m.fail()
	}
	value = m.text[start:m.at]
	switch m.peek() {
	case ',':
		m.at++
	case m.closer:
	default:
		return nil, nil, m.fail()
	}
	return key, value, true
}

// whole says after the last member whether the object or list was complete.
func (m *members) whole() bool { return !m.broken }

func (m *members) fail() bool {
	m.broken = true
	return false
}

// peek passes over white space and returns the byte behind it, 0 at the end.
func (m *members) peek() byte {
	for ; m.at < len(m.text); m.at++ {
		switch c := m.text[m.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// skip passes over one value.
func (m *members) skip() bool {
	depth := 0
	for m.at < len(m.text) {
		switch m.text[m.at] {
		case '"':
			if !m.skipString() {
				return false
			}
		case '{', '[':
			depth++
			m.at++
		case '}', ']':
			depth--
			m.at++
		case ',', ':', ' ', '\t', '\r', '\n':
			m.at++
			continue
		default:
			m.skipWord()
		}
		if depth <= 0 {
			return depth == 0
		}
	}
	return false
}

// skipString passes over a string. A quote after an odd number of backslashes is text.
func (m *members) skipString() bool {
	for from := m.at + 1; ; {
		end := bytes.IndexByte(m.text[from:], '"')
		if end < 0 {
			return false
		}
		end += from
		slashes := 0
		for m.text[end-1-slashes] == '\\' {
			slashes++
		}
		from = end + 1
		if slashes%2 == 0 {
			m.at = from
			return true
		}
	}
}

// skipWord passes over a number or a literal.
func (m *members) skipWord() {
	for ; m.at < len(m.text); m.at++ {
		switch m.text[m.at] {
		case ',', ':', '}', ']', '{', '[', '"', ' ', '\t', '\r', '\n':
			return
		}
	}
}

// member returns one member of an object, nil where it is not there.
func member(object []byte, name string) (found []byte) {
	m := membersOf(object)
	for key, value, ok := m.next(); ok; key, value, ok = m.next() {
		if string(key) == name {
			found = value
		}
	}
	return found
}

// object decodes an object that is known to be sound. Numbers keep their text.
func object(text []byte) map[string]any {
	out := make(map[string]any, 8)
	m := membersOf(text)
	for key, value, ok := m.next(); ok; key, value, ok = m.next() {
		out[unescaped(key)] = anyOf(value)
	}
	return out
}

func anyOf(value []byte) any {
	switch value[0] {
	case '{':
		return object(value)
	case '[':
		var list []any
		m := membersOf(value)
		for _, one, ok := m.next(); ok; _, one, ok = m.next() {
			list = append(list, anyOf(one))
		}
		return list
	case '"':
		return words(value)
	case 't', 'f':
		return value[0] == 't'
	case 'n':
		return nil
	}
	return json.Number(value)
}

// isObject says whether a raw value is an object.
func isObject(value []byte) bool { return len(value) > 1 && value[0] == '{' }

// words returns the text of a raw string, empty for anything else.
func words(value []byte) string {
	if len(value) < 2 || value[0] != '"' {
		return ""
	}
	return unescaped(value[1 : len(value)-1])
}

// unescaped decodes what stands between the quotes of a string.
func unescaped(inner []byte) (text string) {
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	quoted := append(append([]byte{'"'}, inner...), '"')
	if json.Unmarshal(quoted, &text) != nil {
		return ""
	}
	return text
}
