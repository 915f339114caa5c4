package sandbox

import (
	"encoding/json"
	"strings"
)

// A shape is the dialect of an answer.
type shape int

const (
	openAI shape = iota
	anthropic
	responses
	gemini
)

type object = map[string]any

func (a answer) text() string { return strings.TrimSpace(strings.Join(a.words, "")) }

// whole is the answer as one JSON object.
func (a answer) whole(sh shape) object {
	switch sh {
	case responses:
		return a.responseWhole()
	case anthropic:
		m := a.message()
		m["content"] = []object{{"type": "text", "text": a.text()}}
		m["stop_reason"] = a.stopReason()
		m["usage"] = a.messagesUsage(len(a.words))
		return m
	}
	return object{
		"id": a.id, "object": "chat.completion", "created": a.at.Unix(), "model": a.model,
		"choices": []object{{
			"index":         0,
			"message":       object{"role": "assistant", "content": a.text(), "refusal": nil},
			"logprobs":      nil,
			"finish_reason": a.finishReason(),
		}},
		"usage": a.chatUsage(),
	}
}

// frames is the answer as server-sent events.
func (a answer) frames(sh shape, q ask) [][]byte {
	switch sh {
	case responses:
		return a.responseFrames()
	case anthropic:
		return a.messageFrames()
	}
	return a.chatFrames(q.StreamOptions.IncludeUsage)
}

func (a answer) messageFrames() [][]byte {
	m := a.message()
	m["usage"] = a.messagesUsage(1)
	out := [][]byte{
		event("message_start", object{"message": m}),
		event("content_block_start", object{"index": 0, "content_block": object{"type": "text", "text": ""}}),
		event("ping", object{}),
	}
	for _, w := range a.words {
		out = append(out, event("content_block_delta", object{"index": 0, "delta": object{"type": "text_delta", "text": w}}))
	}
	return append(out,
		event("content_block_stop", object{"index": 0}),
		event("message_delta", object{
			"delta": object{"stop_reason": a.stopReason(), "stop_sequence": nil},
			"usage": a.messagesUsage(len(a.words)),
		}),
		event("message_stop", object{}))
}

func (a answer) message() object {
	return object{
		"id": "msg_" + a.id, "type": "message", "role": "assistant", "model": a.model,
		"content": []object{}, "stop_reason": nil, "stop_sequence": nil,
	}
}

func (a answer) messagesUsage(output int) object {
	return object{
		"input_tokens":                a.fresh,
		"cache_creation_input_tokens": a.written,
		"cache_read_input_tokens":     a.read,
		"cache_creation":              object{"ephemeral_5m_input_tokens": a.written, "ephemeral_1h_input_tokens": 0},
		"output_tokens":               output,
		"service_tier":                "standard",
	}
}

func (a answer) stopReason() string {
	if a.cut {
		return "max_tokens"
	}
	return "end_turn"
}

func (a answer) chatFrames(withUsage bool) [][]byte {
	chunk := func(choices []object, usage any) []byte {
		c := object{
			"id": a.id, "object": "chat.completion.chunk", "created": a.at.Unix(), "model": a.model,
			"choices": choices,
		}
		if withUsage {
			c["usage"] = usage
		}
		return data(c)
	}
	delta := func(d object, finish any) []object {
		return []object{{"index": 0, "delta": d, "logprobs": nil, "finish_reason": finish}}
	}
	out := [][]byte{chunk(delta(object{"role": "assistant", "content": ""}, nil), nil)}
	for _, w := range a.words {
		out = append(out, chunk(delta(object{"content": w}, nil), nil))
	}
	out = append(out, chunk(delta(object{}, a.finishReason()), nil))
	if withUsage {
		out = append(out, chunk([]object{}, a.chatUsage()))
	}
	return append(out, []byte("data: [DONE]\n\n"))
}

func (a answer) chatUsage() object {
	prompt, output := a.fresh+a.read+a.written, int64(len(a.words))
	details := object{"cached_tokens": a.read, "audio_tokens": 0}
	if a.written > 0 || writesCost(a.model) {
		details["cache_write_tokens"] = a.written
	}
	return object{
		"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output,
		"prompt_tokens_details":     details,
		"completion_tokens_details": object{"reasoning_tokens": 0, "audio_tokens": 0},
	}
}

func (a answer) finishReason() string {
	if a.cut {
		return "length"
	}
	return "stop"
}

// event is one server-sent event of the Messages dialect.
func event(kind string, o object) []byte {
	o["type"] = kind
	return append([]byte("event: "+kind+"\n"), data(o)...)
}

func data(o object) []byte {
	body, err := json.Marshal(o)
	if err != nil {
		body = nil // cannot be: objects hold strings, numbers and bools
	}
	return append(append([]byte("data: "), body...), "\n\n"...)
}
