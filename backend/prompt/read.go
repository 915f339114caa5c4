package prompt

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// A Salt makes the hashes of one home worthless anywhere else.
type Salt struct{ block cipher.Block }

// NewSalt makes a salt of 32 random bytes.
func NewSalt(random [32]byte) *Salt {
	block, err := aes.NewCipher(random[:])
	if err != nil {
		panic(err) // a key of 32 bytes is always accepted
	}
	return &Salt{block}
}

// salted is a keyed hash of a hash.
func (b *builder) salted(h uint64) uint64 {
	b.buf = [aes.BlockSize]byte{}
	binary.LittleEndian.PutUint64(b.buf[:], h)
	b.salt.block.Encrypt(b.buf[:], b.buf[:])
	return binary.LittleEndian.Uint64(b.buf[:])
}

// mostBlocks bounds what is kept of a prompt: behind them, the rest is one block of which nothing is said.
const mostBlocks = 2000

// A builder gathers the blocks of a prompt while it reads a request.
type builder struct {
	reader
	salt     *Salt
	tools    []Block
	system   []Block
	messages []Block
	rest     sum // of the messages beyond mostBlocks
	p        Prompt
	buf      [aes.BlockSize]byte
}

// Read takes a request of a dialect apart. ok is false where the dialect has no prompts.
func Read(dialect string, body []byte, salt *Salt) (p *Prompt, ok bool) {
	b := &builder{reader: reader{b: body}, salt: salt, messages: make([]Block, 0, 64)}
	switch dialect {
	case "anthropic":
		b.members(b.anthropic)
	case "openai-chat":
		b.members(b.chat)
	case "responses":
		b.members(b.responses)
	case "gemini":
		b.members(b.gemini)
	default:
		return nil, false
	}
	b.finish()
	return &b.p, true
}

func (b *builder) finish() {
	if dropped := b.rest; dropped != (sum{}) {
		last := Block{Part: Messages, Kind: Unsure, Message: b.messages[len(b.messages)-1].Message + 1}
		b.messages = append(b.messages, b.seal(last, dropped))
	}
	b.p.Blocks = slices.Concat(b.tools, b.system, b.messages)
}

// seal makes of what a block holds the hashes that are kept.
func (b *builder) seal(at Block, s sum) Block {
	s.ordered = mix(s.ordered + uint64(at.Part)<<8 + uint64(at.Kind))
	at.Hash = b.salted(s.ordered)
	at.Loose = at.Hash
	if s.loose != 0 {
		at.Loose = b.salted(s.loose)
	}
	return at
}

// put adds a block of a message.
func (b *builder) put(at Block, s sum) {
	if n := len(b.messages); at.Part == Messages && n > 0 && b.messages[n-1].Message == at.Message {
		at.Inner = b.messages[n-1].Inner + 1
	}
	switch {
	case at.Part == Tools:
		b.tools = append(b.tools, b.seal(at, s))
	case at.Part == System:
		b.system = append(b.system, b.seal(at, s))
	case len(b.messages) < mostBlocks:
		b.messages = append(b.messages, b.seal(at, s))
	default:
		b.rest.ordered = mix(b.rest.ordered ^ s.ordered)
		b.rest.loose += mix(s.ordered) + 1
	}
}

// setting reads the value at hand as one.
func (b *builder) setting(name string, known bool) {
	var s sum
	b.value(&s, 1)
	if s == nothing() {
		return
	}
	b.p.Settings = append(b.p.Settings, Setting{Name: name, Hash: b.salted(s.ordered), Known: known})
}

// null is a value that is as good as not being there.
var null = xxhash.Sum64String("null")

func nothing() (s sum) {
	s.add(null)
	return s
}

// kinds says what a block is by the type that it names.
var kinds = map[string]Kind{
	"thinking": Thinking, "redacted_thinking": Thinking, "reasoning": Thinking,
	"tool_use": Call, "server_tool_use": Call, "function_call": Call, "custom_tool_call": Call, "function": Call,
	"image": Picture, "image_url": Picture, "input_image": Picture, "document": Picture, "file": Picture, "input_file": Picture,
}

// texts are the types of a block that is its text alone.
var texts = []string{"", "text", "input_text", "output_text"}

// beside are members of a block that are no part of its content.
var beside = []string{"id", "status", "annotations", "logprobs", "prompt_cache_breakpoint", "internal_chat_message_metadata_passthrough"}

// content reads the value at hand as a block: a text, or an object.
func (b *builder) content(at Block, who uint64) {
	start := b.i
	s := sum{ordered: who}
	b.mark = NoMark
	if b.space(); b.peek() == '"' {
		s.ordered += b.hash()
		at.Size = uint32(b.i - start)
		b.put(at, s)
		return
	}
	var all, text sum
	kind, other := "", false
	b.members(func(key []byte) {
		switch name := string(key); {
		case name == "type" && kind == "":
			kind = b.word()
		case name == marker:
			b.mark = max(b.mark, b.life())
		case name == "text" && b.peek() == '"':
			text.ordered = b.hash()
		case at.Part == Messages && slices.Contains(beside, name):
			b.skip()
		default:
			var member sum
			member.add(xxhash.Sum64(key))
			b.value(&member, 2)
			all.ordered += mix(member.ordered)
			all.loose += member.loose
			other = true
		}
	})
	at.Size, at.Mark = uint32(b.i-start), b.mark
	if at.Part == Messages {
		at.Kind = kinds[kind]
	}
	s.ordered += text.ordered
	if other || !slices.Contains(texts, kind) {
		s.ordered += all.ordered + xxhash.Sum64String(kind)
		s.loose = all.loose + mix(text.ordered) + who
	}
	b.put(at, s)
}

// contents reads a text, or an array of blocks.
func (b *builder) contents(at Block, who uint64) {
	if b.space(); b.peek() != '[' {
		if b.peek() == '"' || b.peek() == '{' {
			b.content(at, who)
		}
		return
	}
	b.elements(func(int) { b.content(at, who) })
}

// list reads an array whose elements are blocks of one part.
func (b *builder) list(part Part) {
	b.elements(func(n int) { b.content(Block{Part: part, Message: int32(n)}, 0) })
}

// who tells the speakers apart.
func who(role string) uint64 { return xxhash.Sum64String(role) }

// firm are the roles whose messages at the beginning are what other dialects call the system prompt.
func firm(role string) bool { return role == "system" || role == "developer" }
