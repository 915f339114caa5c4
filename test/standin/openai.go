package standin

import (
	"fmt"
	"strings"
)

// openaiUsage renders the usage object of a chat completion: cached and written tokens lie inside the prompt's count,
// unless the mode says count=exclusive.
func (c call) openaiUsage(u Usage) []byte {
	return c.reported(u, func(num func(int64) string, u Usage) string {
		prompt := u.In
		if c.mode.Text("count", "inclusive") == "inclusive" {
			prompt += u.Cached + u.CacheWrite
		}
		if c.mode.Is("usage-zero-in") {
			prompt = 0
		}
		written := ""
		if u.CacheWrite > 0 {
			written = `,"cache_write_tokens":` + num(u.CacheWrite)
		}
		return fmt.Sprintf(`{"prompt_tokens":%s,"completion_tokens":%s,"total_tokens":%s,`+
			`"prompt_tokens_details":{"cached_tokens":%s,"audio_tokens":0%s},`+
			`"completion_tokens_details":{"reasoning_tokens":%s,"audio_tokens":0,"accepted_prediction_tokens":0,`+
			`"rejected_prediction_tokens":0}}`,
			num(prompt), num(u.Out), num(prompt+u.Out), num(u.Cached), written, num(u.Reasoning))
	})
}

func openaiWhole(c call) []byte {
	tail := ""
	if u := c.openaiUsage(c.usage); u != nil {
		tail = `,"usage":` + string(u)
	}
	return fmt.Appendf(nil, `{"id":"chatcmpl-standin","object":"chat.completion","created":1780000000,"model":%s,`+
		`"choices":[{"index":0,"message":{"role":"assistant","content":%s,"refusal":null},"logprobs":null,`+
		`"finish_reason":"stop"}]%s,"system_fingerprint":"fp_standin"}`+"\n",
		quote(c.Model), quote(strings.Join(c.chunks(), "")), tail)
}

func openaiEvents(c call) []frame {
	asked := c.StreamOptions != nil && c.StreamOptions.IncludeUsage
	none := ""
	if asked {
		none = `,"usage":null`
	}
	chunk := func(p part, choices, usage string, u *Usage) frame {
		return frame{part: p, usage: u, bytes: fmt.Appendf(nil,
			`data: {"id":"chatcmpl-standin","object":"chat.completion.chunk","created":1780000000,"model":%s,`+
				`"system_fingerprint":"fp_standin","choices":[%s]%s}`+"\n\n", quote(c.Model), choices, usage)}
	}
	frames := []frame{chunk(opening,
		`{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}`, none, nil)}
	pieces := c.chunks()
	for i, text := range pieces {
		seen := none
		var known *Usage
		if c.mode.Is("usage-every") {
			u := c.running(i+1, len(pieces))
			seen, known = `,"usage":`+string(c.openaiUsage(u)), &u
		}
		frames = append(frames, chunk(content,
			`{"index":0,"delta":{"content":`+quote(text)+`},"finish_reason":null}`, seen, known))
	}
	frames = append(frames, chunk(finish, `{"index":0,"delta":{},"finish_reason":"stop"}`, none, nil))
	if object := c.openaiUsage(c.usage); object != nil && asked {
		last := chunk(usage, "", `,"usage":`+string(object), &c.usage)
		frames = append(frames, last)
		if c.mode.Is("usage-dup") {
			frames = append(frames, last)
		}
		if c.mode.Is("usage-decreasing") {
			less := c.running(1, 2)
			frames = append(frames, chunk(usage, "", `,"usage":`+string(c.openaiUsage(less)), &less))
		}
	}
	return append(frames, frame{part: terminal, bytes: []byte("data: [DONE]\n\n"), usage: nil})
}

func openaiError(status int, kind, message string) []byte {
	return fmt.Appendf(nil, `{"error":{"message":%s,"type":%s,"param":null,"code":%s}}`+"\n",
		quote(message), quote(kind), quote(fmt.Sprintf("standin_%d", status)))
}

func openaiErrorEvent(kind, message string) []byte {
	return fmt.Appendf(nil, `data: {"error":{"message":%s,"type":%s,"param":null,"code":null}}`+"\n\n",
		quote(message), quote(kind))
}
