package relay

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"

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
	doc     []byte
}

func newCount(d *dialect.Dialect, endpoint string) *count {
	return &count{dialect: d, tally: billing.NewTally(endpoint)}
}

// frame counts one frame of a stream and says what it is.
func (n *count) frame(f wire.Frame) dialect.Mark {
	m := n.dialect.Mark(f)
	if m.Has(dialect.Usage) {
		n.tally.Observe(f.Data)
	}
	if m.Has(dialect.Data) {
		n.written += int64(n.dialect.OutputBytes(f))
	}
	n.seen |= m
	return m
}

// piece keeps the next bytes of a JSON reply.
func (n *count) piece(p []byte) {
	if len(n.doc)+len(p) <= keepDoc {
		n.doc = append(n.doc, p...)
	}
}

// whole reads a JSON reply once it is complete.
func (n *count) whole() {
	n.tally.Observe(n.doc)
	f := wire.Frame{Data: n.doc, HasData: true}
	n.written = int64(n.dialect.OutputBytes(f))
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

// A decoder counts a compressed reply: bytes go in as they pass, and are decoded beside.
type decoder struct {
	in   *io.PipeWriter
	done chan struct{}
}

// decode starts counting a reply that came compressed although none was asked for. An
// encoding that cannot be read leaves the count empty.
func (n *count) decode(h http.Header, stream bool) *decoder {
	r, w := io.Pipe()
	d := &decoder{in: w, done: make(chan struct{})}
	go func() {
		defer close(d.done)
		err := n.readDecoded(strings.Join(h.Values("Content-Encoding"), ","), r, stream)
		r.CloseWithError(err) // later writes fail at once instead of blocking
	}()
	return d
}

func (n *count) readDecoded(encoding string, r io.Reader, stream bool) error {
	plain, err := wire.NewDecoder(encoding, r)
	if err != nil {
		return err
	}
	defer plain.Close()
	split := wire.Splitter{}
	buf := make([]byte, 32<<10)
	for {
		k, err := plain.Read(buf)
		if stream {
			if ferr := split.Feed(buf[:k], func(f wire.Frame) { n.frame(f) }); ferr != nil {
				return ferr
			}
		} else {
			n.piece(buf[:k])
		}
		if err != nil {
			return err
		}
	}
}

// finish waits until everything that passed is counted.
func (d *decoder) finish() {
	d.in.Close()
	<-d.done
}
