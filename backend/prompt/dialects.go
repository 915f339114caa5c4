package prompt

import (
	"strings"

	"github.com/cespare/xxhash/v2"
)

// What belongs to Anthropic's prefix: tools, then system, then messages; each level's changes, and those of these
// settings, make what follows unfit (https://platform.claude.com/docs/en/build-with-claude/prompt-caching, read
// 2026-11). Of the settings that are not known nothing is said there.
func (b *builder) anthropic(key []byte) {
	switch name := string(key); name {
	case "tools":
		b.list(Tools)
	case "system":
		b.contents(Block{Part: System}, 0)
		number(b.system)
	case "messages":
		b.elements(func(n int) { b.message(Messages, n) })
	case marker:
		b.p.Marked = b.life()
	case "tool_choice", "thinking", "speed":
		b.setting(name, true)
	case "output_config", "context_management", "mcp_servers", "container":
		b.setting(name, false)
	}
}

// number gives the system's blocks their places.
func number(blocks []Block) {
	for i := range blocks {
		blocks[i].Message = int32(i)
	}
}

// message reads an object with role and content, in any order.
func (b *builder) message(part Part, n int) {
	at := Block{Part: part, Message: int32(n)}
	role, from, calls := "", -1, -1
	var extra sum
	b.members(func(key []byte) {
		switch name := string(key); name {
		case "role":
			role = b.word()
		case "content", "parts":
			if from = b.i; role != "" {
				b.spoken(&at, role)
				from = -1
			} else {
				b.skip()
			}
		case "tool_calls":
			calls = b.i
			b.skip()
		case "id", "status", "type", "prompt_cache_breakpoint", "internal_chat_message_metadata_passthrough", marker:
			b.skip()
		default:
			var member sum
			member.add(xxhash.Sum64(key))
			if b.value(&member, 2); member != emptied(key) {
				extra.ordered += mix(member.ordered)
				extra.loose += member.loose
			}
		}
	})
	end := b.i
	if from >= 0 {
		b.i = from
		b.spoken(&at, role)
	}
	if calls >= 0 {
		b.i = calls
		b.elements(func(int) { b.content(at, who(role)) })
	}
	if extra != (sum{}) {
		at.Kind = Unsure
		b.put(at, extra)
	}
	b.i = end
	if at.Part == System {
		number(b.system)
	}
}

// spoken reads a message's content once its role is known.
func (b *builder) spoken(at *Block, role string) {
	at.Model = role == "assistant" || role == "model"
	if firm(role) && at.Part == Messages && len(b.messages) == 0 {
		at.Part, at.Message = System, int32(len(b.system))
	}
	b.contents(*at, who(role))
}

// emptied is a member whose value is null.
func emptied(key []byte) sum {
	var s sum
	s.add(xxhash.Sum64(key))
	s.add(null)
	return s
}

// What belongs to OpenAI's prefix: tools, the output's format, messages; and these settings, which put words of their
// own into it (https://developers.openai.com/api/docs/guides/prompt-caching, read 2026-11).
func (b *builder) chat(key []byte) {
	switch name := string(key); name {
	case "tools":
		b.list(Tools)
	case "messages":
		b.elements(func(n int) { b.message(Messages, n) })
	case "response_format", "reasoning_effort", "verbosity", "parallel_tool_calls":
		b.setting(name, true)
	case "tool_choice", "functions", "service_tier", "modalities", "prediction":
		b.setting(name, false)
	default:
		b.caching(name)
	}
}

// caching reads how an OpenAI client wants its caches to be kept.
func (b *builder) caching(name string) {
	switch name {
	case "prompt_cache_key":
		if b.space(); b.peek() == '"' {
			b.p.CacheKey = b.salted(b.hash())
		}
	case "prompt_cache_retention":
		b.p.Retention = b.word()
	case "prompt_cache_options":
		b.members(func(key []byte) {
			switch string(key) {
			case "ttl":
				b.p.Retention = b.word()
			case "mode":
				b.setting("prompt_cache_options", false)
			}
		})
	}
}

func (b *builder) responses(key []byte) {
	switch name := string(key); name {
	case "tools":
		b.list(Tools)
	case "instructions":
		b.contents(Block{Part: System}, 0)
	case "input":
		b.input()
	case "text", "reasoning", "parallel_tool_calls":
		b.setting(name, true)
	case "tool_choice", "service_tier", "context_management", "truncation":
		b.setting(name, false)
	case "previous_response_id", "conversation", "prompt":
		b.space()
		b.p.Partial = b.p.Partial || b.peek() == '"' || b.peek() == '{'
	default:
		b.caching(name)
	}
}

// input reads what a Responses request sends: a text, or items, of which some are messages.
func (b *builder) input() {
	if b.space(); b.peek() == '"' {
		b.content(Block{Part: Messages}, who("user"))
		return
	}
	b.elements(func(n int) {
		at, says, kind := b.i, false, ""
		b.members(func(key []byte) {
			switch string(key) {
			case "role":
				says = true
			case "type":
				kind = b.word()
			}
		})
		end := b.i
		if b.i = at; says {
			b.message(Messages, n)
		} else {
			b.content(Block{Part: Messages, Message: int32(n), Model: !strings.HasSuffix(kind, "_output")}, 0)
		}
		b.i = end
	})
}

// What belongs to Gemini's prefix (https://ai.google.dev/gemini-api/docs/caching, read 2026-11).
func (b *builder) gemini(key []byte) {
	switch name := string(key); name {
	case "tools":
		b.elements(func(int) { b.declarations() })
	case "systemInstruction", "system_instruction":
		b.message(System, 0)
	case "contents":
		b.elements(func(n int) { b.message(Messages, n) })
	case "toolConfig", "tool_config":
		b.setting("tool_config", false)
	case "cachedContent", "cached_content":
		b.space()
		b.p.Partial = b.peek() == '"'
	}
}

// declarations reads an element of Gemini's tools: each function in it is a tool, and so is whatever else it holds.
func (b *builder) declarations() {
	b.members(func(key []byte) {
		switch string(key) {
		case "functionDeclarations", "function_declarations":
			b.elements(func(int) { b.content(Block{Part: Tools, Message: int32(len(b.tools))}, 0) })
		default:
			b.content(Block{Part: Tools, Message: int32(len(b.tools))}, xxhash.Sum64(key))
		}
	})
}
