package edit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	"github.com/tailscale/hujson"
)

// jsonText is JSON with comments and trailing commas. A blank text is an empty object.
type jsonText struct{}

func (jsonText) decode(text []byte) (map[string]any, error) {
	if blank(text) {
		return map[string]any{}, nil
	}
	if _, err := object(text); err != nil {
		return nil, err
	}
	plain, err := hujson.Standardize(bytes.Clone(text))
	if err != nil {
		return nil, misread(err)
	}
	var tree map[string]any
	dec := json.NewDecoder(bytes.NewReader(plain))
	dec.UseNumber()
	if err := dec.Decode(&tree); err != nil {
		return nil, misread(err)
	}
	return tree, nil
}

func blank(text []byte) bool { return len(bytes.TrimSpace(text)) == 0 }

var position = regexp.MustCompile(`line (\d+), column (\d+)`)

// misread finds the position in the parser's message, which has it nowhere else.
func misread(err error) error {
	e := &SyntaxError{Line: 1, Column: 1, Err: err}
	if m := position.FindStringSubmatch(err.Error()); m != nil {
		e.Line, _ = strconv.Atoi(m[1])
		e.Column, _ = strconv.Atoi(m[2])
	}
	return e
}

// object parses a text and returns its root, which must be an object.
func object(text []byte) (hujson.Value, error) {
	if err := shallow(text); err != nil {
		return hujson.Value{}, err
	}
	root, err := hujson.Parse(text)
	if err != nil {
		return root, misread(err)
	}
	if _, ok := root.Value.(*hujson.Object); !ok {
		return root, &SyntaxError{Line: lineOf(text, root.StartOffset), Column: 1, Err: ErrShape}
	}
	return root, nil
}

// member returns the object's member of a name, -1 for none.
func member(o *hujson.Object, name string) (int, error) {
	found := -1
	for i, m := range o.Members {
		if literal, ok := m.Name.Value.(hujson.Literal); !ok || literal.String() != name {
			continue
		}
		if found >= 0 {
			return -1, fmt.Errorf("%s: %w", name, ErrTwice)
		}
		found = i
	}
	return found, nil
}

// holder walks to the object that holds, or would hold, a key; nil when there is no such object.
func holder(text []byte, key []string) (*hujson.Value, error) {
	root, err := object(text)
	if err != nil {
		return nil, err
	}
	v := &root
	for _, name := range key[:len(key)-1] {
		o, ok := v.Value.(*hujson.Object)
		if !ok {
			return nil, ErrShape
		}
		i, err := member(o, name)
		if i < 0 || err != nil {
			return nil, err
		}
		v = &o.Members[i].Value
	}
	if _, ok := v.Value.(*hujson.Object); !ok {
		return nil, ErrShape
	}
	return v, nil
}

func (jsonText) find(text []byte, key []string) (*place, error) {
	if blank(text) {
		return nil, nil
	}
	v, err := holder(text, key)
	if v == nil || err != nil {
		return nil, err
	}
	o := v.Value.(*hujson.Object)
	i, err := member(o, key[len(key)-1])
	if i < 0 || err != nil {
		return nil, err
	}
	found := o.Members[i].Value
	p := &place{start: found.StartOffset, end: found.EndOffset}
	p.Raw, p.Line = string(text[p.start:p.end]), lineOf(text, p.start)
	if literal, ok := found.Value.(hujson.Literal); ok && literal.Kind() == '"' {
		p.Text, p.IsText = literal.String(), true
	}
	return p, nil
}

func (j jsonText) put(text []byte, c Change) ([]byte, []Trace, error) {
	var traces []Trace
	if blank(text) {
		was := string(text)
		text, traces = []byte("{}\n"), []Trace{{Branch: true, Around: &was}}
	}
	raw := string(hujson.String(c.Value))
	if at, err := j.find(text, c.Key); err != nil {
		return nil, nil, err
	} else if at != nil {
		return splice(text, at.start, at.end, raw), append(traces, Trace{Key: c.Key, Old: &at.Raw}), nil
	}
	for depth := 1; depth <= len(c.Key); depth++ {
		key, value := c.Key[:depth], "{}"
		if depth == len(c.Key) {
			value = raw
		} else if at, err := j.find(text, key); err != nil {
			return nil, nil, err
		} else if at != nil {
			continue
		}
		t := Trace{Key: key, Branch: depth < len(c.Key)}
		var err error
		if text, t.Around, err = insert(text, key, value); err != nil {
			return nil, nil, err
		}
		traces = append(traces, t)
	}
	return text, traces, nil
}

// insert adds a member to the object that is to hold it, as the last one.
func insert(text []byte, key []string, value string) ([]byte, *string, error) {
	v, err := holder(text, key)
	if err != nil {
		return nil, nil, err
	}
	if v == nil {
		return nil, nil, ErrShape
	}
	line := string(hujson.String(key[len(key)-1])) + ": " + value
	if o := v.Value.(*hujson.Object); len(o.Members) > 0 {
		return extend(text, o, v.EndOffset-1, line), nil, nil
	}
	out, around := begin(text, v.StartOffset+1, v.EndOffset-1, line)
	return out, around, nil
}

