package ledger

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"weir/backend/gateway"
)

// A model is the ledger as one would keep it on paper: no disk, no threads.
type model struct {
	limits  map[string][]modelLimit // by key or group, the account's under ""
	groups  map[string]string       // of keys, as they are now
	windows map[modelWindow]*modelSum
	calls   []modelCall // settled ones, for limits that are set later
}

type modelLimit struct {
	id     int
	unit   gateway.Unit
	window gateway.Window
	amount int64
}

type modelWindow struct {
	limit     int
	start     int64
	simulated bool
}

type modelSum struct{ spent, held, extra int64 }

type modelCall struct {
	key       string
	group     string // when it began
	simulated bool
	at        time.Time
	spent     gateway.Amounts
}

// A modelHold is an open call on both sides.
type modelHold struct {
	hold *Hold
	call modelCall
	held gateway.Amounts
	sums map[*modelSum]modelLimit
}

func (m *model) sum(w modelWindow) *modelSum {
	if m.windows[w] == nil {
		m.windows[w] = &modelSum{}
	}
	return m.windows[w]
}

func (m *model) start(lim modelLimit, at time.Time) int64 {
	return spanAt(lim.window, at, berlin()).milli()
}

func berlin() *time.Location {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return loc
}

// covering are the limits that a call must meet.
func (m *model) covering(c modelCall) []modelLimit {
	all := m.limits[c.key]
	if c.group != "" {
		all = slices.Concat(all, m.limits[c.group])
	}
	return slices.Concat(all, m.limits[""])
}

// grant is what Hold must answer, and what it must change.
func (m *model) grant(c modelCall, a gateway.Amounts) (*modelHold, bool) {
	h := &modelHold{call: c, sums: map[*modelSum]modelLimit{}}
	for _, lim := range m.covering(c) {
		s := m.sum(modelWindow{lim.id, m.start(lim, c.at), c.simulated})
		h.sums[s] = lim
	}
	return h, m.extend(h, a)
}

// extend goes by the limits as they are now; a removed one bounds nothing.
func (m *model) extend(h *modelHold, a gateway.Amounts) bool {
	for s, was := range h.sums {
		for _, lim := range m.covering(h.call) {
			if n := a.In(lim.unit); lim.id == was.id && n > 0 && s.spent+s.held+n > lim.amount+s.extra {
				return false
			}
		}
	}
	for s, lim := range h.sums {
		s.held += a.In(lim.unit)
	}
	h.held = h.held.Add(a)
	return true
}

func (m *model) end(h *modelHold, spent gateway.Amounts, settles bool) {
	for s, lim := range h.sums {
		s.held -= h.held.In(lim.unit)
		if settles {
			s.spent += spent.In(lim.unit)
		}
	}
	if settles {
		h.call.spent = spent
		m.calls = append(m.calls, h.call)
	}
}

// set gives a key new limits; one of the same unit and window goes on.
func (m *model) set(key string, limits []modelLimit, at time.Time) {
	old := m.limits[key]
	for i := range limits {
		lim := &limits[i]
		j := slices.IndexFunc(old, func(o modelLimit) bool { return o.unit == lim.unit && o.window == lim.window })
		if j >= 0 {
			lim.id = old[j].id
			continue
		}
		start := m.start(*lim, at)
		for _, c := range m.calls {
			if (key == "" || c.key == key || m.groups[c.key] == key) && c.at.UnixMilli() >= start {
				m.sum(modelWindow{lim.id, start, c.simulated}).spent += c.spent.In(lim.unit)
			}
		}
	}
	m.limits[key] = limits
}

// A walk drives ledger and model with the same steps.
type walk struct {
	*house
	m    *model
	rnd  *rand.Rand
	open []*modelHold
	next int
}

var (
	walkKeys   = []string{"key_0", "key_1", "key_2"}
	walkGroups = []string{"grp_0", "grp_1"}
	walkScopes = []string{"key_0", "key_1", "grp_0", "grp_1", ""} // that have limits
)

func TestTheLedgerDoesWhatPaperWould(t *testing.T) {
	seeds := []uint64{1, 2, rand.Uint64()}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := &walk{
				house: newHouse(t),
				m:     &model{limits: map[string][]modelLimit{}, groups: map[string]string{}, windows: map[modelWindow]*modelSum{}},
				rnd:   rand.New(rand.NewPCG(seed, 0)),
			}
			for range 200 {
				w.step()
				w.compare()
				w.check()
			}
		})
	}
}

func (w *walk) step() {
	switch n := w.rnd.IntN(100); {
	case n < 41:
		w.holdStep()
	case n < 43:
		w.moveStep()
	case n < 45:
		w.windowStep()
	case n < 60:
		w.extendStep()
	case n < 88:
		w.endStep()
	case n < 93:
		w.turn(w.time().Add(time.Duration(w.rnd.Int64N(int64(20 * time.Hour)))))
	case n < 98:
		w.limitStep()
	default:
		w.crashStep()
	}
}

func (w *walk) amounts() gateway.Amounts {
	return gateway.Amounts{Pico: w.rnd.Int64N(1e12), Tokens: w.rnd.Int64N(1000), Calls: w.rnd.Int64N(2)}
}

