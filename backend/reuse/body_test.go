package reuse

import (
	"encoding/json"
	"fmt"
	"strings"
)

// body writes the request in the talk's dialect.
func (c *talk) body() []byte {
	var doc map[string]any
	switch c.dialect {
	case "anthropic":
		doc = c.anthropic()
	case "openai-chat":
		doc = map[string]any{"tools": c.functions(func(f map[string]any) any { return map[string]any{"type": "function", "function": f} }), "messages": c.chat()}
	case "responses":
		doc = map[string]any{"tools": c.functions(func(f map[string]any) any { return f }), "instructions": c.system[0].text, "input": c.items()}
	case "gemini":
		doc = map[string]any{"tools": []any{map[string]any{"functionDeclarations": c.functions(func(f map[string]any) any { return f })}},
			"systemInstruction": map[string]any{"parts": []any{map[string]any{"text": c.system[0].text}}}, "contents": c.contents()}
	}
	doc["model"] = c.model
	for name, raw := range c.settings {
		doc[name] = json.RawMessage(raw)
	}
	out, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return out
}

func (c *talk) functions(wrap func(map[string]any) any) []any {
	all := []any{}
	for _, t := range c.tools {
		name, _, _ := strings.Cut(t, " ")
		all = append(all, wrap(map[string]any{"name": name, "description": t, "parameters": map[string]any{"type": "object"}}))
	}
	return all
}

func marked(block map[string]any, ttl string) map[string]any {
	if ttl != "" {
		block["cache_control"] = map[string]any{"type": "ephemeral", "ttl": ttl}
	}
	return block
}

func (c *talk) anthropic() map[string]any {
	tools, system, messages := []any{}, []any{}, []any{}
	for _, t := range c.tools {
		name, _, _ := strings.Cut(t, " ")
		tools = append(tools, map[string]any{"name": name, "description": t, "input_schema": map[string]any{"type": "object"}})
	}
	for i, p := range c.system {
		ttl := ""
		if i == len(c.system)-1 {
			ttl = c.systemTTL
		}
		system = append(system, marked(map[string]any{"type": "text", "text": p.text}, ttl))
	}
	for i, t := range c.turns {
		blocks := []any{}
		for j, p := range t.parts {
			ttl := p.mark
			if i == len(c.turns)-1 && j == len(t.parts)-1 {
				ttl = c.ttl
			}
			blocks = append(blocks, marked(claudeBlock(p), ttl))
		}
		messages = append(messages, map[string]any{"role": t.role, "content": blocks})
	}
	return map[string]any{"tools": tools, "system": system, "messages": messages, "max_tokens": 1000}
}

func claudeBlock(p part1) map[string]any {
	switch p.kind {
	case "call":
		return map[string]any{"type": "tool_use", "id": "toolu_" + p.text, "name": "run", "input": map[string]any{"command": p.text}}
	case "result":
		return map[string]any{"type": "tool_result", "tool_use_id": "toolu", "content": p.text}
	case "think":
		return map[string]any{"type": "thinking", "thinking": p.text, "signature": "s"}
	case "picture":
		return map[string]any{"type": "image", "source": map[string]any{"type": "base64", "data": p.text}}
	}
	return map[string]any{"type": "text", "text": p.text}
}

func (c *talk) chat() []any {
	all := []any{}
	for _, p := range c.system {
		all = append(all, map[string]any{"role": "system", "content": p.text})
	}
	for _, t := range c.turns {
		for _, p := range t.parts {
			switch p.kind {
			case "call":
				all = append(all, map[string]any{"role": "assistant", "content": nil, "tool_calls": []any{map[string]any{"id": "call_" + p.text, "type": "function", "function": map[string]any{"name": "run", "arguments": p.text}}}})
			case "result":
				all = append(all, map[string]any{"role": "tool", "tool_call_id": "call", "content": p.text})
			default:
				all = append(all, map[string]any{"role": t.role, "content": p.text})
			}
		}
	}
	return all
}

func (c *talk) items() []any {
	all := []any{}
	for i, t := range c.turns {
		for _, p := range t.parts {
			switch p.kind {
			case "call":
				all = append(all, map[string]any{"type": "function_call", "id": fmt.Sprint("fc_", i), "call_id": "c", "name": "run", "arguments": p.text})
			case "result":
				all = append(all, map[string]any{"type": "function_call_output", "call_id": "c", "output": p.text})
			default:
				all = append(all, map[string]any{"role": t.role, "content": p.text})
			}
		}
	}
	return all
}

func (c *talk) contents() []any {
	all := []any{}
	for _, t := range c.turns {
		role, parts := t.role, []any{}
		if role == "assistant" {
			role = "model"
		}
		for _, p := range t.parts {
			switch p.kind {
			case "call":
				parts = append(parts, map[string]any{"functionCall": map[string]any{"name": "run", "args": map[string]any{"c": p.text}}})
			case "result":
				parts = append(parts, map[string]any{"functionResponse": map[string]any{"name": "run", "response": map[string]any{"r": p.text}}})
			default:
				parts = append(parts, map[string]any{"text": p.text})
			}
		}
		all = append(all, map[string]any{"role": role, "parts": parts})
	}
	return all
}
