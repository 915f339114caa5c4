package wire

import "bytes"

// An ArraySplitter cuts a JSON array that comes in pieces into its objects, as server-sent
// events are cut: the Raw of all frames and Rest, one after the other, are the stream. A frame
// has one object as its Data, and in its Raw what stands before it; the last one has the closing
// bracket as its Data. It checks no syntax. The zero value is ready.
type ArraySplitter struct {
	Max int // bytes of one frame; 0: 64 MiB

	buf     []byte // the unfinished frame
	seen    int    // bytes of it that were looked at
	data    int    // where its object begins
	depth   int    // of brackets and braces
	inside  bool   // a text
	escaped bool   // the text's next character stands for itself
	ended   bool
	begun   bool // an object was yielded
	err     error
}

// Begun reports whether an object was yielded, and the opening bracket with it.
func (s *ArraySplitter) Begun() bool { return s.begun }

// Feed takes the next bytes of the stream and yields each frame that they complete.
// After an error it yields nothing more.
func (s *ArraySplitter) Feed(p []byte, yield func(Frame)) error {
	if s.err != nil {
		return s.err
	}
	own := len(s.buf) > 0
	b := p
	if own {
		s.buf = append(s.buf, p...)
		b = s.buf
	}
	start, most := 0, s.Max
	if most <= 0 {
		most = defaultMax
	}
	for i := s.seen; i < len(b); {
		if s.ended {
			yield(Frame{Raw: b[i:]})
			start = len(b)
			break
		}
		next, whole := s.step(b, i)
		if i = next; !whole {
			continue
		}
		yield(Frame{Raw: b[start:i], Data: b[s.data:i], HasData: true})
		start = i
	}
	s.data -= start
	s.seen = len(b) - start
	if own {
		s.buf = s.buf[:copy(s.buf, b[start:])]
	} else {
		s.buf = append(s.buf[:0], b[start:]...)
	}
	if cap(s.buf) > keepCap && len(s.buf) == 0 {
		s.buf = nil
	}
	if s.seen > most {
		s.err = ErrFrameTooLong
	}
	return s.err
}

// step looks at what begins at b[i] and returns where the next thing does, and whether a frame
// ends there.
func (s *ArraySplitter) step(b []byte, i int) (next int, whole bool) {
	if s.escaped {
		s.escaped = false
		return i + 1, false
	}
	c := b[i]
	if s.inside {
		switch c {
		case '\\':
			s.escaped = true
		case '"':
			s.inside = false
		default:
			return max(plain(b, i), i+1), false
		}
		return i + 1, false
	}
	switch c {
	case '"':
		s.inside = true
	case '{', '[':
		if s.depth == 1 {
			s.data = i
		}
		s.depth++
	case '}', ']':
		if s.depth <= 1 { // a bracket without its opening one ends what there is, too
			s.ended, s.data = true, i
			return i + 1, true
		}
		s.depth--
		s.begun = s.begun || s.depth == 1
		return i + 1, s.depth == 1
	}
	return i + 1, false
}

// Rest returns the bytes of an unfinished frame, as they are at the end of a stream that was cut.
func (s *ArraySplitter) Rest() []byte { return s.buf }

// BeginsArray reports whether a document begins as an array does.
func BeginsArray(doc []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(doc, " \t\r\n"), []byte{'['})
}
