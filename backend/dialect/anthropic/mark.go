package anthropic

import (
	"bytes"
	"encoding/json"

	"weir/backend/dialect"
	"weir/backend/wire"
)

// marks are the events of https://docs.claude.com/en/api/messages-streaming (read
// 2026-11); Usage stands where there may be a usage object. An event that is not listed is
// part of the answer: new ones may come.
var marks = map[string]dialect.Mark{
	"message_start":       dialect.Data | dialect.Usage,
	"content_block_start": dialect.Data,
	"content_block_delta": dialect.Data,
	"content_block_stop":  dialect.Data,
	"message_delta":       dialect.Data | dialect.Usage,
	"message_stop":        dialect.End,
	"ping":                0,
	"error":               dialect.Fault,
}

func mark(f wire.Frame) dialect.Mark {
	if len(f.Data) == 0 {
		return 0
	}
	kind := kindOf(f)
	m, known := marks[kind]
	if !known {
		m = unknown(f.Data)
	}
	if kind == "message_delta" && dialect.Holds(f.Data, `"stop_reason"`, '"') {
		m |= dialect.Finish
	}
	if m.Has(dialect.Usage) && !dialect.Holds(f.Data, `"usage"`, '{') {
		m &^= dialect.Usage
	}
	return m
}

// unknown marks a frame whose type has no row. Compatible servers may send an error there
// in OpenAI's shape.
func unknown(data []byte) dialect.Mark {
	if bytes.Contains(data, []byte(`"error"`)) {
		if found, err := wire.Scan(data, []string{"error"}); err == nil && dialect.Faulty(found[0]) {
			return dialect.Fault
		}
	}
	return dialect.Data | dialect.Usage
}

// kindOf returns the type that a frame's data names, else its event. Anthropic writes the
// type first, so that the rest need not be read.
func kindOf(f wire.Frame) string {
	if tail, ok := bytes.CutPrefix(f.Data, []byte(`{"type":"`)); ok {
		if i := bytes.IndexByte(tail, '"'); i >= 0 {
			return string(tail[:i])
		}
	}
	found, err := wire.Scan(f.Data, []string{"type"})
	var kind string
	if err != nil || !found[0].Found || json.Unmarshal(found[0].Raw, &kind) != nil {
		return f.Event
	}
	return kind
}

// outputBytes counts what the model wrote. A block that a server tool returned came from
// elsewhere and is not counted; it comes whole, in a content_block_start.
func outputBytes(f wire.Frame) int {
	switch kindOf(f) {
	case "content_block_delta":
		return dialect.TextBytes(f.Data, `"text"`, `"thinking"`, `"partial_json"`)
	case "message":
		return dialect.TextBytes(f.Data, `"text"`, `"thinking"`) + dialect.ObjectBytes(f.Data, `"input"`)
	}
	return 0
}
