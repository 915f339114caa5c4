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
	start := min(r.i+1, len(r.b))
	text = r.b[start:]
	end := len(text)
	for from := 0; from < len(text); {
		n := bytes.IndexByte(text[from:], '"')
		if n < 0 {
			break
		}
		if from += n + 1; !escaped(text[:from-1]) {
			end = from - 1
			break
		}
	}
	r.i = min(start+end+1, len(r.b))
	text = text[:end]
	return text, bytes.IndexByte(text, '\\') >= 0 && nextEscape(text, 0) < end
}

// escaped says whether what follows a text is escaped by its end.
func escaped(text []byte) bool {
	n := len(text)
	for n > 0 && text[n-1] == '\\' {
		n--
	}
	return (len(text)-n)%2 == 1
}

// nextEscape returns where at or after i the next escape begins that another writer of JSON might not have used: \u or
// \/. Without one it returns len(text).
func nextEscape(text []byte, i int) int {
	for {
		i = nextPair(text, i)
		if i == len(text) || !escaped(text[:i]) {
			return i
		}
		i++ // a backslash, and then that letter
	}
}

// nextPair returns where at or after i a backslash stands before a u or a slash; len(text): nowhere.
func nextPair(text []byte, i int) int {
	const step = 32
	for ; i+step < len(text); i += step {
		b := text[i : i+step+1]
		w, x, y, z := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])
		if odd(w, x)|odd(x, y)|odd(y, z)|odd(z, uint64(b[step])) == 0 {
			continue
		}
		if at := pair(b); at < len(b) {
			return i + at
		}
	}
	i = min(i, len(text))
	return i + pair(text[i:])
}

// odd tells whether one of eight bytes may be a backslash before a byte of an odd value. Of all that may follow a
// backslash, only u and the slash are odd, so that nothing more need be looked at in most texts.
func odd(bytes, next uint64) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	v := bytes ^ ones*'\\'
	return (v - ones) &^ v & (bytes>>1 | next<<63) & tops
}

func pair(text []byte) int {
	for i := 0; i+1 < len(text); i++ {
		if text[i] == '\\' && (text[i+1] == 'u' || text[i+1] == '/') {
			return i
		}
	}
	return len(text)
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
	for i := 0; ; {
		at := nextEscape(text, i)
		out = append(out, text[i:at]...)
		if i = at; i == len(text) {
			return out
		}
		if text[i+1] == '/' {
			out, i = append(out, '/'), i+2
			continue
		}
		r, n := codePoint(text[i:])
		out, i = appendRune(out, r), i+n
	}
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
