package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// TestTheWorstGapOfADay is a distance, whichever of the two is more.
func TestTheWorstGapOfADay(t *testing.T) {
	for _, tt := range []struct{ reported, recomputed, worst int64 }{{5, 3, 2}, {3, 5, 2}, {4, 4, 0}, {0, 7, 7}} {
		h := newHouse(t)
		hold := h.mustHold("key_a", dollars("1"))
		o := settled(hold.call, gateway.Amounts{Pico: tt.reported, Tokens: 1, Calls: 1})
		reported, recomputed := billing.Pico(tt.reported), billing.Pico(tt.recomputed)
		o.Call.ChannelID, o.Call.Provider, o.Call.UpstreamModel = "ch_1", "openai", "m"
		o.Call.Bill.Reported, o.Call.Bill.Recomputed = &reported, &recomputed
		hold.End(o)
		days, err := h.UpstreamDays(bg, DaySpan{From: noon.AddDate(0, 0, -1), To: noon.AddDate(0, 0, 1)})
		if err != nil || len(days) != 1 || days[0].worst != tt.worst || days[0].Compared != 1 || days[0].Reported.Pico() != tt.reported || days[0].Computed.Pico() != tt.recomputed || days[0].Requests != 1 {
			t.Errorf("reported %d, computed %d: %+v, %v, want a gap of %d", tt.reported, tt.recomputed, days, err, tt.worst)
		}
		h.check()
	}
}

// TestARefusalIsTold to those who read the feed, with the limit's own words.
func TestARefusalIsTold(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "1usd/day")
	events, cancel := h.Subscribe()
	defer cancel()
	if _, err := h.hold("key_a", dollars("2")); err == nil || !strings.Contains(err.Error(), "$2") {
		t.Fatalf("a call that could cost more than is left: %v, want it to say how much it asked", err)
	}
	if e := <-events; e.Kind != CallChanged || e.Call.State != gateway.Refused || e.Call.HTTPStatus != 402 || e.Call.Err == nil || e.Call.Err.Kind != gateway.QuotaExceeded {
		t.Errorf("readers were told %+v", e)
	}
	hold := h.mustHold("key_a", dollars("1"))
	<-events
	if _, err := h.hold("key_a", dollars("0.5")); err == nil || strings.Contains(err.Error(), "$0.5") {
		t.Errorf("a call where nothing is left: %v", err)
	}
	hold.End(settled(hold.call, dollars("0.25")))
	var e *gateway.Error
	if _, err := h.hold("key_a", dollars("0.8")); !errors.As(err, &e) || e.Kind != gateway.QuotaExceeded || e.RetryAfter <= 0 {
		t.Errorf("later: %v", err)
	}
	h.check()
}

// TestHealthIsToldWhenItChanges, and only then.
func TestHealthIsToldWhenItChanges(t *testing.T) {
	h := newHouse(t)
	events, cancel := h.Subscribe()
	defer cancel()
	for _, why := range []string{"", "full", "full", "", ""} {
		h.setTrouble(why)
		if ok, said := h.Healthy(); ok != (why == "") || said != why {
			t.Errorf("Healthy() = %t, %q after %q", ok, said, why)
		}
	}
	cancel()
	n := 0
	for e := range events {
		if n++; e.Kind != HealthChanged {
			t.Errorf("readers were told %+v", e)
		}
	}
	if n != 2 {
		t.Errorf("readers were told %d times, want 2", n)
	}
}

func TestASpeedAddsUpTenMinutes(t *testing.T) {
	var s speed
	for minute := range int64(25) {
		s.add(1000+minute, 1)
		s.add(1000+minute, 2)
		if got, want := s.sum(1000+minute), 3*min(minute+1, burnMinutes); got != want {
			t.Errorf("after %d minutes: %d, want %d", minute+1, got, want)
		}
	}
	for after, want := range map[int64]int64{0: 30, 1: 27, 9: 3, 10: 0, 100: 0} {
		if got := s.sum(1024 + after); got != want {
			t.Errorf("%d minutes later: %d, want %d", after, got, want)
		}
	}
	if got := minuteOf(time.Unix(119, 0)); got != 1 {
		t.Errorf("the 119th second lies in minute %d, want 1", got)
	}
}

