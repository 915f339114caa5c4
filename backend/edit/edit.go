// Package edit changes single values in the JSON and TOML files of other programs and leaves every other byte
// as it stands: comments, order, indentation, line ends. It opens no file.
package edit

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// A Format is how a file is written.
type Format string

// The formats that can be changed. JSON may have comments and trailing commas.
const (
	JSON Format = "json"
	TOML Format = "toml"
)

// A Change is a text that shall stand under a key, whose names lead from the root down.
type Change struct {
	Key   []string
	Value string
}

// A Trace is what is needed to take one change back.
type Trace struct {
	Key    []string
	Branch bool    // an object or table that was made to hold the values; it goes when nothing else is in it
	Old    *string // how the value was written before; nil: it was not there
	Around *string // the space that gave way to what was written; nil: none did
}

// A Value is what stands under a key.
type Value struct {
	Raw    string // as it is written
	Text   string // what it says, where it is a text
	IsText bool
	Line   int // from 1
}

// A SyntaxError says where a file cannot be read.
type SyntaxError struct {
	Line, Column int
	Err          error
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %v", e.Line, e.Column, e.Err)
}

func (e *SyntaxError) Unwrap() error { return e.Err }

var (
	// ErrShape says that something else stands where an object or a table is needed, or that a file is laid out
	// so that a change would touch more than its own value.
	ErrShape = errors.New("the file's layout does not allow this change")
	// ErrTwice says that a name stands twice in an object: one program reads the first, another the last.
	ErrTwice = errors.New("a name stands twice")
)

// A language is what the formats differ in. Texts come without a byte order mark.
type language interface {
	decode(text []byte) (map[string]any, error)
	find(text []byte, key []string) (*place, error) // nil: there is none
	put(text []byte, c Change) ([]byte, []Trace, error)
	drop(text []byte, t Trace) ([]byte, error)
}

// A place is where a value stands.
type place struct {
	Value
	start, end int
}

func (f Format) language() language {
	if f == TOML {
		return tomlText{}
	}
	return jsonText{}
}

var mark = []byte("\xef\xbb\xbf")

// Find returns what stands under a key; nil, when nothing does.
func (f Format) Find(text []byte, key ...string) (*Value, error) {
	p, err := f.language().find(bytes.TrimPrefix(text, mark), key)
	if p == nil || err != nil {
		return nil, err
	}
	return &p.Value, nil
}

// Names returns what an object or a table holds, in no order.
func (f Format) Names(text []byte, key ...string) ([]string, error) {
	tree, err := f.language().decode(bytes.TrimPrefix(text, mark))
	if err != nil {
		return nil, err
	}
	for _, name := range key {
		tree, _ = tree[name].(map[string]any)
	}
	return slices.Collect(maps.Keys(tree)), nil
}

// Check says whether a text can be read at all.
func (f Format) Check(text []byte) error {
	_, err := f.language().decode(bytes.TrimPrefix(text, mark))
	return err
}

// Apply returns the text with the changes made, and what is needed to take them back. A value that is there
// already leaves no trace. The result is read again: anything but the changes in it is an ErrShape.
func (f Format) Apply(text []byte, changes []Change) ([]byte, []Trace, error) {
	l := f.language()
	body, marked := bytes.CutPrefix(text, mark)
	want, err := l.decode(body)
	if err != nil {
		return nil, nil, err
	}
	var traces []Trace
	for _, c := range changes {
		if !set(want, c.Key, c.Value) {
			return nil, nil, fmt.Errorf("%v: %w", c.Key, ErrShape)
		}
		at, err := l.find(body, c.Key)
		if err != nil {
			return nil, nil, err
		}
		if at != nil && at.IsText && at.Text == c.Value {
			continue
		}
		var made []Trace
		if body, made, err = l.put(body, c); err != nil {
			return nil, nil, fmt.Errorf("%v: %w", c.Key, err)
		}
		traces = append(traces, made...)
	}
	if err := says(l, body, want); err != nil {
		return nil, nil, err
	}
	return whole(body, marked), traces, nil
}

