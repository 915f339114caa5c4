package standin

import (
	"fmt"
	"net/http"
	"strings"
)

// responsesUsage renders the usage object of a response: cached and written tokens lie inside the input's count.
func (c call) responsesUsage(u Usage) []byte {
	return c.reported(u, func(num func(int64) string, u Usage) string {
		input := u.In + u.Cached + u.CacheWrite
		if c.mode.Is("usage-zero-in") {
			input = 0
		}
		written := ""
		if u.CacheWrite > 0 {
			written = `,"cache_write_tokens":` + num(u.CacheWrite)
		}
		return fmt.Sprintf(`{"input_tokens":%s,"input_tokens_details":{"cached_tokens":%s%s},"output_tokens":%s,`+
			`"output_tokens_details":{"reasoning_tokens":%s},"total_tokens":%s}`,
			num(input), num(u.Cached), written, num(u.Out), num(u.Reasoning), num(input+u.Out))
	})
}

// response renders the response object in a state, with its error or null, its items and its usage; nil usage is null.
func (c call) response(status, fault, items string, usage []byte) string {
	if usage == nil {
		usage = []byte("null")
	}
	reason := "null"
	if status == "incomplete" {
		reason = `{"reason":"max_output_tokens"}`
	}
	return fmt.Sprintf(`{"id":%s,"object":"response","created_at":1780000000,"status":%s,"background":%t,"error":%s,`+
		`"incomplete_details":%s,"model":%s,"output":[%s],"previous_response_id":null,"service_tier":"default","usage":%s}`,
		quote(c.id), quote(status), c.Background, fault, reason, quote(c.Model), items, usage)
}

// message is the one item of an answer, in front of it the searches that the mode asks for.
func (c call) message(status, text string) string {
	search := `{"id":"ws_standin","type":"web_search_call","status":"completed","action":{"type":"search","query":"weir"}},`
	return strings.Repeat(search, c.mode.Int("searches", 0)) +
		fmt.Sprintf(`{"id":"msg_standin","type":"message","status":%s,"role":"assistant",`+
			`"content":[{"type":"output_text","annotations":[],"logprobs":[],"text":%s}]}`, quote(status), quote(text))
}

// ending is the state in which the mode lets a response end, and its error.
func (c call) ending() (status, fault string) {
	switch {
	case c.mode.Is("response-failed"), c.mode.Is("response-failed-first"):
		return "failed", `{"code":"server_error","message":"The answer broke off inside the provider."}`
	case c.mode.Is("response-incomplete"):
		return "incomplete", "null"
	}
	return "completed", "null"
}

func responsesWhole(c call) []byte {
	if c.op == "compact" {
		return fmt.Appendf(nil, `{"id":%s,"object":"response.compaction","created_at":1780000000,`+
			`"output":[{"id":"cmp_standin","type":"compaction","encrypted_content":"c3RhbmRpbg=="}],"usage":%s}`+"\n",
			quote(c.id), c.responsesUsage(c.usage))
	}
	if c.Background {
		return []byte(c.response("queued", "null", "", nil) + "\n")
	}
	return c.done()
}

// done is the response as it is once it has ended.
func (c call) done() []byte {
	status, fault := c.ending()
	if c.mode.Is("response-failed-first") {
		return []byte(c.response(status, fault, "", nil) + "\n")
	}
	return []byte(c.response(status, fault, c.message(status, strings.Join(c.chunks(), "")), c.responsesUsage(c.usage)) + "\n")
}

func responsesEvents(c call) []frame {
	number := 0
	next := func(p part, kind, fields string, u *Usage) frame {
		f := event(p, kind, fmt.Sprintf(`,"sequence_number":%d%s`, number, fields), u)
		number++
		return f
	}
	begun := `,"response":` + c.response("in_progress", "null", "", nil)
	frames := []frame{next(opening, "response.created", begun, nil), next(opening, "response.in_progress", begun, nil)}
	status, fault := c.ending()
	if c.mode.Is("response-failed-first") {
		return append(frames, next(terminal, "response.failed", `,"response":`+c.response(status, fault, "", nil), nil))
	}
	const at, inside = `,"output_index":0`, `,"item_id":"msg_standin","output_index":0,"content_index":0`
	frames = append(frames,
		next(opening, "response.output_item.added", at+`,"item":`+c.message("in_progress", ""), nil),
		next(opening, "response.content_part.added", inside+`,"part":{"type":"output_text","annotations":[],"text":""}`, nil))
	for _, text := range c.chunks() {
		frames = append(frames, next(content, "response.output_text.delta", inside+`,"delta":`+quote(text), nil))
	}
	text := strings.Join(c.chunks(), "")
	frames = append(frames,
		next(content, "response.output_text.done", inside+`,"text":`+quote(text), nil),
		next(content, "response.output_item.done", at+`,"item":`+c.message(status, text), nil))
	return append(frames, next(terminal, "response."+status,
		`,"response":`+c.response(status, fault, c.message(status, text), c.responsesUsage(c.usage)), &c.usage))
}

func responsesErrorEvent(kind, message string) []byte {
	return fmt.Appendf(nil, `event: error`+"\n"+`data: {"type":"error","sequence_number":9,"error":{"type":%s,"code":"server_error","message":%s,"param":null}}`+"\n\n",
		quote(kind), quote(message))
}

// keep stores a response so that it can be asked for, as providers do unless store is false.
func (s *Server) keep(c call) {
	if c.Store != nil && !*c.Store || s.opts.DiscardBytes {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stored == nil {
		s.stored = map[string]call{}
	}
	s.stored[c.id] = c
}

// kept returns a stored response, and forgets it where it is to be deleted.
func (s *Server) kept(id string, remove bool) (call, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.stored[id]
	if remove {
		delete(s.stored, id)
	}
	return c, ok
}

// storedResponse answers what is asked of a response by its id.
func (s *Server) storedResponse(out *writer, r *http.Request, c call) {
	_, rest, _ := strings.Cut(r.URL.Path, "/responses/")
	id, tail, _ := strings.Cut(rest, "/")
	was, ok := s.kept(id, r.Method == http.MethodDelete)
	switch {
	case !ok:
		out.fail(c, http.StatusNotFound, "invalid_request_error", "Response with id '"+id+"' not found.")
	case r.Method == http.MethodDelete:
		out.json(http.StatusOK, fmt.Appendf(nil, `{"id":%s,"object":"response","deleted":true}`+"\n", quote(id)))
	case tail == "cancel":
		out.json(http.StatusOK, []byte(was.response("cancelled", "null", "", nil)+"\n"))
	case tail == "input_items":
		out.json(http.StatusOK, []byte(`{"object":"list","data":[],"first_id":null,"last_id":null,"has_more":false}`+"\n"))
	case r.URL.Query().Get("stream") == "true":
		out.send("text/event-stream; charset=utf-8", was.frames(), -1)
	default:
		out.json(http.StatusOK, was.done())
	}
}
