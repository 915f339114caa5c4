package ledger

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"weir/billing"
)

// A record is a log that can be read while it is written.
type record struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *record) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(text)
}

// take returns what was written since the last time.
func (r *record) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.text.Reset()
	return r.text.String()
}

// A repriced ledger has calls that cost something else by another book.
type repriced struct {
	*house
	log      *record
	ids      []string
	dear     *billing.Book
	was, now string // what each of the calls costs
}

func newRepriced(t *testing.T) *repriced {
	t.Helper()
	r := &repriced{log: &record{}, dear: bookAt(t, map[string]int{"a": 4}), was: "0.0003", now: "0.0004"}
	r.house = &house{t: t, home: t.TempDir(), zone: "UTC", now: noon, out: r.log}
	r.start()
	t.Cleanup(r.stop)
	r.join("key_a", "grp_a")
	r.limit("key_a", "500usd/day")
	cheap := bookAt(t, map[string]int{"a": 3})
	for range 2 {
		r.ids = append(r.ids, r.priced("key_a", "a", 100, cheap).ID)
	}
	r.turn(noon.Add(time.Minute))
	r.limit("grp_a", "800usd/week")
	r.limit("", "900usd/month")
	return r
}

func (r *repriced) selection() Selection { return Selection{Book: r.dear} }

// cost is what all calls cost, where that is one of the two; and it must be the same of all.
func (r *repriced) all() string {
	r.t.Helper()
	cost := r.cost(r.ids[0])
	for _, id := range r.ids {
		if c := r.cost(id); c != cost || c != r.was && c != r.now {
			r.t.Errorf("one call costs %s and another %s, want %s or %s of all", cost, c, r.was, r.now)
		}
	}
	return cost
}

// order reprices all calls, and waits.
func (r *repriced) order() error {
	p, err := r.PreviewRepricing(bg, r.selection())
	if err != nil {
		return err
	}
	_, done, err := r.Reprice(bg, r.selection(), p.Token, Act{Reason: "x", Source: "page", Selection: json.RawMessage(`{}`)})
	if err == nil {
		<-done
	}
	return err
}

// takeBack undoes the last repricing, and waits.
func (r *repriced) takeBack(id string) error {
	_, done, err := r.UndoRepricing(bg, id, "y")
	if done != nil {
		<-done
	}
	return err
}

// goOn takes up what was left, and waits.
func (r *repriced) goOn() error {
	err := r.resumeRepricings(bg)
	r.workers.Wait()
	return err
}

// last is the state of the last repricing; empty: there is none.
func (r *repriced) last() (id string, state RepricingState) {
	r.t.Helper()
	all, err := r.Repricings(bg)
	if err != nil {
		r.t.Fatal(err)
	}
	if len(all) == 0 {
		return "", ""
	}
	return all[0].ID, all[0].State
}

// step does a part of the life of a repricing under a fault, then goes on without it. What stopped says so, and in the
// end all is done or nothing. It says whether the fault mattered.
func (r *repriced) step(f fault, do func() error) (mattered bool) {
	r.t.Helper()
	r.log.take()
	r.suffer(f.wrong)
	err := do()
	r.suffer(f.right)
	log := r.log.take()
	stopped := strings.Contains(log, "a repricing stopped")
	_, state := r.last()
	unfinished := slices.Contains([]RepricingState{RepricingPlans, RepricingBooks, RepricingUndoes}, state)
	if unfinished && !stopped && err == nil {
		r.t.Errorf("when %s: it is %s, and nobody was told; log %s", f.name, state, log)
	}
	if err := r.goOn(); err != nil {
		r.t.Errorf("after %s: %v", f.name, err)
	}
	r.check()
	return err != nil || stopped
}

