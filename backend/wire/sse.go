// Package wire cuts, reads and edits the bytes that model APIs send, without changing one that it was not asked to change.
package wire

import (
	"bytes"
	"errors"
)

// ErrFrameTooLong is returned for a server-sent event larger than Splitter.Max.
var ErrFrameTooLong = errors.New("server-sent event is too long")

const (
	defaultMax = 64 << 20 // what a Splitter with Max 0 takes for one frame
	keepCap    = 1 << 20  // a buffer that grew beyond it is not kept for the next frame
	maxNames   = 32       // event names remembered, so that usual ones cost no allocation
)

// A Frame is one server-sent event, or a block of comments or blank lines between two.
// Its slices alias the Splitter's buffer or the bytes given to Feed: they are valid until
// the next Feed, and no longer than those bytes are left alone.
type Frame struct {
	Raw     []byte // the exact bytes, the blank line included
	Event   string // the event field; empty: none
	Data    []byte // the data lines, joined by line feeds
	HasData bool   // there was a data line, perhaps an empty one
}

// A Splitter cuts a byte stream into server-sent events however the bytes come, keeping
// each event's exact bytes: the Raw of all frames and Rest, one after the other, are the
// stream. Lines may end in CRLF, LF or CR. The zero value is ready.
type Splitter struct {
	Max int // bytes of one frame; 0: 64 MiB

	buf    []byte // holds the unfinished frame from start on
	start  int
	line   int  // where the current line starts, counted from the frame's start
	seen   int  // bytes of the frame that hold no further line end
	bareCR bool // the last line ended in a lone CR: the stream's line end is CR
	skipLF bool // a frame ended in a lone CR; an LF right after it is the same line end
	begun  bool // the first frame, which may start with a byte order mark, is past
	joined []byte
	names  map[string]string
	err    error
}

// Feed takes the next bytes of the stream and yields each frame that they complete.
// After an error the Splitter yields nothing more.
func (s *Splitter) Feed(p []byte, yield func(Frame)) error {
	if s.err != nil {
		return s.err
	}
	b := s.take(p)
	own := len(s.buf) > 0 // b is s.buf
	e := ends{b: b, cr: -1, lf: -1}
	start := 0
	for start < len(b) {
		end := s.frameEnd(&e, start)
		if end == 0 {
			break
		}
		raw := b[start : start+end]
		if len(raw) > s.max() {
			s.err = ErrFrameTooLong
			return s.err
		}
		yield(s.frame(raw))
		start += end
	}
	if own {
		s.start = start
	} else {
		s.buf, s.start = append(s.buf[:0], b[start:]...), 0
	}
	if len(b)-start > s.max() {
		s.err = ErrFrameTooLong
	}
	return s.err
}

// Rest returns the bytes of an unfinished frame, as they are at the end of a stream that was cut.
func (s *Splitter) Rest() []byte { return s.buf[s.start:] }

func (s *Splitter) max() int {
	if s.Max > 0 {
		return s.Max
	}
	return defaultMax
}

// take returns the bytes to look at: p itself when nothing waits, else what waits and p behind it.
func (s *Splitter) take(p []byte) []byte {
	s.joined = s.joined[:0]
	if cap(s.joined) > keepCap {
		s.joined = nil
	}
	n := copy(s.buf, s.buf[s.start:])
	s.buf, s.start = s.buf[:n], 0
	if n == 0 {
		if cap(s.buf) > keepCap {
			s.buf = nil
		}
		return p
	}
	s.buf = append(s.buf, p...)
	return s.buf
}

// frameEnd returns the length of the frame that starts at start, or 0 when its end has not come.
// Whether the LF of a CRLF has come yet must not matter: after a CR that ends a blank line
// it waits for the next byte, but in a stream of lone CRs it ends the frame at once.
func (s *Splitter) frameEnd(e *ends, start int) int {
	b := e.b[start:]
	if s.skipLF {
		s.skipLF = false
		if b[0] == '\n' {
			s.line, s.seen = 1, 1
		}
	}
	for {
		i := e.after(start+s.seen) - start
		if i == len(b) {
			s.seen = i
			return 0
		}
		blank, end, bare := i == s.line, i+1, false
		if b[i] == '\r' {
			switch {
			case blank && s.bareCR:
				bare = true
			case end == len(b):
				s.seen = i
				return 0
			case b[end] == '\n':
				end++
			default:
				bare = true
			}
		}
		s.bareCR, s.line, s.seen = bare, end, end
		if blank {
			s.skipLF = bare
			s.line, s.seen = 0, 0
			return end
		}
	}
}

// frame reads the fields of a whole frame.
func (s *Splitter) frame(raw []byte) Frame {
	f := Frame{Raw: raw}
	b := raw
	if !s.begun {
		b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
		s.begun = true
	}
	e := ends{b: b, cr: -1, lf: -1}
	from := len(s.joined)
	for at := 0; at < len(b); {
		end := e.after(at)
		name, value, _ := bytes.Cut(b[at:end], []byte(":"))
		at = end + 1
		value = bytes.TrimPrefix(value, []byte(" "))
		switch {
		case string(name) == "event":
			f.Event = s.name(value)
		case string(name) != "data":
		case !f.HasData:
			f.Data, f.HasData = value, true
		default:
			if len(s.joined) == from {
				s.joined = append(s.joined, f.Data...)
			}
			s.joined = append(append(s.joined, '\n'), value...)
			f.Data = s.joined[from:]
		}
	}
	return f
}

// ends finds line ends in b, looking at each byte once.
type ends struct {
	b      []byte
	cr, lf int // the next ones known
}

// after returns where the first CR or LF at or after i is, or len(b).
func (e *ends) after(i int) int {
	if e.cr < i {
		e.cr = next(e.b, i, '\r')
	}
	if e.lf < i {
		e.lf = next(e.b, i, '\n')
	}
	return min(e.cr, e.lf)
}

// next returns where c is first found in b at or after i, or len(b).
func next(b []byte, i int, c byte) int {
	if n := bytes.IndexByte(b[i:], c); n >= 0 {
		return i + n
	}
	return len(b)
}

// name returns an event's name, the same string for the same bytes.
func (s *Splitter) name(b []byte) string {
	if n, ok := s.names[string(b)]; ok {
		return n
	}
	n := string(b)
	if s.names == nil {
		s.names = make(map[string]string)
	}
	if len(s.names) < maxNames {
		s.names[n] = n
	}
	return n
}
