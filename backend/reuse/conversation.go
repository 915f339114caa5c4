package reuse

import (
	"slices"
	"time"

	"weir/backend/prompt"
)

// A point is a call, as the prefix that it had of its conversation's blocks.
type point struct {
	Call      string
	Blocks    int // how many of the head's blocks it had
	Start     time.Time
	End       time.Time
	Touched   time.Time // when the last call began that had this prefix
	Left      time.Time // and when it ended
	Prompt    int64     // tokens
	Read      int64
	Written   int64
	Used      int64 // of the written ones, how many a later call read
	Known     bool  // the tokens are those that the provider counted
	Five      bool  // it marked a prefix for five minutes
	Hour      bool
	Marks     []int // which blocks had a breakpoint
	Stable    bool  // one of them stands at the tools or the system prompt
	Retention string
	CacheKey  uint64
	Settings  []prompt.Setting
	Edits     bool   // the provider may leave out parts of the prompt by itself
	Provided  string // the provider key that was used

	model string // the head's
}

// A head is a conversation in one lane, by the longest prompt that it had.
type head struct {
	id     int64 // of its row; 0: it has none yet
	key    string
	lane   lane
	blocks []prompt.Block
	first  int // where the messages begin
	points []point
	dirty  bool
	gone   bool
}

// A lane is where a cache lies: one model at one channel.
type lane struct{ Channel, Provider, Model string }

const (
	mostHeads  = 4000
	mostOfKey  = 512
	mostPoints = 12
)

func firstMessage(blocks []prompt.Block) int {
	at := slices.IndexFunc(blocks, func(b prompt.Block) bool { return b.Part == prompt.Messages })
	if at < 0 {
		return len(blocks)
	}
	return at
}

// common is how many blocks two prompts begin with together.
func common(a, b []prompt.Block) int {
	n := 0
	for n < len(a) && n < len(b) && a[n].Same(b[n]) {
		n++
	}
	return n
}

func (h *head) stable() []prompt.Block   { return h.blocks[:h.first] }
func (h *head) messages() []prompt.Block { return h.blocks[h.first:] }

// opening is how many blocks the first message has.
func (h *head) opening() int {
	messages := h.messages()
	next := slices.IndexFunc(messages, func(b prompt.Block) bool { return b.Message != messages[0].Message })
	if next < 0 {
		return len(messages)
	}
	return next
}

// last is when the conversation was used last.
func (h *head) last() time.Time {
	var t time.Time
	for i := range h.points {
		if h.points[i].Left.After(t) {
			t = h.points[i].Left
		}
	}
	return t
}

// A match is a call that may be the one before, and what the new one has of it.
type match struct {
	head   *head
	point  *point
	shared int  // messages' blocks that both begin with
	whole  bool // the new call has all the messages of the earlier one
	stable bool // tools and system prompt are the same
	lane   bool
	kept   int64 // where not whole: bytes of the earlier one behind the difference that the new call has, too
	lost   int64 // and those that it has not
}

// before finds the call whose prompt a cache should have had for a new one: the one with the most of its messages, and
// of those the one whose tools, system prompt and lane are the same, and of those the newest.
// related says that there were calls of this conversation, even where none of them can be compared with.
func before(heads []*head, n *call) (best match, ok, related bool) {
	set := map[uint64]bool(nil)
	for _, h := range heads {
		shared := common(h.messages(), n.messages())
		if shared == 0 {
			if set == nil {
				set = hashes(n.messages())
			}
			if !continues(h, set) {
				continue
			}
		}
		related = related || shared == 0 || shared >= h.opening()
		for _, m := range h.matches(n, shared) {
			if !ok || m.better(best) {
				best, ok = m, true
			}
		}
	}
	return best, ok, related
}

func hashes(blocks []prompt.Block) map[uint64]bool {
	set := make(map[uint64]bool, len(blocks))
	for _, b := range blocks {
		set[b.Hash] = true
	}
	return set
}

// continues says whether a prompt that begins otherwise is the same conversation all the same: it holds what the
// model wrote there.
func continues(h *head, set map[uint64]bool) bool {
	found := 0
	messages := h.messages()
	for i := len(messages) - 1; i >= 0 && found < 4; i-- {
		if b := messages[i]; telling(b) {
			if found++; set[b.Hash] {
				return true
			}
		}
	}
	return false
}

// matches are the points of a head that a new call may follow: the longest that it has whole, and the head's
// newest where that has more in common with it.
func (h *head) matches(n *call, shared int) (all []match) {
	m := match{head: h, shared: shared, lane: h.lane == n.lane, stable: slices.EqualFunc(h.stable(), n.stable(), prompt.Block.Same)}
	var whole, newest *point
	for i := range h.points {
		p := &h.points[i]
		if p.End.After(n.StartedAt) {
			continue // it was still running: no cache had it
		}
		p.model = h.lane.Model
		if p.Blocks-h.first <= shared && (whole == nil || p.Blocks > whole.Blocks || p.Blocks == whole.Blocks && p.Start.After(whole.Start)) {
			whole = p
		}
		if newest == nil || p.Blocks > newest.Blocks {
			newest = p
		}
	}
	if whole != nil {
		w := m
		w.point, w.whole, w.shared = whole, true, whole.Blocks-h.first
		all = append(all, w)
	}
	if newest != nil && newest != whole && newest.Blocks-h.first > shared {
		m.point = newest
		if m.repeats(n) {
			all = append(all, m)
		}
	}
	return all
}

// repeats counts what the new call has of the earlier one behind the block in which they part, and says whether it
// goes on with it: all is still there, or something that the model wrote. Else it is another branch, of which
// nothing was lost.
func (m *match) repeats(n *call) bool {
	set, wrote := hashes(n.messages()[m.shared:]), false
	for _, b := range m.head.blocks[m.head.first+m.shared : m.point.Blocks] {
		if set[b.Hash] {
			m.kept += int64(b.Size)
			wrote = wrote || telling(b)
		} else {
			m.lost += int64(b.Size)
		}
	}
	return m.kept > 0 && (m.lost == 0 || wrote)
}

// telling says of a block that the model wrote it, and that it would not write it twice: it is no mere "yes".
func telling(b prompt.Block) bool { return b.Model && (b.Kind == prompt.Call || b.Size >= 200) }

// size is how many bytes the earlier call's prompt had.
func (m match) size() (bytes int64) {
	for _, b := range m.head.blocks[:m.point.Blocks] {
		bytes += int64(b.Size)
	}
	return bytes
}

func (m match) better(o match) bool {
	if m.shared != o.shared {
		return m.shared > o.shared
	}
	for _, claim := range [][2]bool{{m.stable && m.lane, o.stable && o.lane}, {!m.whole, !o.whole}, {m.stable, o.stable}, {m.lane, o.lane}} {
		if claim[0] != claim[1] {
			return claim[0]
		}
	}
	return m.point.Start.After(o.point.Start)
}
