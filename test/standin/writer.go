package standin

import (
	"compress/gzip"
	"compress/zlib"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// A writer sends one reply as its mode wants it and tells the journal of every byte.
type writer struct {
	w       http.ResponseWriter
	ctx     context.Context // of the request that it answers
	journal *Journal
	entry   *Entry
	mode    Mode
	ended   string
}

// finish closes the journal's entry.
func (o *writer) finish() {
	how := o.ended
	if how == "" {
		how = "done"
		if o.ctx.Err() != nil {
			how = "client_left"
			// Whoever watches for it may be slower than this.
			o.journal.update(o.entry, func(e *Entry) {
				if e.ClientLeftAt.IsZero() {
					e.ClientLeftAt = time.Now()
				}
			})
		}
	}
	o.journal.end(o.entry, how)
}

// bill notes whether a provider would charge from here on.
func (o *writer) bill(v Verdict) { o.journal.update(o.entry, func(e *Entry) { e.Billed = v }) }

// sleep waits, and tells whether the client is still there.
func (o *writer) sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	select {
	case <-time.After(d):
		return true
	case <-o.ctx.Done():
		return false
	}
}

// status sends the header.
func (o *writer) status(code int) {
	o.journal.update(o.entry, func(e *Entry) { e.Status = code })
	o.w.WriteHeader(code)
}

// Write sends bytes of the body, in pieces of n where the mode is split.
func (o *writer) Write(b []byte) (int, error) {
	if !o.mode.Is("split") {
		return o.write(b)
	}
	n, sent := max(o.mode.Int("n", 1), 1), 0
	for len(b) > 0 {
		k := min(n, len(b))
		if _, err := o.write(b[:k]); err != nil {
			return sent, err
		}
		o.flush()
		sent, b = sent+k, b[k:]
	}
	return sent, nil
}

func (o *writer) write(b []byte) (int, error) {
	n, err := o.w.Write(b)
	o.journal.wrote(o.entry, b[:n])
	return n, err
}

func (o *writer) flush() { _ = http.NewResponseController(o.w).Flush() } // a failed flush shows at the next write

// fail sends an error in the call's dialect.
func (o *writer) fail(c call, status int, kind, message string) {
	o.json(status, renderers[c.dialect].fail(status, kind, message))
}

func (o *writer) json(status int, b []byte) {
	o.w.Header().Set("Content-Type", "application/json")
	o.body(status, b)
}

// body sends a whole body with its length.
func (o *writer) body(status int, b []byte) {
	o.w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	o.status(status)
	_, _ = o.write(b) // the journal shows how far it came
}

// send writes frames with the mode's pauses and ends as the mode says. A length below zero means a stream.
func (o *writer) send(contentType string, frames []frame, length int) {
	h := o.w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Request-Id", "req_standin")
	encoding := o.mode.Text("enc", "")
	if encoding != "" && !o.mode.Is("enc-nohdr") {
		h.Set("Content-Encoding", encoding)
	}
	if length >= 0 && encoding == "" && !o.mode.Is("split") {
		h.Set("Content-Length", strconv.Itoa(length))
	}
	if length < 0 {
		h.Set("Cache-Control", "no-cache")
	}
	o.status(http.StatusOK)
	body, err := encoder(encoding, o)
	if err != nil {
		o.cut("cut")
	}
	o.flush()
	for i, f := range frames {
		if i > 0 && !o.sleep(o.mode.Wait("delay", 0)) {
			return
		}
		if !o.interrupt(body, f, i, length >= 0) {
			return
		}
		if _, err := body.Write(f.bytes); err != nil {
			return
		}
		_ = body.Flush() // a failed flush shows at the next write
		o.flush()
		o.journal.update(o.entry, func(e *Entry) {
			e.Events++
			if f.usage != nil {
				e.UsageSent = f.usage
			}
		})
	}
	_ = body.Close() // what could not be written shows in the journal
}

// interrupt does what the mode wants to happen before frame i, and tells whether to go on. A JSON reply, which is a
// single frame, is cut in its middle.
func (o *writer) interrupt(body encoded, f frame, i int, whole bool) bool {
	at := o.mode.Int("at", 3)
	if i != at && (!whole || at < 0) {
		return true
	}
	if whole && (o.mode.Is("cut") || o.mode.Is("rst") || o.mode.Is("stall")) {
		if _, err := body.Write(f.bytes[:len(f.bytes)/2]); err != nil {
			return false
		}
		_ = body.Flush() // as above
		o.flush()
	}
	switch {
	case o.mode.Is("cut"):
		o.cut("cut")
	case o.mode.Is("rst"):
		o.reset()
		return false
	case o.mode.Is("stall"):
		return o.sleep(o.mode.Wait("for", 10*time.Minute))
	case o.mode.Is("ping-forever") && !whole:
		return o.ping(body)
	}
	return true
}

// ping sends keep-alives until the client leaves.
func (o *writer) ping(body encoded) bool {
	line := []byte(": ping\n\n")
	if o.entry.Dialect == "anthropic" {
		line = event(comment, "ping", "", nil).bytes
	}
	for o.sleep(o.mode.Wait("every", 50*time.Millisecond)) {
		if _, err := body.Write(line); err != nil {
			return false
		}
		_ = body.Flush() // a failed flush shows at the next write
		o.flush()
	}
	return false
}

// cut closes the connection without ending the reply. It leaves by panic, as net/http wants it.
func (o *writer) cut(how string) {
	o.ended = how
	panic(http.ErrAbortHandler)
}

// reset closes the connection with a TCP reset.
func (o *writer) reset() {
	o.ended = "reset"
	conn, _, err := http.NewResponseController(o.w).Hijack()
	if err != nil {
		o.cut("cut")
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it the end is a plain close, which the test then sees
	}
	_ = conn.Close()
}

// An encoded is a body under a content encoding.
type encoded interface {
	io.WriteCloser
	Flush() error
}

// plain is a body without an encoding.
type plain struct{ io.Writer }

func (plain) Flush() error { return nil }
func (plain) Close() error { return nil }

// encoder returns a body under the named content encoding.
func encoder(name string, w io.Writer) (encoded, error) {
	switch name {
	case "gzip":
		return gzip.NewWriter(w), nil
	case "br":
		return brotli.NewWriter(w), nil
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	case "deflate":
		return zlib.NewWriter(w), nil
	}
	return plain{w}, nil
}
