package anthropic

import (
	"bytes"
	"encoding/json"

	"weir/backend/dialect"
	"weir/backend/wire"
)

// marks are the events of https://docs.anthropic.com/en/api/messages-streaming (read
// 2026-09). One that is not listed is part of the answer: new ones may come.
var marks = map[string]dialect.Mark{
	"message_start":       dialect.Data,
	"content_block_start": dialect.Data,
	"content_block_delta": dialect.Data,
	"content_block_stop":  dialect.Data,
	"message_delta":       dialect.Data,
	"message_stop":        dialect.End,
	"ping":                0,
	"error":               dialect.Fault,
}

func mark(f wire.Frame) dialect.Mark {
	if !f.HasData || len(f.Data) == 0 {
		return 0
	}
	kind := kindOf(f)
	m, known := marks[kind]
	if !known {
		m = dialect.Data
	}
	if kind == "message_start" || kind == "message_delta" || !known {
		if v, _ := dialect.After(f.Data, `"usage"`); len(v) > 0 && v[0] == '{' {
			m |= dialect.Usage
		}
	}
	if kind == "message_delta" {
		if v, _ := dialect.After(f.Data, `"stop_reason"`); len(v) > 0 && v[0] == '"' {
			m |= dialect.Finish
		}
	}
	return m
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
	case "content_block_delta", "message":
		return dialect.TextBytes(f.Data, `"text"`, `"thinking"`, `"partial_json"`)
	}
	return 0
}
