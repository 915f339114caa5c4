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
	if dialect.Holds(data, `"finish_reason"`, '"') {
		m |= dialect.Finish
	}
	used := dialect.Holds(data, `"usage"`, '{')
	if used {
		m |= dialect.Usage
	}
	if !used && !bytes.Contains(data, []byte(`"error"`)) {
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
	return dialect.TextBytes(f.Data, `"content"`, `"refusal"`, `"arguments"`, `"reasoning_content"`, `"reasoning"`)
}
