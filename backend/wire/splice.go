package wire

import (
	"bytes"
	"cmp"
	"slices"
)

// An Edit puts With in the place of doc[Start:End].
type Edit struct {
	Start, End int
	With       []byte
}

// Splice returns a copy of doc with the edits made and every other byte as it was. The
// places of edits are those in doc, in any order; they must not overlap. Without edits
// it returns doc itself.
func Splice(doc []byte, edits ...Edit) []byte {
	if len(edits) == 0 {
		return doc
	}
	edits = slices.SortedStableFunc(slices.Values(edits), func(a, b Edit) int { return cmp.Compare(a.Start, b.Start) })
	size := len(doc)
	for _, e := range edits {
		size += len(e.With) - (e.End - e.Start)
	}
	out := make([]byte, 0, size)
	at := 0
	for _, e := range edits {
		out = append(append(out, doc[at:e.Start]...), e.With...)
		at = e.End
	}
	return append(out, doc[at:]...)
}

// Replace is the edit that gives a scanned field another value.
func (f Field) Replace(value []byte) Edit { return Edit{f.Start, f.End, value} }

// Insert is the edit that adds a member at the end of the object that f is. The key must
// need no escapes.
func (f Field) Insert(key string, value []byte) Edit {
	inside := bytes.TrimRight(f.Raw[:len(f.Raw)-1], " \t\r\n")
	with := make([]byte, 0, len(key)+len(value)+4)
	if inside[len(inside)-1] != '{' {
		with = append(with, ',')
	}
	with = append(append(append(with, '"'), key...), '"', ':')
	at := f.Start + len(inside)
	return Edit{at, at, append(with, value...)}
}

// Whole is a scanned document as a field, so that members can be added to it.
func Whole(doc []byte) Field {
	const space = " \t\r\n"
	raw := bytes.TrimRight(doc, space)
	start := len(raw) - len(bytes.TrimLeft(raw, space))
	return Field{Raw: raw[start:], Start: start, End: len(raw), Found: true}
}
