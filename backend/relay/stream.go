package relay

import (
	"encoding/json"
	"io"
	"net/http"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/wire"
	"weir/frontend/src/i18n"
)

// A splitter cuts a stream into frames: wire's two do.
type splitter interface {
	Feed(p []byte, yield func(wire.Frame)) error
	Rest() []byte
}

// A stream passes on server-sent events, or the objects of a JSON array, frame by frame.
type stream struct {
	*attempt
	resp  *http.Response
	gate  *gate
	split splitter
	array *wire.ArraySplitter // split, where the stream is an array

	buf     []byte // to read into
	out     []byte // whole frames of the current read, to be written
	tail    []byte // from the terminal frame on, until the settlement is durable
	news    bool   // the current read brought data
	fault   *gateway.Error
	settled bool

	usage json.RawMessage // the tally's, as the ledger was told
	stale bool            // a frame since then may have changed it
}

// run returns nil when the call is over, or a verdict while another channel may still answer.
func (s *stream) run() *verdict {
	s.gate = newGate(s.w, s.resp, s.Waits.FirstFrame)
	out := buffers.Get().(*[]byte)
	defer buffers.Put(out)
	s.out = *out
	for {
		n, err := s.resp.Body.Read(s.buf)
		if n > 0 {
			if v, over := s.take(s.buf[:n]); v != nil || over {
				return v
			}
		}
		if err != nil {
			s.timer.Stop()
			return s.end(err)
		}
	}
}

// take passes on one read's bytes.
func (s *stream) take(p []byte) (v *verdict, over bool) {
	s.out, s.news = s.out[:0], false
	tooLong := s.split.Feed(p, s.frame)
	if v := s.replaced(); v != nil {
		return v, true
	}
	if s.news {
		s.timer.Reset(s.Waits.Idle)
		s.gate.release()
	}
	if s.gate.write(s.out) != nil {
		s.leave()
		return nil, true
	}
	switch {
	case tooLong != nil:
		return s.broken(tooLong), true
	case len(s.tail) > 0 && !s.settled:
		s.close()
	case !s.settled:
		return s.progress()
	}
	return nil, false
}

// frame sorts one whole frame.
func (s *stream) frame(f wire.Frame) {
	m := s.count.frame(f)
	if f.HasData {
		s.remember(f.Data)
	}
	s.stale = s.stale || m.Has(dialect.Usage)
	switch {
	case m.Has(dialect.OnlyUsage) && s.asked:
		s.news = true
		return
	case m.Has(dialect.Fault) && s.fault == nil:
		s.fault = &gateway.Error{Kind: gateway.BadUpstream, Message: i18n.T("error.relay.fault_in_stream", "provider", s.target.Channel.Name)}
	}
	s.news = s.news || m.Has(dialect.Data) || m.Has(dialect.End) && s.fault == nil
	if !s.settled && (m.Has(dialect.End) || len(s.tail) > 0) {
		s.tail = append(s.tail, f.Raw...)
		return
	}
	s.out = append(s.out, f.Raw...)
}

// replaced returns a verdict when the stream began with an error and another channel may answer.
func (s *stream) replaced() *verdict {
	if s.fault == nil || s.news || s.count.seen.Has(dialect.Data) {
		return nil
	}
	v := &verdict{result: gateway.Maybe, next: true}
	if s.mayGoOn(v) && s.gate.abandon() {
		return v
	}
	s.news = true // nobody else answers: the error passes as it came
	return nil
}

// progress tells the ledger how far the reply is and asks for the next slice.
func (s *stream) progress() (*verdict, bool) {
	if !s.news {
		return nil, false
	}
	output := s.count.tokens()
	p := s.call.progress(s.target)
	p.OutputTokens, p.Tier = max(p.OutputTokens, output), s.count.tally.Tier()
	p.ReplyModel = s.count.tally.Request().Model
	if s.stale {
		s.usage, s.stale = s.count.tally.Raw(), false
	}
	p.Usage = s.usage
	s.hold.Update(p)
	if e := s.extend(output); e != nil {
		s.cancel(nil)
		s.over(s.resp.StatusCode, gateway.Billed, e)
		s.settle(gateway.Failed)
		s.say(e)
		return nil, true
	}
	return nil, false
}

// close settles and lets the held end of the reply through.
func (s *stream) close() {
	s.timer.Stop()
	if s.fault != nil {
		s.failed(s.resp.StatusCode, s.fault)
	} else {
		s.finished(s.resp.StatusCode)
	}
	s.settled = true
	s.gate.release()
	_ = s.gate.write(s.tail) // who left has been settled already
	s.tail = nil
	s.timer.Reset(s.Waits.Idle) // an upstream that never hangs up must not hold the client
}

// end is where the upstream's bytes end.
func (s *stream) end(err error) *verdict {
	s.out = s.out[:0]
	rest := append([]byte(nil), s.split.Rest()...)
	if err == io.EOF && len(rest) > 0 && s.array == nil {
		s.lastFrame(rest)
		if v := s.replaced(); v != nil {
			return v
		}
	}
	switch {
	case s.settled:
		_ = s.gate.write(rest)
		return nil
	case s.req.Context().Err() != nil:
		s.leave()
		return nil
	case len(s.tail) > 0, s.fault != nil:
	case err == io.EOF && s.whole():
	default:
		return s.broken(err)
	}
	if len(s.tail) == 0 {
		s.tail = s.out
	}
	s.close()
	return nil
}

// whole says whether a stream that ended without a terminal frame is one all the same.
func (s *stream) whole() bool {
	finished := s.count.seen.Has(dialect.Finish)
	switch {
	case s.array != nil:
		return false // its bracket is missing
	case s.dialect.Terminal:
		return finished && s.ask.N <= 1
	}
	return finished || !s.dialect.Finishes
}

// lastFrame reads a frame that lacks its blank line, as some upstreams end their stream.
func (s *stream) lastFrame(rest []byte) {
	var closer wire.Splitter
	withhold := false
	_ = closer.Feed(append(append([]byte(nil), rest...), "\n\n"...), func(f wire.Frame) {
		m := s.count.frame(f)
		withhold = m.Has(dialect.OnlyUsage) && s.asked
		if m.Has(dialect.Fault) && s.fault == nil {
			s.fault = &gateway.Error{Kind: gateway.BadUpstream, Message: i18n.T("error.relay.fault_in_stream", "provider", s.target.Channel.Name)}
		}
		if m.Has(dialect.End) {
			s.tail = append(s.tail, rest...)
		}
	})
	if len(s.tail) == 0 && !withhold {
		s.out = append(s.out, rest...)
	}
}

// broken ends a stream that was cut: with an error status while nothing has left, else with
// one error frame. It never invents a terminal frame.
func (s *stream) broken(err error) *verdict {
	if s.gate.abandon() {
		return &verdict{result: gateway.Maybe, next: true, err: s.cutError(err)}
	}
	e := s.cut(s.resp.StatusCode, err)
	s.say(e) // what came of the last frame is left out, for the two would run together
	return nil
}

// say writes one error frame in the client's dialect; in an array, an object and the end.
func (s *stream) say(e *gateway.Error) {
	frame := s.dialect.EncodeStreamError(e)
	if s.array != nil {
		_, _, object := s.dialect.EncodeError(e)
		before := "["
		if s.array.Begun() {
			before = ",\n"
		}
		frame = append(append([]byte(before), object...), "]\n"...)
	}
	s.gate.release()
	_ = s.gate.write(frame) // who left needs no word
}

func (s *stream) leave() {
	s.left(func() {})
}
