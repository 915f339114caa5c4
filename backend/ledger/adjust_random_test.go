package ledger

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"weir/billing"
)

// TestRepricingsAtRandom settles calls, prices them again, undoes that, sets limits and starts anew, in any order, and
// keeps on paper what each call costs.
func TestRepricingsAtRandom(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	w := &repriceWalk{house: newHouse(t), rnd: rand.New(rand.NewPCG(seed, 1)), costs: map[string][]string{}}
	w.book = bookAt(t, map[string]int{"a": 3, "b": 5})
	steps := 90
	if testing.Short() {
		steps = 40
	}
	for range steps {
		w.step()
		w.check()
	}
	for id, costs := range w.costs {
		if got := w.cost(id); got != costs[len(costs)-1] {
			t.Errorf("%s costs %q, on paper %q", id, got, costs[len(costs)-1])
		}
	}
}

type repriceWalk struct {
	*house
	rnd     *rand.Rand
	book    *billing.Book
	costs   map[string][]string // by call: each that it had, the last is the one that stands
	changed [][]string          // by repricing that stands: the calls that it changed
	ids     []string            // of these repricings
}

func (w *repriceWalk) step() {
	switch n := w.rnd.IntN(100); {
	case n < 40:
		w.settleOne()
	case n < 65:
		w.repriceStep()
	case n < 80:
		w.undoStep()
	case n < 88:
		w.limit([]string{"key_0", "key_1", ""}[w.rnd.IntN(3)], []string{"900usd/day", "90000000tokens/month", "9000usd/total"}[:w.rnd.IntN(4)]...)
	case n < 96:
		w.turn(w.time().Add(time.Duration(w.rnd.Int64N(int64(9 * time.Hour)))))
	default:
		w.stop()
		w.start()
	}
}

func (w *repriceWalk) settleOne() {
	c := w.priced(walkKeys[w.rnd.IntN(3)], []string{"a", "b", "x"}[w.rnd.IntN(3)], 10+w.rnd.Int64N(10_000), w.book)
	w.costs[c.ID] = []string{w.cost(c.ID)}
}

// repriceStep makes a new book, which holds from now on, and prices all calls by it while others settle.
func (w *repriceWalk) repriceStep() {
	micros := map[string]int{}
	for _, model := range []string{"a", "b", "x"} {
		if w.rnd.IntN(4) > 0 {
			micros[model] = w.rnd.IntN(9)
		}
	}
	sel := Selection{Book: bookAt(w.t, micros), Filter: Filter{KeyID: []string{"", "key_0"}[w.rnd.IntN(2)]}}
	p, err := w.PreviewRepricing(bg, sel)
	if err != nil {
		w.t.Fatal(err)
	}
	if p.Calls == 0 {
		return
	}
	r, done, err := w.Reprice(bg, sel, p.Token, Act{Reason: "x", Selection: json.RawMessage(`{}`)})
	if err != nil {
		w.t.Fatal(err)
	}
	for range 3 {
		w.settleOne()
	}
	<-done
	var changed []string
	for id, costs := range w.costs {
		if got := w.cost(id); got != costs[len(costs)-1] {
			w.costs[id], changed = append(costs, got), append(changed, id)
		}
	}
	if got, err := w.Repricing(bg, r.ID); err != nil || got.Calls != p.Calls || got.New != p.New || int64(len(changed)) > p.Calls {
		w.t.Fatalf("repricing = %+v, %v, preview %+v, %d changed", got, err, p, len(changed))
	}
	w.ids, w.changed = append(w.ids, r.ID), append(w.changed, changed)
}

// undoStep undoes the last repricing that stands.
func (w *repriceWalk) undoStep() {
	n := len(w.ids) - 1
	if n < 0 {
		return
	}
	w.undo(w.ids[n])
	for _, id := range w.changed[n] {
		w.costs[id] = w.costs[id][:len(w.costs[id])-1]
	}
	w.ids, w.changed = w.ids[:n], w.changed[:n]
}