// begin writes the first member of an object, between its braces.
func begin(text []byte, from, to int, line string) ([]byte, *string) {
	was := string(text[from:to])
	head := lineStart(text, from)
	outer := text[head : head+len(text[head:])-len(bytes.TrimLeft(text[head:], " \t"))]
	inner := newline(text) + string(outer) + unit(text)
	if blank(text[from:to]) {
		return splice(text, from, to, inner+line+newline(text)+string(outer)), &was
	}
	if end, ok := lineEnd(text, from, to); ok {
		return splice(text, end, end, inner+line), nil
	}
	return splice(text, from, from, line), nil
}

// extend writes a member after an object's last one, whose line keeps its comment. The closing brace is at brace.
func extend(text []byte, o *hujson.Object, brace int, line string) []byte {
	last := o.Members[len(o.Members)-1]
	anchor, comma := last.Value.EndOffset, afterSpace(text, last.Value.EndOffset)
	trailing := text[comma] == ','
	if trailing {
		anchor, line = comma+1, line+","
	}
	gap, at := " ", anchor
	if space := text[lineStart(text, last.Name.StartOffset):last.Name.StartOffset]; blank(space) {
		gap = newline(text) + string(space)
		if end, ok := lineEnd(text, anchor, brace); ok {
			at = end
		}
	}
	out := splice(text, at, at, gap+line)
	if !trailing {
		out = splice(out, anchor, anchor, ",")
	}
	return out
}

// unit returns by how much the file's first member is indented.
func unit(text []byte) string {
	root, err := object(text)
	if err != nil {
		return "  "
	}
	if o := root.Value.(*hujson.Object); len(o.Members) > 0 {
		start := o.Members[0].Name.StartOffset
		if space := text[lineStart(text, start):start]; len(space) > 0 && blank(space) {
			return string(space)
		}
	}
	return "  "
}

func (j jsonText) drop(text []byte, t Trace) ([]byte, error) {
	if len(t.Key) == 0 {
		root, err := object(text)
		if err != nil || !empty(text, &root) || !blank(root.BeforeExtra) || !blank(root.AfterExtra) {
			return text, err
		}
		return []byte(*t.Around), nil
	}
	v, err := holder(text, t.Key)
	if v == nil || err != nil {
		return text, err
	}
	o := v.Value.(*hujson.Object)
	i, err := member(o, t.Key[len(t.Key)-1])
	if i < 0 || err != nil {
		return text, err
	}
	if t.Branch && !empty(text, &o.Members[i].Value) {
		return text, nil
	}
	out := lift(text, o, i)
	if t.Around == nil || len(o.Members) > 1 {
		return out, nil
	}
	from, to := v.StartOffset+1, v.EndOffset-1-(len(text)-len(out))
	if !blank(out[from:to]) {
		return out, nil
	}
	return splice(out, from, to, *t.Around), nil
}

// empty says whether a value is an object with nothing in it, not even a comment.
func empty(text []byte, v *hujson.Value) bool {
	o, ok := v.Value.(*hujson.Object)
	return ok && len(o.Members) == 0 && blank(text[v.StartOffset+1:v.EndOffset-1])
}

// lift takes a member out, with the space before it and one comma.
func lift(text []byte, o *hujson.Object, i int) []byte {
	m := o.Members[i]
	start := m.Name.StartOffset
	for start > 0 && (text[start-1] == ' ' || text[start-1] == '\t') {
		start--
	}
	start = beforeBreak(text, start)
	end := m.Value.EndOffset
	comma := afterSpace(text, end)
	if text[comma] == ',' {
		return splice(splice(text, comma, comma+1, ""), start, end, "")
	}
	text = splice(text, start, end, "")
	if i > 0 {
		comma = afterSpace(text, o.Members[i-1].Value.EndOffset)
		text = splice(text, comma, comma+1, "")
	}
	return text
}

// afterSpace skips white space and comments.
func afterSpace(text []byte, at int) int {
	for at < len(text) {
		switch {
		case bytes.IndexByte([]byte(" \t\r\n"), text[at]) >= 0:
			at++
		case bytes.HasPrefix(text[at:], []byte("//")):
			at = afterBreak(text, at)
		case bytes.HasPrefix(text[at:], []byte("/*")):
			at += 2 + bytes.Index(text[at+2:], []byte("*/")) + 2
		default:
			return at
		}
	}
	return at
}

// lineEnd returns where the line ends that an offset is in, before its break and after its comments, when that is
// before the limit and nothing but comments stands between.
func lineEnd(text []byte, at, limit int) (int, bool) {
	for at < limit {
		switch {
		case text[at] == '\n':
			return beforeBreak(text, at+1), true
		case bytes.HasPrefix(text[at:], []byte("//")):
			end := afterBreak(text, at)
			return beforeBreak(text, end), true
		case bytes.HasPrefix(text[at:], []byte("/*")):
			at += 2 + bytes.Index(text[at+2:], []byte("*/")) + 2
		case text[at] == ' ' || text[at] == '\t' || text[at] == '\r':
			at++
		default:
			return 0, false
		}
	}
	return 0, false
}