// Revert takes changes back, the last one first: values are as they were written before, what was made is gone.
func (f Format) Revert(text []byte, traces []Trace) ([]byte, error) {
	l := f.language()
	body, marked := bytes.CutPrefix(text, mark)
	want, err := l.decode(body)
	if err != nil {
		return nil, err
	}
	for i := len(traces) - 1; i >= 0; i-- {
		t := traces[i]
		if body, err = f.revert(body, t); err != nil {
			return nil, fmt.Errorf("%v: %w", t.Key, err)
		}
	}
	got, err := l.decode(body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrShape, err)
	}
	without(got, traces)
	if without(want, traces); !reflect.DeepEqual(got, want) {
		return nil, ErrShape
	}
	return whole(body, marked), nil
}

func (f Format) revert(body []byte, t Trace) ([]byte, error) {
	l := f.language()
	if t.Old == nil {
		return l.drop(body, t)
	}
	at, err := l.find(body, t.Key)
	if at == nil || err != nil {
		return body, err
	}
	return splice(body, at.start, at.end, *t.Old), nil
}

// says tells whether a text reads as it should.
func says(l language, text []byte, want map[string]any) error {
	got, err := l.decode(text)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrShape, err)
	}
	if !reflect.DeepEqual(got, want) {
		return ErrShape
	}
	return nil
}

func whole(body []byte, marked bool) []byte {
	if marked {
		return append(bytes.Clone(mark), body...)
	}
	return body
}

// set writes a value into decoded tables, and says whether there was a way to it.
func set(tree map[string]any, key []string, value string) bool {
	for _, name := range key[:len(key)-1] {
		next, there := tree[name]
		if !there {
			next = map[string]any{}
			tree[name] = next
		}
		branch, ok := next.(map[string]any)
		if !ok {
			return false
		}
		tree = branch
	}
	tree[key[len(key)-1]] = value
	return true
}

// at returns the table that holds a key; nil, when there is none.
func at(tree map[string]any, key []string) map[string]any {
	for _, name := range key[:len(key)-1] {
		tree, _ = tree[name].(map[string]any)
	}
	return tree
}

func unset(tree map[string]any, key []string) {
	if len(key) > 0 {
		delete(at(tree, key), key[len(key)-1])
	}
}

// without takes away what was changed, and the branches that are empty then.
func without(tree map[string]any, traces []Trace) {
	for _, t := range traces {
		if !t.Branch {
			unset(tree, t.Key)
		}
	}
	for _, t := range traces {
		if t.Branch {
			prune(tree, t.Key)
		}
	}
}

// prune takes away an empty table.
func prune(tree map[string]any, key []string) {
	if len(key) == 0 {
		return
	}
	holder := at(tree, key)
	if branch, ok := holder[key[len(key)-1]].(map[string]any); ok && len(branch) == 0 {
		delete(holder, key[len(key)-1])
	}
	if len(key) > 1 {
		prune(tree, key[:len(key)-1])
	}
}

// splice puts a text in the place of what stands from start to end.
func splice(text []byte, start, end int, put string) []byte {
	out := make([]byte, 0, len(text)+len(put))
	out = append(out, text[:start]...)
	out = append(out, put...)
	return append(out, text[end:]...)
}

// newline returns how a text ends its lines.
func newline(text []byte) string {
	if i := bytes.IndexByte(text, '\n'); i > 0 && text[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// lineStart returns where the line of an offset begins.
func lineStart(text []byte, offset int) int {
	return bytes.LastIndexByte(text[:offset], '\n') + 1
}

func lineOf(text []byte, offset int) int {
	return 1 + bytes.Count(text[:offset], []byte("\n"))
}

// beforeBreak returns where the line break directly before an offset begins; the offset itself, when there is none.
func beforeBreak(text []byte, offset int) int {
	if offset > 0 && text[offset-1] == '\n' {
		offset--
		if offset > 0 && text[offset-1] == '\r' {
			offset--
		}
	}
	return offset
}

// afterBreak returns the end of the line of an offset, with its break; the text's end, when it has none.
func afterBreak(text []byte, offset int) int {
	if i := bytes.IndexByte(text[offset:], '\n'); i >= 0 {
		return offset + i + 1
	}
	return len(text)
}
