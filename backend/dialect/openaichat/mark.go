package openaichat

import (
	"bytes"

	"weir/backend/dialect"
	"weir/backend/wire"
)

var asked = []string{"choices", "usage", "error"}

// mark reads a frame of a chat.completion.chunk stream, as described at
// https://platform.openai.com/docs/api-reference/chat-streaming (read 2026-11). Only a
// frame that can hold usage or an error is scanned. Data that is no object is no chunk.
func mark(f wire.Frame) dialect.Mark {
	data := bytes.TrimSpace(f.Data)
	switch {
	case string(data) == "[DONE]":
		return dialect.End
	case len(data) == 0 || data[0] != '{':
		return 0
	}
	m := dialect.Data
	suspect := false
	for name, value := range dialect.Keys(data) {
		switch string(name) {
		case "finish_reason":
			if dialect.Begins(value, '"') {
				m |= dialect.Finish
			}
		case "usage":
			if dialect.Begins(value, '{') {
				m |= dialect.Usage
			}
		case "error":
			suspect = true
		}
	}
	if !suspect && !m.Has(dialect.Usage) {
		return m
	}
	found, err := wire.Scan(data, asked)
	switch {
	case err != nil: // what cannot be read is passed on, and the count looks at it
	case dialect.Faulty(found[2]):
		return m&^dialect.Data | dialect.Fault
	case empty(found[0]) && found[1].Found && found[1].Raw[0] == '{':
		return m&^dialect.Data | dialect.OnlyUsage
	}
	return m
}

// empty reports whether choices is an empty list, or is not there.
func empty(choices wire.Field) bool {
	if !choices.Found || string(choices.Raw) == "null" {
		return true
	}
	b := choices.Raw
	return b[0] == '[' && len(bytes.TrimSpace(b[1:len(b)-1])) == 0
}

// outputBytes counts what the model wrote: text, refusals, arguments of tools, and thinking
// under the two names that compatible servers use.
func outputBytes(f wire.Frame) int {
	n := 0
	for name, value := range dialect.Keys(f.Data) {
		switch string(name) {
		case "content", "refusal", "arguments", "reasoning_content", "reasoning":
			n += wire.TextLen(value)
		}
	}
	return n
}
