package wire

import (
	"encoding/binary"
	"math/bits"
)

// maxDepth is how deep a document may nest.
const maxDepth = 1000

// value reads any JSON value at s.i to its end.
func (s *scanner) value(depth int) error {
	if depth > maxDepth {
		return s.syntax()
	}
	switch c := s.peek(); {
	case c == '"':
		return s.text()
	case c == '{':
		return s.object(depth, "", false)
	case c == '[':
		return s.array(depth)
	case c == '-' || digit(c):
		return s.number()
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	}
	return s.syntax()
}

func (s *scanner) array(depth int) error {
	s.i++
	s.space()
	if s.peek() == ']' {
		s.i++
		return nil
	}
	for {
		if err := s.value(depth + 1); err != nil {
			return err
		}
		s.space()
		switch s.peek() {
		case ',':
			s.i++
			s.space()
		case ']':
			s.i++
			return nil
		default:
			return s.syntax()
		}
	}
}

func (s *scanner) word(w string) error {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return s.syntax()
	}
	s.i += len(w)
	return nil
}

func (s *scanner) number() error {
	if s.peek() == '-' {
		s.i++
	}
	if s.peek() == '0' {
		s.i++
	} else if !s.digits() {
		return s.syntax()
	}
	if s.peek() == '.' {
		s.i++
		if !s.digits() {
			return s.syntax()
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.i++
		if c := s.peek(); c == '+' || c == '-' {
			s.i++
		}
		if !s.digits() {
			return s.syntax()
		}
	}
	return nil
}

// digits reads digits and reports whether there was one.
func (s *scanner) digits() bool {
	start := s.i
	for digit(s.peek()) {
		s.i++
	}
	return s.i > start
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// text reads the string that begins at s.i.
func (s *scanner) text() error {
	b, i := s.b, s.i+1
	for {
		i = plain(b, i)
		if i+1 < len(b) && b[i] == '\\' && simple[b[i+1]] {
			i += 2
			continue
		}
		if i >= len(b) || b[i] < ' ' {
			s.i = min(i, len(b))
			return s.syntax()
		}
		if b[i] == '"' {
			s.i = i + 1
			return nil
		}
		n := escape(b[i:])
		if n == 0 {
			s.i = i
			return s.syntax()
		}
		i += n
	}
}

// plain returns where at or after i a string's text is interrupted: by a quote, a backslash,
// a control character or the end. It looks at eight bytes at a time.
func plain(b []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, slash := w^(ones*'"'), w^(ones*'\\')
		// A byte's top bit is set where it is below the number taken from it. A borrow
		// can only disturb bytes behind the first hit, so the lowest bit is right.
		hit := ((w-ones*' ')&^w | (quote-ones)&^quote | (slash-ones)&^slash) & tops
		if hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c < ' ' || c == '"' || c == '\\' {
			break
		}
	}
	return i
}

// TextLen returns how many bytes the JSON string stands for that a value begins with, nearly:
// an escaped code point counts as three. It is 0 where there is no string; one that is cut
// ends with the value.
func TextLen(value []byte) int {
	if len(value) == 0 || value[0] != '"' {
		return 0
	}
	for n, at := 0, 1; ; {
		i := plain(value, at)
		n += i - at
		switch {
		case i == len(value) || value[i] == '"' || value[i] == '\\' && i+1 == len(value):
			return n
		case value[i] != '\\':
			n, at = n+1, i+1
		case value[i+1] == 'u':
			n, at = n+3, min(i+6, len(value))
		default:
			n, at = n+1, i+2
		}
	}
}

// simple are the characters that make an escape sequence of two.
var simple = [256]bool{'"': true, '\\': true, '/': true, 'b': true, 'f': true, 'n': true, 'r': true, 't': true}

// escape returns the length of the escape sequence that begins b, or 0.
func escape(b []byte) int {
	switch {
	case len(b) >= 2 && simple[b[1]]:
		return 2
	case len(b) < 6 || b[1] != 'u':
		return 0
	}
	for _, c := range b[2:6] {
		if !digit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
			return 0
		}
	}
	return 6
}
