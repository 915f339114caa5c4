package standin

import (
	"fmt"
	"strings"
)

// anthropicUsage renders the usage object of a message: every counter stands alone.
func (c call) anthropicUsage(u Usage) []byte {
	return c.reported(u, func(num func(int64) string, u Usage) string {
		in := u.In
		if c.mode.Is("usage-zero-in") {
			in = 0
		}
		return fmt.Sprintf(`{"input_tokens":%s,"cache_creation_input_tokens":%s,"cache_read_input_tokens":%s,`+
			`"cache_creation":{"ephemeral_5m_input_tokens":%s,"ephemeral_1h_input_tokens":%s},`+
			`"output_tokens":%s,"service_tier":"standard"}`,
			num(in), num(u.CacheWrite+u.CacheWrite1h), num(u.Cached), num(u.CacheWrite), num(u.CacheWrite1h), num(u.Out))
	})
}

func anthropicWhole(c call) []byte {
	tail := ""
	if u := c.anthropicUsage(c.usage); u != nil {
		tail = `,"usage":` + string(u)
	}
	return fmt.Appendf(nil, `{"id":"msg_standin","type":"message","role":"assistant","model":%s,`+
		`"content":[{"type":"text","text":%s}],"stop_reason":"end_turn","stop_sequence":null%s}`+"\n",
		quote(c.Model), quote(strings.Join(c.chunks(), "")), tail)
}

// event writes one event of a message stream.
func event(p part, name, fields string, u *Usage) frame {
	return frame{part: p, usage: u, bytes: fmt.Appendf(nil, "event: %s\ndata: {\"type\":\"%s\"%s}\n\n", name, name, fields)}
}

func anthropicEvents(c call) []frame {
	with := func(u Usage) string {
		object := c.anthropicUsage(u)
		if object == nil {
			return ""
		}
		return `,"usage":` + string(object)
	}
	start := c.usage
	start.Out, start.Reasoning = 1, 0
	frames := []frame{
		event(opening, "message_start", `,"message":{"id":"msg_standin","type":"message","role":"assistant","model":`+
			quote(c.Model)+`,"content":[],"stop_reason":null,"stop_sequence":null`+with(start)+`}`, &start),
		event(opening, "content_block_start", `,"index":0,"content_block":{"type":"text","text":""}`, nil),
		event(opening, "ping", "", nil),
	}
	pieces := c.chunks()
	for i, text := range pieces {
		frames = append(frames, event(content, "content_block_delta",
			`,"index":0,"delta":{"type":"text_delta","text":`+quote(text)+`}`, nil))
		if c.mode.Is("usage-every") {
			u := c.running(i+1, len(pieces))
			frames = append(frames, event(content, "message_delta",
				`,"delta":{"stop_reason":null,"stop_sequence":null}`+with(u), &u))
		}
	}
	end := func(u Usage) frame {
		return event(finish, "message_delta", `,"delta":{"stop_reason":"end_turn","stop_sequence":null}`+with(u), &u)
	}
	frames = append(frames, event(content, "content_block_stop", `,"index":0`, nil), end(c.usage))
	if c.mode.Is("usage-dup") {
		frames = append(frames, end(c.usage))
	}
	if c.mode.Is("usage-decreasing") {
		frames = append(frames, end(c.running(1, 2)))
	}
	return append(frames, event(terminal, "message_stop", "", nil))
}

func anthropicError(_ int, kind, message string) []byte {
	return fmt.Appendf(nil, `{"type":"error","error":{"type":%s,"message":%s},"request_id":"req_standin"}`+"\n",
		quote(kind), quote(message))
}

func anthropicErrorEvent(kind, message string) []byte {
	return fmt.Appendf(nil, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":%s,\"message\":%s}}\n\n",
		quote(kind), quote(message))
}
