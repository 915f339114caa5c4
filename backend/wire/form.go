package wire

import (
	"bufio"
	"bytes"
	"errors"
	"mime"
	"net/textproto"
	"strings"
)

// ErrForm is the reason of a ScanError when a body is no multipart form, or one that two
// parsers may read differently.
var ErrForm = errors.New("malformed multipart form")

// IsForm reports whether a Content-Type is that of a multipart form.
func IsForm(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(kind), "multipart/form-data")
}

// ScanForm reads the named fields of a multipart form in one pass without decoding anything,
// and finds the files in it. found is parallel to fields; a Raw is the value as it was sent.
// Names match without case; a second match is an ErrDuplicateKey. Lines must end as RFC 2046
// says: a body that one parser splits in another way than the next is refused.
func ScanForm(contentType string, body []byte, fields []string) (found, files []Field, err error) {
	found = make([]Field, len(fields))
	_, params, err := mime.ParseMediaType(contentType)
	f := form{b: body, mark: []byte("--" + params["boundary"])}
	if err != nil || len(f.mark) == len("--") {
		return found, nil, f.fault(0)
	}
	_, at, last, err := f.delimiter(0)
	for err == nil && !last {
		var p part
		if p, at, last, err = f.part(at); err != nil {
			break
		}
		if p.file {
			files = append(files, p.Field)
		}
		err = p.keep(fields, found)
	}
	if err == nil && bytes.Contains(body[at:], f.mark) {
		err = f.fault(at)
	}
	return found, files, err
}

// A form is a multipart body; mark is what its delimiters begin with.
type form struct{ b, mark []byte }

// A part is one field of a form, with its value's place.
type part struct {
	Field
	name    string
	file    bool
	encoded bool // the value is written in a transfer encoding
}

func (f form) fault(at int) error { return &ScanError{Reason: ErrForm, Offset: at} }

// delimiter finds the next delimiter at or after from: where what stands before it ends,
// and where the line of its own does. Of a mark inside a line nothing is meant; one that
// stands at a line's begin and is no whole delimiter is read by some parsers as one.
func (f form) delimiter(from int) (before, after int, last bool, err error) {
	for at := from; ; at++ {
		i := bytes.Index(f.b[at:], f.mark)
		if i < 0 {
			return 0, 0, false, f.fault(len(f.b))
		}
		at += i
		if at > 0 && f.b[at-1] != '\n' && f.b[at-1] != '\r' {
			continue
		}
		if at > 0 && (at-2 < from || string(f.b[at-2:at]) != "\r\n") {
			return 0, 0, false, f.fault(at)
		}
		rest := f.b[at+len(f.mark):]
		rest, last = bytes.CutPrefix(rest, []byte("--"))
		rest = bytes.TrimLeft(rest, " \t")
		after = len(f.b) - len(rest)
		switch {
		case bytes.HasPrefix(rest, []byte("\r\n")):
			after += 2
		case !last || len(rest) > 0:
			return 0, 0, false, f.fault(at)
		}
		return max(at-2, 0), after, last, nil
	}
}

// part reads the part that begins at from, and the delimiter behind it.
func (f form) part(from int) (p part, after int, last bool, err error) {
	const blank = "\r\n\r\n"
	size := bytes.Index(f.b[from:], []byte(blank))
	if size < 0 {
		return p, 0, false, f.fault(len(f.b))
	}
	head := f.b[from : from+size+len(blank)]
	if err := p.read(head); err != nil || bytes.Contains(head, f.mark) {
		return p, 0, false, f.fault(from)
	}
	start := from + len(head)
	end, after, last, err := f.delimiter(start)
	if err != nil {
		return p, 0, false, err
	}
	p.Field = Field{Raw: f.b[start:end], Start: start, End: end, Found: true}
	return p, after, last, nil
}

// read reads a part's header.
func (p *part) read(head []byte) error {
	ends := bytes.Count(head, []byte("\r\n"))
	if bytes.Count(head, []byte("\r")) != ends || bytes.Count(head, []byte("\n")) != ends {
		return ErrForm
	}
	h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(head))).ReadMIMEHeader()
	if err != nil || len(h["Content-Disposition"]) != 1 {
		return ErrForm
	}
	kind, params, err := mime.ParseMediaType(h.Get("Content-Disposition"))
	if err != nil || kind != "form-data" {
		return ErrForm
	}
	_, p.file = params["filename"]
	p.name = strings.ReplaceAll(params["name"], `\`, "") // some parsers leave it in, others take it off
	switch strings.ToLower(h.Get("Content-Transfer-Encoding")) {
	case "", "7bit", "8bit", "binary":
	default:
		p.encoded = true
	}
	return nil
}

// keep puts the part where a field names it.
func (p part) keep(fields []string, found []Field) error {
	for k, name := range fields {
		if !strings.EqualFold(name, p.name) {
			continue
		}
		if found[k].Found {
			return &ScanError{Reason: ErrDuplicateKey, Offset: p.Start, Key: name}
		}
		if p.encoded || p.file {
			return &ScanError{Reason: ErrForm, Offset: p.Start}
		}
		found[k] = p.Field
	}
	return nil
}
