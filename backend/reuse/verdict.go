package reuse

import (
	"math/bits"
	"slices"
	"time"

	"weir/backend/prompt"
)

// A Cause says why a cache did not serve a call.
type Cause string

const (
	Model       Cause = "model"        // another model answered: each has its own cache
	Channel     Cause = "channel"      // another provider's account answered
	ProviderKey Cause = "provider_key" // another key of the same provider was used
	Pause       Cause = "pause"        // the cache's life was over
	Tools       Cause = "tools"        // the tools changed
	ToolsOrder  Cause = "tools_order"  // only their order did
	System      Cause = "system"       // the system prompt changed
	Setting     Cause = "setting"      // a setting that the cache depends on changed
	Message     Cause = "message"      // an earlier message changed
	CacheKey    Cause = "cache_key"    // the client asked for another cache
	NoMark      Cause = "no_mark"      // nothing was asked to be cached
	Lookback    Cause = "lookback"     // too many blocks lie between two breakpoints
	NotKept     Cause = "not_kept"     // all was the same and in time: the provider had it no more

	First Cause = "first" // no miss: nothing was there to be read
	Short Cause = "short" // no miss: what is so short is not cached
)

// Miss says whether a cause is one of a miss.
func (c Cause) Miss() bool { return c != First && c != Short }

// Facts are what a sentence about a cause names. Empty ones do not matter for it.
type Facts struct {
	Causes   []Cause `json:"causes,omitempty"` // all that hold, the first of all first
	Before   string  `json:"before,omitempty"` // the call whose prompt a cache should have had
	Expected int64   `json:"expected,omitempty"`
	Read     int64   `json:"read,omitempty"`
	IdleMs   int64   `json:"idle_ms,omitempty"`
	LeastMs  int64   `json:"least_ms,omitempty"`
	MostMs   int64   `json:"most_ms,omitempty"`
	Place    int     `json:"place,omitempty"` // which tool, system block or message, from 1
	Block    int     `json:"block,omitempty"` // which block within the message, from 1
	Setting  string  `json:"setting,omitempty"`
	Was      string  `json:"was,omitempty"` // the model or channel before
	Blocks   int     `json:"blocks,omitempty"`
	Least    int64   `json:"least,omitempty"` // tokens that are cached at least
}

// A verdict is what is known of one call's cache; nil: nothing.
type verdict struct {
	cause Cause
	lost  int64 // tokens that were not read
	Facts
}

// judge compares a call with the one before. It claims nothing that it does not know.
func judge(n *call, m match) *verdict {
	v, p := vendorOf(n.Provider), m.point
	if !p.Known || p.End.Before(n.lost) {
		return nil // calls between the two went by unseen
	}
	got, was := read(n.Usage), v.kept(p)
	unasked := v.marked && !n.asks()
	if was == 0 && unasked && m.whole && m.stable && m.lane && p.Prompt >= longEnough {
		was = p.Prompt // it could have been kept, had anybody asked for it
	}
	if was < worthwhile || got*2 >= was || n.Usage.Prompt()*2 < was {
		return nil
	}
	d := &verdict{lost: was - got, Facts: Facts{Before: p.Call, Expected: was, Read: got}}
	if !m.whole && !v.marked { // a cache that goes by marks has nothing of what lies between them either
		d.lost = min(d.lost, part(was, m.kept, m.size()))
	}
	if v.kept(p) > 0 {
		d.elsewhere(n, m)
		d.late(n, m, v)
		d.changed(n, m, v)
	}
	if unasked {
		d.add(NoMark)
	}
	if len(d.Causes) == 0 && m.whole && m.stable {
		d.unchanged(n, m, v)
	}
	if len(d.Causes) == 0 || d.lost <= 0 {
		return nil
	}
	d.cause = d.Causes[0]
	return d
}

const (
	worthwhile = 512  // tokens: what is less is not worth a word
	longEnough = 4096 // tokens that any of Anthropic's models would have cached
)

// part is as much of n as a part of a whole is.
func part(n, of, whole int64) int64 {
	if whole <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(n), uint64(of))
	q, _ := bits.Div64(hi, lo, uint64(whole))
	return int64(q)
}

func (d *verdict) add(c Cause) { d.Causes = append(d.Causes, c) }

// elsewhere finds that another cache was asked.
func (d *verdict) elsewhere(n *call, m match) {
	was := m.head.lane
	switch {
	case was.Model != n.lane.Model:
		d.Was = was.Model
		d.add(Model)
	case was.Channel != n.lane.Channel:
		d.Was = was.Channel
		d.add(Channel)
	}
}

// late finds that the cache's life was over. It began anew with the last call that had the prefix: at which moment of
// it is not known, so that the whole call is left out.
func (d *verdict) late(n *call, m match, v vendor) {
	if !m.lane {
		return
	}
	l, idle := v.lives(m.point), n.StartedAt.Sub(m.point.Left)
	partly := m.point.Five && m.point.Hour && d.Read > 0 && idle > l.Least // what was kept for an hour was read
	if l.Most > 0 && idle > l.Most || partly {
		d.pause(idle, l)
	}
}

