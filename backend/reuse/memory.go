package reuse

import (
	"cmp"
	"slices"
	"time"
)

// add takes a conversation in, and gives up the one that was used longest ago where there are too many.
func (w *Watch) add(h *head) {
	w.keys[h.key] = append(w.keys[h.key], h)
	w.lanes[h.lane] = append(w.lanes[h.lane], h)
	w.count++
	if of := w.keys[h.key]; len(of) > mostOfKey {
		w.drop(oldest(of))
	}
	for w.count > mostHeads {
		var all []*head
		for _, of := range w.keys {
			all = append(all, oldest(of))
		}
		w.drop(oldest(all))
	}
}

func oldest(heads []*head) *head {
	return slices.MinFunc(heads, func(a, b *head) int { return a.last().Compare(b.last()) })
}

// drop forgets a conversation, and its row with the next writing.
func (w *Watch) drop(h *head) {
	is := func(o *head) bool { return o == h }
	w.keys[h.key] = slices.DeleteFunc(w.keys[h.key], is)
	w.lanes[h.lane] = slices.DeleteFunc(w.lanes[h.lane], is)
	w.count--
	h.gone = true
	if h.id != 0 {
		w.news.gone = append(w.news.gone, h.id)
	}
}

// dirty are the conversations that have to be written.
func (w *Watch) dirty() (changes changes) {
	changes.gone = w.news.gone
	w.news.gone = nil
	for _, of := range w.keys {
		for _, h := range of {
			if h.dirty {
				changes.heads = append(changes.heads, h)
			}
		}
	}
	return changes
}

// remember makes a call the newest of its conversation, or a branch of it.
func (w *Watch) remember(n *call) {
	p, blocks := n.point(), n.prompt.Blocks
	var branch *head
	for _, h := range w.keys[n.KeyID] {
		if h.lane != n.lane {
			continue
		}
		shared := common(h.blocks, blocks)
		if shared == len(h.blocks) || shared == len(blocks) {
			if shared == len(h.blocks) {
				h.blocks, h.first = blocks, n.first
			}
			h.put(p)
			return
		}
		if shared > n.first && (branch == nil || shared > common(branch.blocks, blocks)) {
			branch = h
		}
	}
	h := &head{key: n.KeyID, lane: n.lane, blocks: blocks, first: n.first}
	if branch != nil {
		shared := common(branch.blocks, blocks)
		for _, old := range branch.points {
			if old.Blocks <= shared {
				h.points = append(h.points, old)
			}
		}
	}
	h.put(p)
	w.add(h)
}

// put adds a call, in the order of their lengths and times, and forgets the shortest where there are too many.
func (h *head) put(p point) {
	at, _ := slices.BinarySearchFunc(h.points, p, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.Blocks, b.Blocks), a.Start.Compare(b.Start))
	})
	h.points = slices.Insert(h.points, at, p)
	if len(h.points) > mostPoints {
		h.points = slices.Delete(h.points, 0, len(h.points)-mostPoints)
	}
	h.dirty = true
}

// reads notes what of earlier writes a call has read, and that the prefixes which it had were used again.
func (w *Watch) reads(n *call) {
	got := read(n.Usage)
	for _, h := range w.lanes[n.lane] {
		shared := common(h.blocks, n.prompt.Blocks)
		if shared == 0 {
			continue
		}
		for i := range h.points {
			p := &h.points[i]
			if p.Blocks <= shared && got > 0 && got*2 >= max(p.Read+p.Written, p.Prompt) {
				p.touch(n.StartedAt, n.EndedAt)
				h.dirty = true
			}
			if p.Used < p.Written && got > p.Read && len(p.Marks) > 0 && p.Marks[0] < shared && !n.StartedAt.Before(p.Start) {
				p.Used = min(p.Written, max(p.Used, got-p.Read))
				w.news.used = append(w.news.used, use{p.Call, p.Used})
				h.dirty = true
			}
		}
	}
}

func (p *point) touch(start, end time.Time) {
	if start.After(p.Touched) {
		p.Touched = start
	}
	if end.After(p.Left) {
		p.Left = end
	}
}

// forgetOld forgets conversations that nobody went on with.
func (w *Watch) forgetOld(before time.Time) {
	for _, of := range w.keys {
		for _, h := range slices.Clone(of) {
			if h.last().Before(before) {
				w.drop(h)
			}
		}
	}
}
