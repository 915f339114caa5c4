package prompt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
)

// A reader walks over a JSON document whose syntax was checked. On one that is broken all the same
// it ends early, and never reads outside.
type reader struct {
	b    []byte
	i    int
	mark Life // the longest that was met within a value
}

// A sum adds up what a value holds.
type sum struct {
	ordered uint64 // in the order in which it stands
	loose   uint64 // in any order
}

const (
	mixA = 0x9E3779B185EBCA87
	mixB = 0xC2B2AE3D27D4EB4F
	deep = 1000
)

func mix(h uint64) uint64 {
	h ^= h >> 29
	h *= mixB
	return h ^ h>>32
}

func (s *sum) add(h uint64) {
	s.ordered = bits.RotateLeft64(s.ordered^h, 27)*mixA + mixB
	s.loose += mix(h)
}

// shape notes a bracket, so that [1,2] and [[1],2] differ.
func (s *sum) shape(c byte) { s.ordered = bits.RotateLeft64(s.ordered^uint64(c), 31) * mixA }

func (r *reader) space() {
	for r.i < len(r.b) && r.b[r.i] <= ' ' {
		r.i++
	}
}

func (r *reader) peek() byte {
	if r.i < len(r.b) {
		return r.b[r.i]
	}
	return 0
}

// text reads the string at r.i and returns what stands between its quotes. other says that it holds
// an escape that another writer of JSON might not have used.
func (r *reader) text() (text []byte, other bool) {
	b, i := r.b, r.i+1
	start := min(i, len(b))
	if n := bytes.IndexByte(b[start:], '"'); n >= 0 { // most strings have no escape
		k := bytes.IndexByte(b[start:start+n], '\\')
		if k < 0 {
			r.i = start + n + 1
			return b[start : start+n], false
		}
		i = start + k
	}
	for {
		i = stop(b, i)
		if i >= len(b) {
			r.i = len(b)
			return b[start:], other
		}
		if b[i] == '"' {
			r.i = i + 1
			return b[start:i], other
		}
		if i+1 < len(b) {
			other = other || b[i+1] == 'u' || b[i+1] == '/'
		}
		i += 2
	}
}

// stop returns where at or after i the next quote or backslash is. It looks at eight bytes at a time.
func stop(b []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, slash := w^(ones*'"'), w^(ones*'\\')
		// Only the lowest bit that is set is right: a borrow disturbs what is behind it.
		if hit := ((quote-ones)&^quote | (slash-ones)&^slash) & tops; hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for ; i < len(b) && b[i] != '"' && b[i] != '\\'; i++ {
	}
	return i
}

// hash reads the string at r.i and returns the hash of its content, however that was escaped.
func (r *reader) hash() uint64 {
	text, other := r.text()
	if other {
		text = unescaped(text)
	}
	return xxhash.Sum64(text)
}

// unescaped writes a string as most writers of JSON do: what need not be escaped is not.
func unescaped(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		if text[i] != '\\' || i+1 == len(text) {
			out = append(out, text[i])
			i++
			continue
		}
		switch text[i+1] {
		case '/':
			out = append(out, '/')
			i += 2
		case 'u':
			r, n := codePoint(text[i:])
			out = appendRune(out, r)
			i += n
		default:
			out = append(out, text[i], text[i+1])
			i += 2
		}
	}
	return out
}

// codePoint reads one \u sequence, or two that belong together.
func codePoint(text []byte) (rune, int) {
	first, ok := unit(text)
	if !ok {
		return utf8.RuneError, min(2, len(text))
	}
	if utf16.IsSurrogate(first) && len(text) > 6 {
		if second, ok := unit(text[6:]); ok {
			if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
				return r, 12
			}
		}
	}
	return first, 6
}

func unit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil
}

// short are the characters that must be escaped and have a sequence of two.
var short = map[rune]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}

func appendRune(out []byte, r rune) []byte {
	if two, ok := short[r]; ok {
		return append(out, two...)
	}
	if r < ' ' || utf16.IsSurrogate(r) {
		return append(out, fmt.Sprintf(`\u%04x`, r)...)
	}
	return utf8.AppendRune(out, r)
}

