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
	if !m.Has(dialect.Usage) {
		return m
	}
	m &^= dialect.Usage
	for name, value := range dialect.Keys(f.Data) {
		switch {
		case string(name) == "usage" && dialect.Begins(value, '{'):
			m |= dialect.Usage
		case string(name) == "stop_reason" && dialect.Begins(value, '"') && kind == "message_delta":
			m |= dialect.Finish
		}
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
		name, _, _ := bytes.Cut(tail, []byte{'"'})
		if string(name) == f.Event {
			return f.Event // the usual case, without a copy
		}
		return string(name)
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
	kind := kindOf(f)
	if kind != "content_block_delta" && kind != "message" {
		return 0
	}
	n, counted := 0, 0 // what lies before counted is in n already
	for name, value := range dialect.Keys(f.Data) {
		at := len(f.Data) - len(value)
		switch {
		case at < counted:
		case string(name) == "text" || string(name) == "thinking" || string(name) == "partial_json":
			n += wire.TextLen(value)
		case string(name) == "input":
			arguments := wire.Value(value)
			if arguments == nil {
				return n // cut, or deeper than any reply
			}
			n += len(arguments)
			counted = at + len(arguments)
		}
	}
	return n
}