// under walks a repricing and its undoing under a fault.
func (r *repriced) under(f fault) (mattered bool) {
	r.t.Helper()
	mattered = r.step(f, r.order)
	if _, state := r.last(); state != RepricingDone {
		if got := r.all(); got != r.was || state != "" && state != RepricingUndone {
			r.t.Errorf("when %s: the calls cost %s, and the repricing is %q", f.name, got, state)
		}
		if err := r.order(); err != nil {
			r.t.Errorf("after %s: %v", f.name, err)
		}
	}
	if got := r.all(); got != r.now {
		r.t.Errorf("after %s: the calls cost %s, want %s", f.name, got, r.now)
	}
	id, _ := r.last()
	mattered = r.step(f, func() error { return r.takeBack(id) }) || mattered
	if _, state := r.last(); state != RepricingUndone {
		if state != RepricingDone || r.all() != r.now {
			r.t.Errorf("when %s: the calls cost %s, and the repricing is %q", f.name, r.all(), state)
		}
		if err := r.takeBack(id); err != nil {
			r.t.Errorf("after %s: %v", f.name, err)
		}
	}
	if got := r.all(); got != r.was {
		r.t.Errorf("after %s: the calls cost %s again, want %s", f.name, got, r.was)
	}
	for _, booked := range []int{-1, 1} {
		r.half(r.selection(), booked)
		mattered = r.step(f, r.goOn) || mattered
		id, state := r.last()
		if want := map[int]string{-1: r.was, 1: r.now}[booked]; r.all() != want {
			r.t.Errorf("when %s: what was left is %q, and the calls cost %s, want %s", f.name, state, r.all(), want)
		}
		if state == RepricingDone {
			if err := r.takeBack(id); err != nil {
				r.t.Errorf("after %s: %v", f.name, err)
			}
		}
	}
	return mattered
}

// needed are the tables and columns that a repricing cannot do without.
const needed = `call call.priced_by call.archived_at call.native entry entry.window_start entry.at limit_rule limit_rule.created_at limit_carried
	limit_change limit_window limit_window.extra rollup rollup_hour key_total upstream_day repricing repricing.undo_reason repricing.ended_at
	repricing.undone_at repricing.calls repricing_call repricing_call.booked repricing_call.bill repricing_call.old_charge`

func TestARepricingThatCannotReadOrWrite(t *testing.T) {
	for _, f := range newRepriced(t).lost() {
		if slices.Contains(strings.Fields(needed), f.of) && !newRepriced(t).under(f) { // a new one each time: entries remember windows
			t.Errorf("%s, and it does not matter", f.name)
		}
	}
}

func TestARepricingWhoseNthRowCannotBeWritten(t *testing.T) {
	r := newRepriced(t)
	r.countWrites()
	for n := 1; !t.Failed(); n++ {
		f := fault{name: fmt.Sprintf("row %d cannot be written", n), right: []string{"UPDATE fault SET n = -1"},
			wrong: []string{fmt.Sprintf("UPDATE fault SET n = %d", n)}}
		if !r.under(f) {
			break
		}
	}
	r.mustExec("DROP TABLE fault")
}

// TestARepricingThatFailsSaysWhy, and does not take what it could not look up for nothing.
func TestARepricingThatFailsSaysWhy(t *testing.T) {
	r := newRepriced(t)
	if err := r.order(); err != nil {
		t.Fatal(err)
	}
	first, _ := r.last()
	if err := r.takeBack(first); err != nil {
		t.Fatal(err)
	}
	if err := r.order(); err != nil {
		t.Fatal(err)
	}
	second, _ := r.last()
	view := "CREATE VIEW repricing AS SELECT * FROM lost WHERE abs(seq - (SELECT min(seq) FROM lost) - 9223372036854775807 - 1)"
	for _, tt := range []struct {
		name, want   string
		wrong, right []string
		do           func() error
	}{
		{"the older one of the log cannot be read", "overflow",
			[]string{"PRAGMA legacy_alter_table = ON", "ALTER TABLE repricing RENAME TO lost", view},
			[]string{"DROP VIEW repricing", "ALTER TABLE lost RENAME TO repricing", "PRAGMA legacy_alter_table = OFF"},
			func() error { _, err := r.Repricings(bg); return err }},
		{"it cannot be noted", "no room for it",
			[]string{"CREATE TRIGGER fault BEFORE INSERT ON repricing BEGIN SELECT RAISE(ABORT, 'no room for it'); END"},
			[]string{"DROP TRIGGER fault"},
			func() error { _, err := r.noteRepricing(bg, r.selection(), Act{Reason: "x"}); return err }},
		{"it is unknown what was repriced later", "booked",
			[]string{"ALTER TABLE repricing_call RENAME COLUMN booked TO lost"},
			[]string{"ALTER TABLE repricing_call RENAME COLUMN lost TO booked"},
			func() error { return r.takeBack(second) }},
	} {
		r.suffer(tt.wrong)
		err := tt.do()
		r.suffer(tt.right)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want it to say %q", tt.name, err, tt.want)
		}
	}
	if _, state := r.last(); state != RepricingDone || r.all() != r.now {
		t.Errorf("the last repricing is %q, want it to stand", state)
	}
	r.check()
}
