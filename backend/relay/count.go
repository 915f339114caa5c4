package relay

import (
	"bytes"
	"encoding/json"
	"io"

	"weir/backend/dialect"
	"weir/backend/wire"
	"weir/billing"
)

// keepDoc bounds how much of a JSON reply is kept for reading its usage.
const keepDoc = 64 << 20

// A count reads copies of a reply and learns what it used. It never touches the bytes that pass.
type count struct {
	dialect *dialect.Dialect
	tally   *billing.Tally
	seen    dialect.Mark
	written int64 // bytes of output text so far
	final   bool  // the newest usage object came with the answer's end or after it
	doc     []byte
	other   bool // the reply is no JSON
}

func newCount(d *dialect.Dialect, endpoint string) *count {
	return &count{dialect: d, tally: billing.NewTally(endpoint)}
}

// frame counts one frame of a stream and says what it is.
func (n *count) frame(f wire.Frame) dialect.Mark {
	m := n.dialect.Mark(f)
	if m.Has(dialect.Usage) {
		n.tally.Observe(f.Data)
		n.final = m.Has(dialect.OnlyUsage) || (n.seen | m).Has(dialect.Finish)
	}
	if m.Has(dialect.Data) {
		n.written += int64(n.dialect.OutputBytes(f))
	}
	n.seen |= m
	return m
}

// piece keeps the next bytes of a JSON reply. Of sound, pictures and plain text nothing is kept.
func (n *count) piece(p []byte) {
	if len(n.doc) == 0 {
		if p = bytes.TrimLeft(p, " \t\r\n\ufeff"); len(p) == 0 {
			return
		}
		n.other = n.other || p[0] != '{' && p[0] != '['
	}
	if !n.other && len(n.doc)+len(p) <= keepDoc {
		n.doc = append(n.doc, p...)
	}
}

// document takes a JSON reply that is there whole. It is not kept for longer than the count is read.
func (n *count) document(p []byte) {
	if p = bytes.TrimLeft(p, " \t\r\n\ufeff"); len(p) > 0 && (p[0] == '{' || p[0] == '[') {
		n.doc = p
	}
}

// whole reads a JSON reply once it is complete.
func (n *count) whole() {
	n.tally.Observe(n.doc)
	f := wire.Frame{Data: n.doc, HasData: true}
	n.written = int64(n.dialect.OutputBytes(f))
	n.final = true
	if n.tally.Raw() == nil && failure(n.doc) {
		n.seen |= dialect.Fault
	}
}

// failure finds an error object in a reply whose status said that all was well.
func failure(doc []byte) bool {
	if !bytes.Contains(doc, []byte(`"error"`)) {
		return false
	}
	var reply struct {
		Error json.RawMessage `json:"error"`
	}
	return json.Unmarshal(doc, &reply) == nil && len(reply.Error) > 0 && string(reply.Error) != "null"
}

// tokens estimates output tokens from the text that was seen: four bytes each.
func (n *count) tokens() int64 { return (n.written + 3) / 4 }

// observer returns what takes the pieces of a reply that is passed on as it is, and what to
// call at its end. A reply that is compressed is decoded beside; one whose encoding cannot
// be read leaves the count empty.
func (n *count) observer(encoding string, streamed bool) (observe func([]byte), finish func()) {
	end := n.whole
	if streamed {
		end = func() {}
	}
	switch {
	case encoding == "" && streamed:
		split := wire.Splitter{}
		return func(p []byte) { _ = split.Feed(p, func(f wire.Frame) { n.frame(f) }) }, end
	case encoding == "":
		return n.piece, end
	}
	r, w := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := n.decode(encoding, r, streamed)
		r.CloseWithError(err) // later writes fail at once instead of blocking
	}()
	return func(p []byte) { _, _ = w.Write(p) }, func() {
		w.Close()
		<-done
		end()
	}
}

func (n *count) decode(encoding string, r io.Reader, streamed bool) error {
	plain, err := wire.NewDecoder(encoding, r)
	if err != nil {
		return err
	}
	defer plain.Close()
	observe, _ := n.observer("", streamed)
	buf := make([]byte, 32<<10)
	for {
		k, err := plain.Read(buf)
		observe(buf[:k])
		if err != nil {
			return err
		}
	}
}
