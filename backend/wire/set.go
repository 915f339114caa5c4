package wire

import (
	"bytes"
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
			return Set(Splice(doc, m.cut), path, nil) // another of its name would count now
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

// A member is one value of an object, and the edit that takes it away with its key and a comma.
type member struct {
	value Field
	cut   Edit
}

// find returns the last member of an object that has a name.
func find(doc []byte, object Field, name string) (m member, ok bool) {
	if len(object.Raw) == 0 || object.Raw[0] != '{' {
		return m, false
	}
	s := scanner{b: doc[:object.End], i: object.Start + 1}
	before := -1 // where the member before this one ends
	for {
		s.space()
		at := s.i
		if s.peek() != '"' || s.text() != nil {
			return m, ok
		}
		key := s.b[at:s.i]
		s.space()
		s.i++ // the colon
		s.space()
		start := s.i
		if s.value(1) != nil {
			return m, ok
		}
		end := s.i
		s.space()
		more := s.peek() == ','
		s.i++
		if string(unquoted(key)) == name {
			m, ok = member{Field{Raw: doc[start:end], Start: start, End: end, Found: true}, Edit{Start: at, End: end}}, true
			switch {
			case before >= 0:
				m.cut.Start = before
			case more:
				s.space()
				m.cut.End = s.i
			}
		}
		if before = end; !more {
			return m, ok
		}
	}
}
