package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrSyntax is the reason of a ScanError when the document is not JSON, or nests deeper than 1,000 levels.
	ErrSyntax = errors.New("malformed JSON")
	// ErrNotObject is the reason when the document is JSON but no object.
	ErrNotObject = errors.New("not a JSON object")
	// ErrDuplicateKey is the reason when a wanted key is there twice: one parser reads
	// the first, another the last, so neither may be believed.
	ErrDuplicateKey = errors.New("duplicate key")
)

// A ScanError says why a document was not accepted.
type ScanError struct {
	Reason error // ErrSyntax, ErrNotObject or ErrDuplicateKey
	Offset int   // bytes before the fault
	Key    string
}

func (e *ScanError) Error() string {
	if e.Key != "" {
		return fmt.Sprintf("%v %q at byte %d", e.Reason, e.Key, e.Offset)
	}
	return fmt.Sprintf("%v at byte %d", e.Reason, e.Offset)
}

func (e *ScanError) Unwrap() error { return e.Reason }

// A Field is a value found in a document: doc[Start:End].
type Field struct {
	Raw        []byte
	Start, End int
	Found      bool
}

// Scan reads the named members of a JSON object in one pass, and checks the syntax of the
// whole document on the way, without decoding anything. The result is parallel to fields.
// A field names a top-level key ("model") or a key inside a top-level object
// ("stream_options.include_usage"). Keys match unescaped and without case; a second
// match is an ErrDuplicateKey. Bytes that are not UTF-8 pass inside strings.
func Scan(doc []byte, fields []string) ([]Field, error) {
	s := scanner{b: doc, fields: fields, found: make([]Field, len(fields)), entered: make([]bool, len(fields))}
	err := s.document()
	return s.found, err
}

// Value returns the JSON value that doc begins with, nil where there is none.
func Value(doc []byte) []byte {
	s := scanner{b: doc}
	if s.value(1) != nil {
		return nil
	}
	return doc[:s.i]
}

type scanner struct {
	b       []byte
	i       int // the next byte
	fields  []string
	found   []Field
	entered []bool // by field: its parent was met
}

func (s *scanner) document() error {
	s.space()
	object := s.peek() == '{'
	var err error
	if object {
		err = s.object(1, "", true)
	} else {
		err = s.value(1)
	}
	if err != nil {
		return err
	}
	if s.space(); s.i < len(s.b) {
		return s.syntax()
	}
	if !object {
		return &ScanError{Reason: ErrNotObject}
	}
	return nil
}

// object reads the '{' at s.i to its end. Where members are wanted, path is what a
// field says before the key's name.
func (s *scanner) object(depth int, path string, wanted bool) error {
	s.i++
	s.space()
	if s.peek() == '}' {
		s.i++
		return nil
	}
	for {
		at := s.i
		if s.peek() != '"' {
			return s.syntax()
		}
		if err := s.text(); err != nil {
			return err
		}
		key := s.b[at:s.i]
		s.space()
		if s.peek() != ':' {
			return s.syntax()
		}
		s.i++
		s.space()
		var err error
		if wanted {
			err = s.member(depth, path, key, at)
		} else {
			err = s.value(depth + 1)
		}
		if err != nil {
			return err
		}
		s.space()
		switch s.peek() {
		case ',':
			s.i++
			s.space()
		case '}':
			s.i++
			return nil
		default:
			return s.syntax()
		}
	}
}

// member reads the value at s.i of the quoted key at at, and keeps it when a field names it.
func (s *scanner) member(depth int, path string, key []byte, at int) error {
	leaf, parent, err := s.match(path, key, at)
	if err != nil {
		return err
	}
	start := s.i
	if parent != "" && s.peek() == '{' {
		err = s.object(depth+1, parent+".", true)
	} else {
		err = s.value(depth + 1)
	}
	if err == nil && leaf >= 0 {
		s.found[leaf] = Field{Raw: s.b[start:s.i], Start: start, End: s.i, Found: true}
	}
	return err
}

// match finds the field that is this key, and the name of the key when fields lie inside it.
func (s *scanner) match(path string, key []byte, at int) (leaf int, parent string, err error) {
	name := unquoted(key)
	leaf = -1
	for k, f := range s.fields {
		rest, ok := strings.CutPrefix(f, path)
		head, _, inside := strings.Cut(rest, ".")
		if !ok || !bytes.EqualFold(name, []byte(head)) {
			continue
		}
		if inside && s.entered[k] || !inside && s.found[k].Found {
			return -1, "", &ScanError{Reason: ErrDuplicateKey, Offset: at, Key: path + head}
		}
		if inside {
			s.entered[k], parent = true, head
		} else {
			leaf = k
		}
	}
	return leaf, parent, nil
}

// unquoted returns the text of a JSON string whose syntax was checked.
func unquoted(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var text string
	if json.Unmarshal(quoted, &text) != nil {
		return nil // cannot be: the scan accepted it
	}
	return []byte(text)
}

func (s *scanner) syntax() error { return &ScanError{Reason: ErrSyntax, Offset: s.i} }

// peek returns the next byte, 0 at the end: no JSON has one outside of strings.
func (s *scanner) peek() byte {
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}