// scalar reads a number or a word.
func (r *reader) scalar() []byte {
	start := r.i
	for r.i < len(r.b) {
		switch r.b[r.i] {
		case ',', ']', '}', ' ', '\n', '\r', '\t', ':':
			return r.b[start:r.i]
		}
		r.i++
	}
	return r.b[start:]
}

// value reads the value at r.i into s.
func (r *reader) value(s *sum, depth int) {
	r.space()
	switch c := r.peek(); {
	case c == '"':
		s.add(r.hash())
	case (c == '{' || c == '[') && depth < deep:
		r.i++
		s.shape(c)
		r.inside(s, c == '{', depth)
		s.shape(c + 2) // its counterpart in ASCII
	default:
		before := r.i
		s.add(xxhash.Sum64(r.scalar()))
		if r.i == before {
			r.i++ // broken: go on all the same
		}
	}
}

func (r *reader) inside(s *sum, object bool, depth int) {
	for r.i < len(r.b) {
		r.space()
		switch r.peek() {
		case '}', ']':
			r.i++
			return
		case ',':
			r.i++
			continue
		}
		if object && r.peek() == '"' {
			key, _ := r.text()
			if r.colon(); string(key) == marker {
				r.mark = max(r.mark, r.life())
				continue
			}
			s.add(xxhash.Sum64(key))
		}
		r.value(s, depth+1)
	}
}

// marker is where Anthropic's clients put their breakpoints, which are no part of the content.
const marker = "cache_control"

func (r *reader) colon() {
	if r.space(); r.peek() == ':' {
		r.i++
	}
	r.space()
}

// members calls yield for each member of the object at r.i, which must read the value.
func (r *reader) members(yield func(key []byte)) {
	if r.space(); r.peek() != '{' {
		r.skip()
		return
	}
	for r.i++; r.i < len(r.b); {
		r.space()
		switch r.peek() {
		case '}':
			r.i++
			return
		case '"':
			key, _ := r.text()
			r.colon()
			at := r.i
			if yield(key); r.i == at {
				r.skip()
			}
		default:
			r.i++
		}
	}
}

// elements calls yield for each element of the array at r.i, which must read it.
func (r *reader) elements(yield func(n int)) {
	if r.space(); r.peek() != '[' {
		r.skip()
		return
	}
	n := 0
	for r.i++; r.i < len(r.b); {
		r.space()
		switch r.peek() {
		case ']':
			r.i++
			return
		case ',', ':', '}': // the last two where it is broken: skip does not pass over them
			r.i++
			continue
		}
		at := r.i
		if yield(n); r.i == at {
			r.skip()
		}
		n++
	}
}

// skip passes over a value without looking at what it holds.
func (r *reader) skip() {
	r.space()
	depth := 0
	for r.i < len(r.b) {
		switch r.b[r.i] {
		case '"':
			r.text()
		case '{', '[':
			depth++
			r.i++
		case '}', ']':
			if depth == 0 {
				return
			}
			depth--
			r.i++
		case ',', ':', ' ', '\n', '\r', '\t':
			if depth == 0 {
				return
			}
			r.i++
			continue
		default:
			r.scalar()
		}
		if depth == 0 {
			return
		}
	}
}

// life reads the value at r.i as a breakpoint (https://platform.claude.com/docs/en/build-with-claude/prompt-caching,
// read 2026-11: five minutes where it names no ttl).
func (r *reader) life() Life {
	if r.space(); r.peek() != '{' {
		r.skip()
		return NoMark
	}
	life := Mark5m
	r.members(func(key []byte) {
		if string(key) == "ttl" && r.word() == "1h" {
			life = Mark1h
		}
	})
	return life
}

// word reads the value at r.i as a short text; empty where it is none.
func (r *reader) word() string {
	if r.space(); r.peek() != '"' {
		r.skip()
		return ""
	}
	text, _ := r.text()
	if len(text) > longestWord {
		return ""
	}
	return string(text)
}

const longestWord = 64
