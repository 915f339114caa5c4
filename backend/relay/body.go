package relay

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"weir/backend/gateway"
	"weir/backend/wire"
	"weir/frontend/src/i18n"
)

const (
	maxBody   = 64 << 20  // bytes of one request body, after decompression
	maxBodies = 512 << 20 // bytes of all request bodies in flight
	keepBody  = 4 << 20   // a larger buffer is not kept for the next call
	smallBody = 32 << 10  // one that is known to be smaller gets memory of its own, which is left to the collector
)

// bodies lends buffers for request bodies and bounds their sum.
type bodies struct {
	pool sync.Pool

	mu   sync.Mutex
	free int64
}

// A body is a request body in a lent buffer. The transport may still read it after the
// reply came, so it goes back only when every reader was closed.
type body struct {
	bodies *bodies
	bytes  []byte
	own    bool  // the buffer is not lent: nobody else ever gets it
	size   int64 // what it takes of bodies.free
	refs   atomic.Int32
}

// errBusy says that maxBodies is reached.
var errBusy = errors.New("too many large requests at once")

func busy() *gateway.Error {
	return &gateway.Error{Kind: gateway.Overloaded, Message: i18n.T("error.relay.busy"), RetryAfter: time.Second}
}

func tooLarge() *gateway.Error {
	return &gateway.Error{Kind: gateway.TooLarge, Message: i18n.T("error.relay.body_too_large", "size", maxBody>>20)}
}

func (b *bodies) lend(size int64) (*body, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if size > b.free {
		return nil, false
	}
	b.free -= size
	out := &body{bodies: b, size: size, own: 0 < size && size < smallBody}
	out.refs.Store(1)
	if out.own {
		return out, true
	}
	if buf, ok := b.pool.Get().(*[]byte); ok {
		out.bytes = (*buf)[:0]
	}
	return out, true
}

// release gives back one reference.
func (b *body) release() {
	if b.refs.Add(-1) > 0 {
		return
	}
	b.bodies.mu.Lock()
	b.bodies.free += b.size
	b.bodies.mu.Unlock()
	if !b.own && cap(b.bytes) <= keepBody {
		buf := b.bytes
		b.bodies.pool.Put(&buf)
	}
	b.bytes = nil
}

// reader returns a request body for one attempt that holds a reference until closed. Of a
// buffer that is not lent it is one that net/http knows to be in memory: what it then sends
// is header and body in one piece.
func (b *body) reader(data []byte) io.ReadCloser {
	if b.own {
		return io.NopCloser(bytes.NewReader(data))
	}
	b.refs.Add(1)
	return &bodyReader{Reader: bytes.NewReader(data), body: b}
}

type bodyReader struct {
	*bytes.Reader
	body *body
	once sync.Once
}

func (r *bodyReader) Close() error {
	r.once.Do(r.body.release)
	return nil
}

// read reads a request's body whole and takes off its encoding.
func (b *bodies) read(req *http.Request) (*body, *gateway.Error) {
	if req.ContentLength > maxBody {
		return nil, tooLarge()
	}
	out, ok := b.lend(max(req.ContentLength, 0))
	if !ok {
		return nil, busy()
	}
	switch err := fill(out, io.LimitReader(req.Body, maxBody+1)); {
	case errors.Is(err, errBusy):
		out.release()
		return nil, busy()
	case err != nil:
		out.release()
		return nil, &gateway.Error{Kind: gateway.Invalid, Message: i18n.T("error.relay.body_broke_off"), Err: err}
	}
	if len(out.bytes) > maxBody {
		out.release()
		return nil, tooLarge()
	}
	return b.plain(out, strings.Join(req.Header.Values("Content-Encoding"), ","))
}

// plain decodes a body that came compressed.
func (b *bodies) plain(in *body, encoding string) (*body, *gateway.Error) {
	if encoding == "" || strings.EqualFold(encoding, "identity") {
		return in, nil
	}
	defer in.release()
	// The first pass only counts, so that a bomb costs no memory and others keep their share.
	size, err := decode(encoding, in.bytes, io.Discard)
	if err != nil {
		if errors.Is(err, wire.ErrTooLarge) {
			return nil, &gateway.Error{Kind: gateway.TooLarge, Message: i18n.T("error.relay.body_too_large_decoded", "size", maxBody>>20)}
		}
		return nil, &gateway.Error{Kind: gateway.Invalid, Message: i18n.T("error.relay.body_encoding", "encoding", strconv.Quote(encoding)), Err: err}
	}
	out, ok := b.lend(size)
	if !ok {
		return nil, busy()
	}
	plain := bytes.NewBuffer(out.sized(size))
	if _, err := decode(encoding, in.bytes, plain); err != nil {
		out.release()
		return nil, &gateway.Error{Kind: gateway.Internal, Message: i18n.T("error.relay.body_not_decoded"), Err: err}
	}
	out.bytes = plain.Bytes()
	return out, nil
}

// decode writes what a compressed body holds and returns its size.
func decode(encoding string, body []byte, to io.Writer) (int64, error) {
	from, err := wire.NewDecoder(encoding, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	defer from.Close()
	n, err := io.Copy(to, io.LimitReader(from, maxBody+1))
	if err == nil && n > maxBody {
		err = wire.ErrTooLarge
	}
	return n, err
}

// sized returns the empty buffer of b, with room for size bytes.
func (b *body) sized(size int64) []byte {
	if int64(cap(b.bytes)) <= size {
		b.bytes = make([]byte, 0, size+1) // one more, so that the end is seen without growing
	}
	return b.bytes
}

// grow takes more of bodies.free once b is larger than what it has, in steps that double.
func (b *body) grow() bool {
	have := int64(len(b.bytes))
	if have <= b.size {
		return true
	}
	more := max(have, 64<<10)
	b.bodies.mu.Lock()
	defer b.bodies.mu.Unlock()
	if more > b.bodies.free {
		return false
	}
	b.bodies.free -= more
	b.size += more
	return true
}

// fill reads r to its end into b, whose expected size is what it was lent for.
func fill(b *body, r io.Reader) error {
	b.bytes = b.sized(b.size)
	for {
		if len(b.bytes) == cap(b.bytes) {
			b.bytes = append(b.bytes, 0)[:len(b.bytes)]
		}
		n, err := r.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		if !b.grow() {
			return errBusy
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
