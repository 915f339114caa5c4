package ledger

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
)

func every(t *testing.T, l *Ledger, f Filter) (calls []gateway.Call) {
	t.Helper()
	for c, err := range l.Every(bg, f) {
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, c)
	}
	return calls
}

func TestEveryCallThatFitsIsExported(t *testing.T) {
	from, to := noon.Add(-30*time.Hour), noon
	c := newCrowd(t, "Europe/Berlin", rand.Uint64(), crowdSize, from, to)
	for _, f := range c.filters(from, to) {
		want := c.those(f.fits)
		if got := every(t, c.Ledger, f); !slices.Equal(idsOf(got), idsOf(want)) {
			t.Fatalf("Every(%+v) = %v, want %v", f, idsOf(got), idsOf(want))
		}
		p, err := c.Page(bg, f, Place{})
		if err != nil {
			t.Fatal(err)
		}
		compareTally(t, f, *p.Tally, want)
	}
}

// What would be sorted would first be gathered, whole rows of a whole ledger. Calls of the same
// millisecond may be.
func TestNoExportIsSorted(t *testing.T) {
	c := newCrowd(t, "UTC", 1, 1, noon.Add(-time.Hour), noon)
	for _, f := range c.filters(noon.Add(-30*time.Hour), noon) {
		query, args := f.every()
		for _, step := range c.plan(query, args) {
			if step == "USE TEMP B-TREE FOR ORDER BY" {
				t.Errorf("Every(%+v): %s", f, step)
			}
		}
	}
}

// A call that comes or ends while others are read does not show.
func TestAnExportIsOfOneMoment(t *testing.T) {
	c := newCrowd(t, "UTC", rand.Uint64(), 200, noon.Add(-time.Hour), noon)
	running := c.open1(c.call("key_1"))
	c.calls = append(c.calls, running.call)
	want := idsOf(c.those(func(gateway.Call) bool { return true }))
	var got []string
	for call, err := range c.Every(bg, Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			running.End(c.outcomeOf(running.call))
			c.add(noon.Add(-2 * time.Hour))
		}
		if call.ID == running.call.ID && call.State != gateway.Open {
			t.Errorf("a call that ended meanwhile is %s", call.State)
		}
		got = append(got, call.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("Every = %d calls, want the %d that there were", len(got), len(want))
	}
}

func TestAnExportSaysWhatBrokeIt(t *testing.T) {
	c := newCrowd(t, "UTC", rand.Uint64(), 60, noon.Add(-time.Hour), noon)
	broken := c.those(func(gateway.Call) bool { return true })[30].ID
	if err := c.st.Do(bg, func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE call SET meters = '{' WHERE id = ?", broken)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	read, last := 0, error(nil)
	for _, err := range c.Every(bg, Filter{}) {
		if last = err; err == nil {
			read++
		}
	}
	if read != 30 || last == nil {
		t.Errorf("%d calls and %v, want the 30 before the broken one and an error", read, last)
	}

	ctx, leave := context.WithCancel(bg)
	leave()
	for _, err := range c.Every(ctx, Filter{}) {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("a reader who left gets %v", last)
	}
}