func (d *verdict) pause(idle time.Duration, l life) {
	d.IdleMs, d.LeastMs, d.MostMs = idle.Milliseconds(), l.Least.Milliseconds(), l.Most.Milliseconds()
	d.add(Pause)
}

// changed finds what of the prompt is not what it was.
func (d *verdict) changed(n *call, m match, v vendor) {
	d.compare(prompt.Tools, m, n, v)
	d.compare(prompt.System, m, n, v)
	if s := settingChanged(m.point.Settings, n.prompt.Settings); s != "" && (!v.marked || d.Read > 0 || !m.point.Stable) {
		d.Setting = s
		d.add(Setting)
	}
	if m.whole {
		return
	}
	old, now := m.head.blocks[m.head.first+m.shared:m.point.Blocks], n.messages()[m.shared:]
	if len(old) == 0 || len(now) == 0 || unsure(old[0]) || unsure(now[0]) || !v.ordered && old[0].Loose == now[0].Loose {
		return
	}
	if d.Place == 0 {
		d.Place, d.Block = int(old[0].Message)+1, int(old[0].Inner)+1
	}
	d.add(Message)
}

// unsure says of a block that it may be no part of what the cache sees.
func unsure(b prompt.Block) bool { return b.Kind == prompt.Unsure || b.Kind == prompt.Thinking }

// compare compares the tools, or the system prompt.
func (d *verdict) compare(of prompt.Part, m match, n *call, v vendor) {
	was := (&prompt.Prompt{Blocks: m.head.stable()}).Find(of)
	now := n.prompt.Find(of)
	at := common(was, now)
	if at == len(was) && at == len(now) {
		return
	}
	cause, only := System, rearranged(was, now)
	switch {
	case only && !v.ordered && aligned(was, now):
		return // the same in another spelling, of which nobody knows whether it matters
	case of == prompt.Tools && only:
		cause = ToolsOrder
	case of == prompt.Tools:
		cause = Tools
	}
	if len(d.Causes) == 0 || d.Place == 0 {
		d.Place, d.Block = at+1, 0
	}
	d.add(cause)
}

// rearranged says whether two lists hold the same in another order, of blocks or within them.
func rearranged(a, b []prompt.Block) bool {
	return slices.Equal(sorted(a), sorted(b))
}

func sorted(blocks []prompt.Block) []uint64 {
	out := make([]uint64, len(blocks))
	for i, b := range blocks {
		out[i] = b.Loose
	}
	slices.Sort(out)
	return out
}

// aligned says whether blocks stand in their old places and differ within alone.
func aligned(a, b []prompt.Block) bool {
	return slices.EqualFunc(a, b, func(x, y prompt.Block) bool { return x.Loose == y.Loose })
}

// settingChanged names a setting that is known to matter and changed.
func settingChanged(was, now []prompt.Setting) string {
	for _, pair := range [][2][]prompt.Setting{{now, was}, {was, now}} {
		for _, s := range pair[0] {
			if s.Known && !slices.Contains(pair[1], s) {
				return s.Name
			}
		}
	}
	return ""
}

// doubtful says whether any setting differs: then it is not known that all is the same.
func doubtful(was, now []prompt.Setting) bool {
	return len(was) != len(now) || slices.ContainsFunc(now, func(s prompt.Setting) bool { return !slices.Contains(was, s) })
}

// unchanged says why a prompt was not read that is the same and in time.
func (d *verdict) unchanged(n *call, m match, v vendor) {
	p := m.point
	idle, l := n.StartedAt.Sub(p.Left), v.lives(p)
	switch {
	case !m.lane || doubtful(p.Settings, n.prompt.Settings):
	case v.lookback > 0 && distance(p, n) >= v.lookback-slack:
		if d.Blocks = distance(p, n); d.Blocks >= v.lookback+slack {
			d.add(Lookback)
		}
	case p.Provided != n.ProviderKey:
		d.add(ProviderKey)
	case p.CacheKey != n.prompt.CacheKey:
		d.add(CacheKey)
	case l.Least == 0:
	case idle > l.Least && !(p.Five && p.Hour):
		d.pause(idle, l)
	case n.StartedAt.Sub(p.Touched) < l.Least && !((p.Edits || n.edits()) && (d.Read > 0 || !p.Stable)):
		d.IdleMs, d.LeastMs, d.MostMs = idle.Milliseconds(), l.Least.Milliseconds(), l.Most.Milliseconds()
		d.add(NotKept)
	}
}

// slack is by how many blocks the provider may count otherwise than we do.
const slack = 4

// distance is how many blocks lie between the last breakpoint of the call before and the next one of a new call.
func distance(p *point, n *call) int {
	if len(p.Marks) == 0 {
		return 0
	}
	last := p.Marks[len(p.Marks)-1]
	for _, at := range n.marks() {
		if at >= last {
			return at - last
		}
	}
	return 0
}
