package gemini

import (
	"bytes"

	"weir/backend/dialect"
	"weir/backend/wire"
)

var asked = []string{"error"}

// mark reads one GenerateContentResponse of a stream. A candidate that has not stopped names no
// reason (https://ai.google.dev/api/generate-content#candidate, read 2026-11); a prompt that is
// blocked has no candidates at all, and its reason in promptFeedback. The usage counts from the
// stream's beginning. What is only the bracket of an array ends it.
func mark(f wire.Frame) dialect.Mark {
	data := bytes.TrimSpace(f.Data)
	switch {
	case string(data) == "]":
		return dialect.End
	case len(data) == 0 || data[0] != '{':
		return 0
	}
	m := dialect.Data
	suspect := false
	for name, value := range dialect.Keys(data) {
		switch string(name) {
		case "finishReason", "blockReason":
			if dialect.Begins(value, '"') {
				m |= dialect.Finish
			}
		case "usageMetadata":
			if dialect.Begins(value, '{') {
				m |= dialect.Usage
			}
		case "error":
			suspect = true
		}
	}
	if suspect {
		if found, err := wire.Scan(data, asked); err == nil && dialect.Faulty(found[0]) {
			return m&^dialect.Data | dialect.Fault
		}
	}
	return m
}

// elsewhere are members of a reply whose texts the model did not write for this answer: what it
// cites, what a search or a program brought, and how likely other words were.
var elsewhere = map[string]bool{
	"groundingMetadata": true, "citationMetadata": true, "urlContextMetadata": true, "codeExecutionResult": true,
	"logprobsResult": true, "promptFeedback": true, "functionResponse": true,
}

// outputBytes counts what the model wrote: text and thoughts, which are texts too, programs that
// it wants to run, and the arguments of functions. Pictures and sounds are no text.
func outputBytes(f wire.Frame) int {
	n, passed := 0, 0 // what lies before passed is in n already, or is none of it
	for name, value := range dialect.Keys(f.Data) {
		at := len(f.Data) - len(value)
		key := string(name)
		switch {
		case at < passed:
		case key == "text" || key == "code":
			n += wire.TextLen(value)
		case key == "args" || elsewhere[key]:
			whole := wire.Value(value)
			if whole == nil {
				return n // cut, or deeper than any reply
			}
			passed = at + len(whole)
			if key == "args" {
				n += len(whole)
			}
		}
	}
	return n
}