// TestWhatIsUsual is the median of the active quarter hours, once there are three.
func TestWhatIsUsual(t *testing.T) {
	h := newHouse(t)
	spend := func(at time.Time, usd string) {
		h.turn(at)
		hold := h.mustHold("key_a", dollars(usd))
		hold.End(settled(hold.call, dollars(usd)))
	}
	now := noon.Add(10 * time.Hour)
	usual := func(id string) int64 {
		n, err := h.usualBurn(bg, id, now)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	spend(noon, "3")
	spend(noon.Add(15*time.Minute), "30")
	if got := usual("key_a"); got >= 0 {
		t.Errorf("of two quarter hours %d is usual", got)
	}
	spend(noon.Add(30*time.Minute), "6")
	for _, id := range []string{"key_a", ""} {
		if got := usual(id); got != 4e12 { // ten of the fifteen minutes that cost $6
			t.Errorf("usual for %q is %d, want 4e12", id, got)
		}
	}
	if got := usual("key_b"); got >= 0 {
		t.Errorf("of a key without calls %d is usual", got)
	}
	spend(now.Add(-5*time.Minute), "1000") // what may ring is left out
	if got := usual(""); got != 4e12 {
		t.Errorf("beside what happens now, usual is %d, want 4e12", got)
	}
}

// TestASpillThatCannotBeSetApart stays: the next start tries again.
func TestASpillThatCannotBeSetApart(t *testing.T) {
	h := newHouse(t)
	dir := filepath.Join(h.home, "spill")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "call_x.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "call_x.json.unread", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := h.replayFiles(bg); err == nil {
		t.Error("what cannot be set apart was set apart")
	}
	if err := os.RemoveAll(filepath.Join(dir, "call_x.json.unread")); err != nil {
		t.Fatal(err)
	}
	if err := h.replayFiles(bg); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "call_x.json.unread")); err != nil {
		t.Errorf("it was not set apart: %v", err)
	}
	if err := h.replayFile(bg, "call_gone.json"); err != nil {
		t.Errorf("what was replayed meanwhile: %v", err)
	}
}

func TestAWindowsStartAsItIsStored(t *testing.T) {
	if got := (span{}).milli(); got != 0 {
		t.Errorf("a total begins at %d", got)
	}
	if got := (span{start: noon}).milli(); got != noon.UnixMilli() {
		t.Errorf("a window begins at %d, want %d", got, noon.UnixMilli())
	}
}

func TestRepricingsAreLoggedWithTheirTimes(t *testing.T) {
	h := newHouse(t)
	h.mustExec(`INSERT INTO repricing (id, state, reason, source, selection, prices, calls, old_pico, new_pico, begun_at, ended_at, undo_reason, undone_at)
		VALUES ('rep_1', 'undone', 'why', 'page', '{}', '2026-11-01', 3, 5, 7, 1000, 2000, 'why not', 3000), ('rep_2', 'done', 'why', 'cli', '{}', '2026-11-01', 0, 0, 0, 4000, NULL, NULL, NULL)`)
	all, err := h.Repricings(bg)
	if err != nil || len(all) != 2 || all[0].ID != "rep_2" || !all[0].EndedAt.IsZero() || !all[0].UndoneAt.IsZero() || all[0].UndoReason != "" {
		t.Fatalf("Repricings = %+v, %v", all, err)
	}
	r := all[1]
	if !r.BegunAt.Equal(utc(1000)) || !r.EndedAt.Equal(utc(2000)) || !r.UndoneAt.Equal(utc(3000)) || r.UndoReason != "why not" || r.Calls != 3 || r.Old.Pico() != 5 || r.New.Pico() != 7 {
		t.Errorf("the first is %+v", r)
	}
}

// TestWhatARetentionWouldDoByBothBounds: the stricter one decides.
func TestWhatARetentionWouldDoByBothBounds(t *testing.T) {
	h := past(t, 350)
	h.swell()
	size, err := h.Size(bg)
	if err != nil {
		t.Fatal(err)
	}
	var last int64
	for _, tt := range []struct {
		r    Retention
		more bool // than the case before
	}{
		{Retention{Months: 11}, true},
		{Retention{Months: 11, Megabytes: size.Used() / megabyte}, false},
		{Retention{Months: 11, Megabytes: size.Used()/megabyte - 5}, true},
		{Retention{Months: 6, Megabytes: size.Used()/megabyte - 5}, true},
		{Retention{Months: 6}, false},
	} {
		f, err := h.Foresee(bg, tt.r)
		if err != nil || !f.Enough || (f.Calls > last) != tt.more || f.Calls < last || f.Before.IsZero() || f.Bytes < f.Calls*10_000 {
			t.Errorf("Foresee(%+v) = %+v, %v, after %d calls", tt.r, f, err, last)
		}
		last = f.Calls
	}
}
