// Package counting finds out from what an upstream reports of the same prompt, sent more than once,
// whether its prompt count holds the cached tokens, and keeps the evidence. It sends nothing itself.
package counting

import (
	_ "embed"
	"encoding/json"
	"strconv"
	"strings"

	"weir/backend/gateway"
	"weir/billing"
)

//go:embed text.txt
var prose string

// A Form is how a check is written in a dialect.
type Form struct {
	Dialect string
	Op      gateway.Op
	Path    string // at Weir's own door
	Usual   billing.Counting
	parts   int // how often the text is in the prompt
}

// forms are the dialects in which a check can be made. What OpenAI caches begins at 1,024 tokens,
// what Anthropic does at 4,096 for some of its models
// (https://platform.openai.com/docs/guides/prompt-caching and
// https://platform.claude.com/docs/en/build-with-claude/prompt-caching, read 2026-11).
var forms = []Form{
	{Dialect: "openai-chat", Op: gateway.Chat, Path: "/v1/chat/completions", Usual: billing.CountInclusive, parts: 6},
	{Dialect: "anthropic", Op: gateway.Messages, Path: "/v1/messages", Usual: billing.CountExclusive, parts: 14},
}

// FormOf returns the form for a channel that offers some dialects; its own comes first.
func FormOf(own string, offers func(dialect string, op gateway.Op) bool) (f Form, ok bool) {
	for _, known := range forms {
		if offers(known.Dialect, known.Op) && (!ok || known.Dialect == own) {
			f, ok = known, true
		}
	}
	return f, ok
}

// MostOutput is how many tokens a check lets a model write.
const MostOutput = 16

// Text is the prompt, which nobody's cache has yet: a nonce stands first.
func (f Form) Text(nonce string) string {
	var b strings.Builder
	b.WriteString(nonce)
	for n := range f.parts {
		b.WriteString("\n\n" + strconv.Itoa(n+1) + "\n\n" + prose)
	}
	return b.String()
}

// question is what the model is asked. Its answer is read by nobody.
const question = "Reply with the single word: ok"

// Body is the request. Newer models of OpenAI's want another word for the bound of what is written.
func (f Form) Body(model, nonce string, newer bool) []byte {
	type object = map[string]any
	text := f.Text(nonce)
	body := object{"model": model, "max_tokens": MostOutput}
	switch {
	case f.Dialect == "anthropic":
		body["system"] = []object{{"type": "text", "text": text, "cache_control": object{"type": "ephemeral"}}}
		body["messages"] = []object{{"role": "user", "content": question}}
		return encoded(body)
	case newer:
		delete(body, "max_tokens")
		body["max_completion_tokens"] = MostOutput
	}
	body["messages"] = []object{{"role": "system", "content": text}, {"role": "user", "content": question}}
	return encoded(body)
}

func encoded(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // of texts and numbers
	}
	return text
}

// WantsNewer says whether an error asks for the newer word.
func WantsNewer(body []byte) bool { return strings.Contains(string(body), "max_completion_tokens") }
