package standin

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// A part says what a frame is for, so that a mode can leave it out.
type part int

const (
	opening part = iota
	content
	finish // the reason why the answer ended; in Anthropic's dialect it carries the usage too
	usage
	terminal // [DONE], message_stop
	comment
)

// A frame is one event of a stream, or the whole of a JSON reply.
type frame struct {
	part  part
	bytes []byte
	usage *Usage // what the client knows after it
}

// A call is a request with the mode that answers it.
type call struct {
	request
	mode  Mode
	usage Usage
	id    string // of a response
}

// A renderer writes replies in one dialect.
type renderer struct {
	whole func(call) []byte
	event func(call) []frame
	fail  func(status int, kind, message string) []byte
	inSSE func(kind, message string) []byte
}

// renderers are the dialects that the stand-in speaks.
var renderers = map[string]renderer{
	"openai":    {openaiWhole, openaiEvents, openaiError, openaiErrorEvent},
	"responses": {responsesWhole, responsesEvents, openaiError, responsesErrorEvent},
	"anthropic": {anthropicWhole, anthropicEvents, anthropicError, anthropicErrorEvent},
	"gemini":    {geminiWhole, geminiEvents, geminiError, geminiErrorEvent},
}

// words make up the answers: several scripts, so that a cut inside a character shows.
var words = []string{"weir ", "holds ", "back ", "the ", "stream: ", "水", "流 ", "и ", "считает ", "🌊 ", "flows ", "on. "}

// chunks returns the answer's text in pieces.
func (c call) chunks() []string {
	if c.mode.Is("echo") {
		return []string{fmt.Sprintf("sha256:%x ", sha256.Sum256(c.body)), "len:" + strconv.Itoa(len(c.body))}
	}
	out := make([]string, max(c.mode.Int("chunks", 5), 1))
	for i := range out {
		out[i] = words[i%len(words)]
	}
	if c.mode.Is("bigline") {
		out[0] = strings.Repeat("0123456789abcdef", c.mode.Int("mb", 1)<<16)
	}
	return out
}

// reported returns the usage object of the reply, or nil where the mode has none.
func (c call) reported(u Usage, render func(num func(int64) string, u Usage) string) []byte {
	switch {
	case c.mode.Is("no-usage"):
		return nil
	case c.mode.Is("usage-null"):
		return []byte("null")
	}
	return []byte(render(c.number, u))
}

// number writes a counter as the mode distorts it.
func (c call) number(n int64) string {
	switch {
	case c.mode.Is("usage-negative"):
		return "-" + strconv.FormatInt(max(n, 1), 10)
	case c.mode.Is("usage-huge"):
		return strconv.FormatInt(n, 10) + "000000000000000"
	case c.mode.Is("usage-string"):
		return `"` + strconv.FormatInt(n, 10) + `"`
	case c.mode.Is("usage-float"):
		return strconv.FormatInt(n, 10) + ".5"
	}
	return strconv.FormatInt(n, 10)
}

// running returns the usage after i of n chunks, the output growing.
func (c call) running(i, n int) Usage {
	u := c.usage
	u.Out = u.Out * int64(i) / int64(n)
	u.Reasoning = min(u.Reasoning, u.Out)
	return u
}

// frames returns the stream of a call as its mode shapes it.
func (c call) frames() []frame {
	r := renderers[c.dialect]
	render := r.event
	if f, ok := further[c.op]; ok {
		render = f.event
	}
	frames := render(c)
	switch {
	case c.mode.Is("sse-error-first"):
		frames = []frame{{bytes: r.inSSE("overloaded_error", "The model is overloaded. Try again later.")}}
	case c.mode.Is("sse-error-mid"):
		at := min(c.mode.Int("at", 3), len(frames))
		frames = append(frames[:at:at], frame{bytes: r.inSSE("api_error", "The answer broke off inside the provider.")})
	}
	var out []frame
	for _, f := range frames {
		if f.part == terminal && (c.mode.Is("no-done") || c.mode.Is("no-stop")) ||
			(f.part == finish || f.part == usage) && c.mode.Is("no-stop") {
			continue
		}
		if c.mode.Is("comment-every") {
			out = append(out, frame{part: comment, bytes: []byte(": still here\n\n"), usage: f.usage})
		}
		out = append(out, f)
	}
	if c.array {
		return c.asArray(out)
	}
	for i := range out {
		out[i].bytes = c.reframe(out[i].bytes, i == 0)
	}
	return out
}

// reframe changes the line ends and the spaces of one event.
func (c call) reframe(b []byte, first bool) []byte {
	if c.mode.Is("nospace") {
		b = bytes.ReplaceAll(b, []byte("data: "), []byte("data:"))
	}
	if c.mode.Is("crlf") {
		b = bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))
	}
	if c.mode.Is("cr") {
		b = bytes.ReplaceAll(b, []byte("\n"), []byte("\r"))
	}
	if c.mode.Is("bom") && first {
		b = append([]byte("\ufeff"), b...)
	}
	return b
}

// quote writes a JSON string.
func quote(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}