func (w *walk) holdStep() {
	c, a := w.call(walkKeys[w.rnd.IntN(3)]), w.amounts()
	c.Simulated = w.rnd.IntN(4) == 0
	group := w.m.groups[c.KeyID]
	mine, want := w.m.grant(modelCall{key: c.KeyID, group: group, simulated: c.Simulated, at: c.StartedAt}, a)
	hold, err := w.Hold(bg, Start{Call: c, Payer: Payer{GroupID: group}, Hold: a})
	if (err == nil) != want {
		w.t.Fatalf("Hold(%+v) = %v, want granted %v", a, err, want)
	}
	if want {
		mine.hold = hold
		w.open = append(w.open, mine)
	}
}

// moveStep puts a key into another group, or into none.
func (w *walk) moveStep() {
	key := walkKeys[w.rnd.IntN(3)]
	w.m.groups[key] = append(walkGroups[:2:2], "")[w.rnd.IntN(3)]
	w.join(key, w.m.groups[key])
}

// windowStep tops a running window up, or resets it.
func (w *walk) windowStep() {
	id := walkScopes[w.rnd.IntN(len(walkScopes))]
	limits, simulated := w.m.limits[id], w.rnd.IntN(4) == 0
	if len(limits) == 0 {
		return
	}
	i := w.rnd.IntN(len(limits))
	sum := w.m.sum(modelWindow{limits[i].id, w.m.start(limits[i], w.time()), simulated})
	use, err := w.uses(id, simulated)[i], error(nil)
	if w.rnd.IntN(2) == 0 {
		sum.spent = 0
		_, err = w.Reset(bg, use.ID, "a reset", simulated)
	} else {
		more := 1 + w.rnd.Int64N(1000)
		sum.extra += more
		_, err = w.TopUp(bg, use.ID, more, "a top-up", simulated)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *walk) extendStep() {
	if len(w.open) == 0 {
		return
	}
	h, a := w.open[w.rnd.IntN(len(w.open))], w.amounts()
	want := w.m.extend(h, a)
	if err := h.hold.Extend(bg, a); (err == nil) != want {
		w.t.Fatalf("Extend(%+v) = %v, want granted %v", a, err, want)
	}
}

func (w *walk) endStep() {
	if len(w.open) == 0 {
		return
	}
	i := w.rnd.IntN(len(w.open))
	h := w.open[i]
	w.open = slices.Delete(w.open, i, i+1)
	o, settles := w.outcome(h.hold.call)
	w.m.end(h, o.Spent, settles)
	if !h.hold.End(o) {
		w.t.Fatal("End was not durable")
	}
}

// outcome is settled four times of five, with more than was held at times.
func (w *walk) outcome(c gateway.Call) (o Outcome, settles bool) {
	o = settled(c, w.amounts())
	settles = w.rnd.IntN(5) > 0
	if !settles {
		o.Call.State, o.Spent = gateway.Released, gateway.Amounts{}
	}
	return o, settles
}

func (w *walk) limitStep() {
	key := walkScopes[w.rnd.IntN(len(walkScopes))]
	units := []gateway.Unit{gateway.USD, gateway.Tokens, gateway.Calls}
	windows := []gateway.Window{gateway.Day, gateway.Week, gateway.Month, gateway.Total}
	var mine []modelLimit
	var theirs []gateway.Limit
	for range w.rnd.IntN(4) {
		w.next++
		lim := modelLimit{w.next, units[w.rnd.IntN(3)], windows[w.rnd.IntN(4)], 0}
		if slices.ContainsFunc(mine, func(o modelLimit) bool { return o.unit == lim.unit && o.window == lim.window }) {
			continue
		}
		lim.amount = map[gateway.Unit]int64{gateway.USD: 1e13, gateway.Tokens: 10_000, gateway.Calls: 20}[lim.unit]
		lim.amount = 1 + w.rnd.Int64N(lim.amount)
		mine = append(mine, lim)
		theirs = append(theirs, gateway.Limit{Unit: lim.unit, Window: lim.window, TZ: "Europe/Berlin", Amount: lim.amount, Hard: true})
	}
	w.m.set(key, mine, w.time())
	if err := w.SetLimits(bg, scopeKind(key), key, theirs); err != nil {
		w.t.Fatal(err)
	}
}

func (w *walk) crashStep() {
	w.crash()
	left := map[string]*modelHold{}
	for _, h := range w.open {
		left[h.hold.call.ID] = h
	}
	w.open = nil
	n, err := w.Recover(bg, func(i Interrupted) Outcome {
		h := left[i.Call.ID]
		if i.Held != h.held {
			w.t.Errorf("held of %s = %+v, want %+v", i.Call.ID, i.Held, h.held)
		}
		o, settles := w.outcome(i.Call)
		w.m.end(h, o.Spent, settles)
		return o
	})
	if err != nil || n != len(left) {
		w.t.Fatalf("Recover = %d, %v, want %d", n, err, len(left))
	}
}

// compare reads every running window on both sides.
func (w *walk) compare() {
	w.t.Helper()
	for key, limits := range w.m.limits {
		for _, simulated := range []bool{false, true} {
			for i, use := range w.uses(key, simulated) {
				lim := limits[i]
				want := w.m.sum(modelWindow{lim.id, w.m.start(lim, w.time()), simulated})
				if use.Unit != lim.unit || use.Amount != lim.amount || use.Spent != want.spent || use.Held != want.held || use.Extra != want.extra {
					w.t.Fatalf("%q simulated %v: %+v, want %+v with %+v", key, simulated, use, lim, *want)
				}
			}
		}
	}
}
