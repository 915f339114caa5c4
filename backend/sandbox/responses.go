package sandbox

import (
	"bytes"
	"encoding/json"
	"strings"
)

// unified returns a Responses request as the other formats are asked: its instructions are
// the system prompt, its input the messages.
func (q ask) unified() ask {
	if len(q.Input) == 0 {
		return q
	}
	q.System, q.Messages = q.Instructions, []message{q.Input}
	var items []message
	if bytes.HasPrefix(q.Input, []byte("[")) && json.Unmarshal(q.Input, &items) == nil {
		q.Messages = items
	}
	return q
}

// response is the answer as the object of a state.
func (a answer) response(status string, output []object) object {
	r := object{
		"id": "resp_" + a.id, "object": "response", "created_at": a.at.Unix(), "status": status, "model": a.model,
		"output": output, "error": nil, "incomplete_details": nil, "usage": nil, "service_tier": "default",
		"parallel_tool_calls": true, "tool_choice": "auto", "tools": []object{}, "store": false, "metadata": object{},
	}
	if status == "incomplete" {
		r["incomplete_details"] = object{"reason": "max_output_tokens"}
	}
	if status != "in_progress" {
		r["usage"] = a.responsesUsage()
	}
	return r
}

// status is how a response ends.
func (a answer) status() string {
	if a.cut {
		return "incomplete"
	}
	return "completed"
}

// item is the answer's one message.
func (a answer) item(status string, content ...object) object {
	if content == nil {
		content = []object{}
	}
	return object{"id": "msg_" + a.id, "type": "message", "status": status, "role": "assistant", "content": content}
}

func outputText(text string) object {
	return object{"type": "output_text", "text": text, "annotations": []object{}, "logprobs": []object{}}
}

func (a answer) responseWhole() object {
	return a.response(a.status(), []object{a.item(a.status(), outputText(a.text()))})
}

func (a answer) responseFrames() [][]byte {
	var out [][]byte
	add := func(kind string, o object) {
		o["sequence_number"] = len(out)
		out = append(out, event(kind, o))
	}
	part := func(o object) object {
		o["item_id"], o["output_index"], o["content_index"] = "msg_"+a.id, 0, 0
		return o
	}
	text := strings.Join(a.words, "")
	done := a.item(a.status(), outputText(text))
	add("response.created", object{"response": a.response("in_progress", []object{})})
	add("response.in_progress", object{"response": a.response("in_progress", []object{})})
	add("response.output_item.added", object{"output_index": 0, "item": a.item("in_progress")})
	add("response.content_part.added", part(object{"part": outputText("")}))
	for _, w := range a.words {
		add("response.output_text.delta", part(object{"delta": w, "logprobs": []object{}}))
	}
	add("response.output_text.done", part(object{"text": text, "logprobs": []object{}}))
	add("response.content_part.done", part(object{"part": outputText(text)}))
	add("response.output_item.done", object{"output_index": 0, "item": done})
	add("response."+a.status(), object{"response": a.response(a.status(), []object{done})})
	return out
}

func (a answer) responsesUsage() object {
	input, output := a.fresh+a.read+a.written, int64(len(a.words))
	details := object{"cached_tokens": a.read}
	if a.written > 0 || writesCost(a.model) {
		details["cache_write_tokens"] = a.written
	}
	return object{
		"input_tokens": input, "input_tokens_details": details,
		"output_tokens": output, "output_tokens_details": object{"reasoning_tokens": 0},
		"total_tokens": input + output,
	}
}
