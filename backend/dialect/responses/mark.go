package responses

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"weir/backend/dialect"
	"weir/backend/wire"
)

// marks are the events of a stream that are no plain part of the answer
// (https://developers.openai.com/api/reference/resources/responses/streaming-events, read
// 2026-11). One that is not listed is: new ones may come. A response that was created has
// not begun yet: an upstream that fails right after it can still be replaced by another.
// Usage stands where there may be a usage object; it comes with the reason of the end.
var marks = map[string]dialect.Mark{
	"response.created":     0,
	"response.queued":      0,
	"response.in_progress": 0,
	"response.completed":   dialect.End | dialect.Finish | dialect.Usage,
	"response.incomplete":  dialect.End | dialect.Finish | dialect.Usage,
	"response.cancelled":   dialect.End | dialect.Finish | dialect.Usage,
	"response.failed":      dialect.End | dialect.Finish | dialect.Usage | dialect.Fault,
	"error":                dialect.Fault,
}

func mark(f wire.Frame) dialect.Mark {
	data := bytes.TrimSpace(f.Data)
	switch {
	case string(data) == "[DONE]": // some compatible servers add it
		return dialect.End
	case len(data) == 0 || data[0] != '{':
		return 0
	}
	kind := kindOf(f.Event, data)
	m, known := marks[kind]
	switch {
	case kind == "response.output_item.done" && charged(data):
		return dialect.Data | dialect.Usage
	case !known && strings.HasPrefix(kind, "response."):
		return dialect.Data
	case !known:
		return unknown(data)
	case m.Has(dialect.Usage) && !reported(data):
		return m &^ dialect.Usage
	}
	return m
}

// tools are the items that cost something beside their tokens.
var tools = []string{`"web_search_call"`, `"file_search_call"`, `"code_interpreter_call"`, `"image_generation_call"`}

// charged says whether an item that is done may be one of them.
func charged(data []byte) bool {
	return slices.ContainsFunc(tools, func(name string) bool { return bytes.Contains(data, []byte(name)) })
}

// reported says whether a response comes with its usage, or cannot be read.
func reported(data []byte) bool {
	found, err := wire.Scan(data, []string{"response.usage"})
	return err != nil || found[0].Found && found[0].Raw[0] == '{'
}

// unknown marks a frame whose type is none of the dialect's. Compatible servers may send an
// error there in the shape of Chat Completions.
func unknown(data []byte) dialect.Mark {
	if bytes.Contains(data, []byte(`"error"`)) {
		if found, err := wire.Scan(data, []string{"error"}); err == nil && dialect.Faulty(found[0]) {
			return dialect.Fault
		}
	}
	return dialect.Data
}

// kindOf returns the type of an event. OpenAI writes it first, Bedrock last, so there the
// event's name saves reading the whole.
func kindOf(event string, data []byte) string {
	if tail, ok := bytes.CutPrefix(data, []byte(`{"type":"`)); ok {
		name, _, _ := bytes.Cut(tail, []byte{'"'})
		if string(name) == event {
			return event // the usual case, without a copy
		}
		return string(name)
	}
	if event == "error" || strings.HasPrefix(event, "response.") {
		return event
	}
	found, err := wire.Scan(data, []string{"type"})
	var kind string
	if err != nil || !found[0].Found || json.Unmarshal(found[0].Raw, &kind) != nil {
		return event
	}
	return kind
}

// outputBytes counts what the model wrote: in a stream the pieces of text, thinking,
// arguments and code as they come, for the events that repeat them whole come after; in a
// JSON reply the items of its output.
func outputBytes(f wire.Frame) int {
	data := bytes.TrimSpace(f.Data)
	kind := kindOf(f.Event, data)
	switch {
	case strings.HasSuffix(kind, ".delta"):
		n := 0
		for name, value := range dialect.Keys(data) {
			if string(name) == "delta" {
				n += wire.TextLen(value)
			}
		}
		return n
	case kind != "":
		return 0
	}
	found, err := wire.Scan(data, []string{"output"})
	if err != nil || !found[0].Found {
		return 0
	}
	n := 0
	for name, value := range dialect.Keys(found[0].Raw) {
		switch string(name) {
		case "text", "refusal", "arguments", "code", "input":
			n += wire.TextLen(value)
		}
	}
	return n
}
