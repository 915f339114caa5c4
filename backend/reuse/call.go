package reuse

import (
	"slices"
	"time"

	"weir/backend/prompt"
	"weir/billing"
)

// A Call is a settled call as the relay tells of it.
type Call struct {
	ID          string
	KeyID       string
	ChannelID   string
	ProviderKey string // the id of the provider's key that was used
	Provider    string
	Dialect     string
	Model       string // as the client named it
	Upstream    string // as the provider knows it
	StartedAt   time.Time
	EndedAt     time.Time
	Known       bool // the usage is what the provider counted, and the reply came to its end
	Usage       billing.Usage
	Body        []byte
	Release     func()                             // Body is read no more
	Price       func(billing.Usage) *billing.Money // what another usage of the same call would have cost; nil: nobody knows
}

// A call is one whose prompt was taken apart.
type call struct {
	*Call
	prompt *prompt.Prompt
	lane   lane
	first  int
	lost   time.Time // until when calls of its key may have gone by unseen
}

func newCall(c *Call, salt *prompt.Salt) (*call, bool) {
	p, ok := prompt.Read(c.Dialect, c.Body, salt)
	if !ok || p.Partial {
		return nil, false
	}
	n := &call{Call: c, prompt: p, lane: lane{c.ChannelID, c.Provider, c.Upstream}}
	n.first = firstMessage(p.Blocks)
	return n, n.first < len(p.Blocks)
}

func (n *call) messages() []prompt.Block { return n.prompt.Blocks[n.first:] }
func (n *call) stable() []prompt.Block   { return n.prompt.Blocks[:n.first] }
func (n *call) asks() bool               { return asks(n.prompt) }

// edits says whether the provider may leave out some of the prompt by itself: what the model thought, or what it was
// told to clear away.
func (n *call) edits() bool {
	return slices.ContainsFunc(n.prompt.Settings, func(s prompt.Setting) bool { return s.Name == "context_management" }) ||
		slices.ContainsFunc(n.prompt.Blocks, func(b prompt.Block) bool { return b.Kind == prompt.Thinking })
}

// marks are the places of the breakpoints.
func (n *call) marks() (at []int) {
	for i, b := range n.prompt.Blocks {
		if b.Mark != prompt.NoMark {
			at = append(at, i)
		}
	}
	if n.prompt.Marked != prompt.NoMark && (len(at) == 0 || at[len(at)-1] < len(n.prompt.Blocks)-1) {
		at = append(at, len(n.prompt.Blocks)-1)
	}
	return at
}

// point is what is remembered of a call.
func (n *call) point() point {
	p := point{Call: n.ID, Blocks: len(n.prompt.Blocks), Start: n.StartedAt, End: n.EndedAt, Touched: n.StartedAt, Left: n.EndedAt,
		Prompt: n.Usage.Prompt(), Read: read(n.Usage), Written: written(n.Usage), Known: n.Known, Marks: n.marks(), Retention: n.prompt.Retention,
		CacheKey: n.prompt.CacheKey, Settings: n.prompt.Settings, Edits: n.edits(), Provided: n.ProviderKey, model: n.lane.Model}
	p.Five, p.Hour = n.prompt.Marks()
	p.Stable = len(p.Marks) > 0 && p.Marks[0] < n.first
	return p
}

// price is what a call's misread tokens cost beyond reading them: written again first of all, since that is dearer.
func (n *call) price(lost int64) *billing.Money {
	other, left := n.Usage, lost
	for _, m := range []billing.Meter{billing.CacheWrite12h, billing.CacheWrite1h, billing.CacheWrite, billing.CacheWrite5m, billing.Input} {
		moved := min(other[m], left)
		other[m], left = other[m]-moved, left-moved
		other[billing.CacheRead] += moved
	}
	return n.beyond(other)
}

// premium is what a call's writes cost beyond plain input.
func (n *call) premium() *billing.Money {
	other := n.Usage
	for _, m := range []billing.Meter{billing.CacheWrite12h, billing.CacheWrite1h, billing.CacheWrite, billing.CacheWrite5m} {
		other[billing.Input], other[m] = other[billing.Input]+other[m], 0
	}
	return n.beyond(other)
}

// beyond is how much less another usage would have cost.
func (n *call) beyond(other billing.Usage) *billing.Money {
	if n.Price == nil {
		return nil
	}
	is, would := n.Price(n.Usage), n.Price(other)
	if is == nil || would == nil || is.Cmp(*would) < 0 {
		return nil
	}
	d := is.Sub(*would)
	return &d
}
