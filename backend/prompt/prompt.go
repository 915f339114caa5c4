// Package prompt takes a request's prompt apart as a provider's cache sees it, into salted hashes of its blocks. It keeps no text.
package prompt

// A Part says where a block stands. Caches go by prefix, in this order.
type Part uint8

const (
	Tools Part = iota
	System
	Messages
)

// A Kind says what a block is, as far as that decides what may be said of it.
type Kind uint8

const (
	Plain    Kind = iota // text, a picture, a tool, a tool's result
	Call                 // a tool's call by the model
	Thinking             // which some vendors leave out again by themselves
	Picture
	Unsure // what no rule of ours knows: nothing is said of a change here
)

// A Life is how long a cache breakpoint asks its prefix to be kept.
type Life uint8

const (
	NoMark Life = iota
	Mark5m
	Mark1h
)

// A Block is one part of a prompt. Two of the same Hash have the same content; two of the same Loose
// hold the same texts and numbers, perhaps in another order.
type Block struct {
	Part    Part
	Kind    Kind
	Mark    Life
	Model   bool   // the model wrote it
	Message int32  // its place among the messages, the system's blocks or the tools
	Inner   int32  // its place within the message
	Size    uint32 // bytes
	Hash    uint64
	Loose   uint64
}

// Same says whether two blocks have the same content.
func (b Block) Same(o Block) bool { return b.Hash == o.Hash && b.Part == o.Part }

// A Setting is a part of a request outside of its blocks that decides whether a cache fits.
type Setting struct {
	Name  string
	Hash  uint64
	Known bool // a change is known to make a cache unfit; else it may
}

// A Prompt is what a cache sees of a request.
type Prompt struct {
	Blocks    []Block // tools, system, messages
	Settings  []Setting
	Marked    Life   // the request as a whole asks for a breakpoint at its end
	CacheKey  uint64 // what the client wants its caches to be found by; 0: nothing
	Retention string // how long it asked for them to be kept, where that is a setting of the whole; empty: it did not
	Partial   bool   // a part of the prompt lies at the provider, where nobody sees it
}

// Find returns the blocks of a part.
func (p *Prompt) Find(part Part) []Block {
	from := 0
	for from < len(p.Blocks) && p.Blocks[from].Part < part {
		from++
	}
	to := from
	for to < len(p.Blocks) && p.Blocks[to].Part == part {
		to++
	}
	return p.Blocks[from:to]
}

// Marks says which lives the prompt asks a cache for.
func (p *Prompt) Marks() (five, hour bool) {
	five, hour = p.Marked == Mark5m, p.Marked == Mark1h
	for i := range p.Blocks {
		five, hour = five || p.Blocks[i].Mark == Mark5m, hour || p.Blocks[i].Mark == Mark1h
	}
	return five, hour
}
