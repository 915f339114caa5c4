package wire

import (
	"bytes"
	"iter"
	"strings"
)

// Set returns doc, a JSON object that Scan accepted, with the value at a path of keys
// ("options.seed") and every other byte as it was. Objects that the path needs and that are
// missing, or null, are made; one that is something else leaves doc as it is, and so does a
// path through a list. A nil value takes away what is there. Keys match exactly and need no
// escapes; of one that is there twice, the last counts.
func Set(doc []byte, path string, value []byte) []byte {
	keys := strings.Split(path, ".")
	object := Whole(doc)
	for i, key := range keys {
		m, ok := find(doc, object, key)
		rest := keys[i+1:]
		switch {
		case len(object.Raw) == 0 || object.Raw[0] != '{', !ok && value == nil:
			return doc
		case !ok:
			return Splice(doc, object.Insert(key, nest(rest, value)))
		case len(rest) == 0 && value == nil:
			return Splice(doc, cuts(doc, object, key)...) // else another of its name would count
		case len(rest) == 0:
			return Splice(doc, m.value.Replace(value))
		case string(m.value.Raw) == "null" && value != nil:
			return Splice(doc, m.value.Replace(nest(rest, value)))
		}
		object = m.value
	}
	return doc
}

// nest puts a value into objects, one for each key.
func nest(keys []string, value []byte) []byte {
	var out bytes.Buffer
	for _, key := range keys {
		out.WriteString(`{"` + key + `":`)
	}
	out.Write(value)
	out.WriteString(strings.Repeat("}", len(keys)))
	return out.Bytes()
}

// A member is one value of an object.
type member struct {
	key    []byte // as it is written
	value  Field
	start  int // where its key begins
	next   int // where the next member's does; of the last one, where its value ends
	before int // where the member before it ends; -1: it is the first
}

// members are those of an object, in their order; of anything else there are none.
func members(doc []byte, object Field) iter.Seq[member] {
	return func(yield func(member) bool) {
		if len(object.Raw) == 0 || object.Raw[0] != '{' {
			return
		}
		s := scanner{b: doc[:object.End], i: object.Start + 1}
		s.space()
		for more, before := true, -1; more; {
			m := member{start: s.i, before: before}
			if s.peek() != '"' || s.text() != nil {
				return
			}
			m.key = s.b[m.start:s.i]
			s.space()
			s.i++ // the colon
			s.space()
			from := s.i
			if s.value(1) != nil {
				return
			}
			m.value = Field{Raw: doc[from:s.i], Start: from, End: s.i, Found: true}
			m.next, before = s.i, s.i
			s.space()
			if more = s.peek() == ','; more {
				s.i++
				s.space()
				m.next = s.i
			}
			if !yield(m) {
				return
			}
		}
	}
}

// find returns the last member of an object that has a name.
func find(doc []byte, object Field, name string) (found member, ok bool) {
	for m := range members(doc, object) {
		if string(unquoted(m.key)) == name {
			found, ok = m, true
		}
	}
	return found, ok
}

// cuts are the edits that take away all members of a name, each with a comma.
func cuts(doc []byte, object Field, name string) (edits []Edit) {
	kept := false // one that stays stands before
	for m := range members(doc, object) {
		switch {
		case string(unquoted(m.key)) != name:
			kept = true
		case kept:
			edits = append(edits, Edit{Start: m.before, End: m.value.End})
		default:
			edits = append(edits, Edit{Start: m.start, End: m.next})
		}
	}
	return edits
}
