package openaichat

import (
	"bytes"

	"weir/backend/dialect"
	"weir/backend/wire"
)

var asked = []string{"choices", "usage", "error"}

// mark reads a frame of a chat.completion.chunk stream, as described at
// https://platform.openai.com/docs/api-reference/chat-streaming (read 2026-09). Only a
// frame that can hold usage or an error is scanned.
func mark(f wire.Frame) dialect.Mark {
	switch {
	case !f.HasData || len(f.Data) == 0:
		return 0
	case string(bytes.TrimSpace(f.Data)) == "[DONE]":
		return dialect.End
	}
	m := dialect.Data
	if stopped(f.Data) {
		m |= dialect.Finish
	}
	usage, _ := dialect.After(f.Data, `"usage"`)
	used := len(usage) > 0 && usage[0] == '{'
	if used {
		m |= dialect.Usage
	}
	if !used && !bytes.Contains(f.Data, []byte(`"error"`)) {
		return m
	}
	found, err := wire.Scan(f.Data, asked)
	if err != nil {
		return m // what cannot be read is passed on, and the count looks at it
	}
	if e := found[2]; e.Found && string(e.Raw) != "null" {
		return m&^dialect.Data | dialect.Fault
	}
	if used && empty(found[0]) {
		m = m&^dialect.Data | dialect.OnlyUsage
	}
	return m
}

// stopped reports whether a choice says why it stopped.
func stopped(data []byte) bool {
	for rest := data; ; {
		value, after := dialect.After(rest, `"finish_reason"`)
		if after == nil {
			return false
		}
		if len(value) > 0 && value[0] == '"' {
			return true
		}
		rest = after
	}
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
