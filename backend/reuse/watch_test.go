package reuse

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"weir/billing"
)

// search returns the files of a home that hold a word.
func search(t *testing.T, home, word string) (found []string) {
	t.Helper()
	entries, err := os.ReadDir(home)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(home, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(word)) {
			found = append(found, e.Name())
		}
	}
	return found
}

func (w *world) sums() map[string]Sum {
	w.t.Helper()
	if err := w.watch.do(context.Background(), func() {
		if err := w.watch.sumUp(context.Background(), w.now); err != nil {
			w.t.Error(err)
		}
	}); err != nil {
		w.t.Fatal(err)
	}
	all, err := w.watch.Sums(context.Background(), w.now.Add(-48*time.Hour), w.now.Add(time.Hour))
	if err != nil {
		w.t.Fatal(err)
	}
	by := map[string]Sum{}
	for _, s := range all {
		if o, ok := by[s.What]; ok {
			s.Calls, s.Tokens, s.Pico = s.Calls+o.Calls, s.Tokens+o.Tokens, s.Pico+o.Pico
		}
		by[s.What] = s
	}
	return by
}

// TestWaste: what was written and read by no later call within its life is wasted, with what writing cost beyond input.
func TestWaste(t *testing.T) {
	w := newWorld(t)
	c := claude()
	r := w.begin(c)
	w.wait(5 * time.Second)
	w.end(r)
	first := written(r.call.Usage)
	w.wait(time.Minute)
	if s, ok := w.sums()[Wasted]; ok {
		t.Errorf("%+v was wasted while its life runs, want nothing", s)
	}
	r = w.begin(c.next("1"))
	w.wait(5 * time.Second)
	w.end(r)
	second := written(r.call.Usage)
	w.wait(time.Hour)
	s := w.sums()[Wasted]
	// 3.75 instead of 3 dollars a million.
	if s.Tokens != second || s.Calls != 1 || s.Pico != second*750_000 {
		t.Errorf("%+v was wasted, want the second call's %d tokens: the first one's %d were read", s, second, first)
	}
}

// TestWasteTakenBack: what counted as wasted and is read all the same, because the provider kept it longer, is wasted no more.
func TestWasteTakenBack(t *testing.T) {
	w := newWorld(t)
	c := claude()
	w.say(c, First)
	w.wait(20 * time.Minute)
	if s := w.sums()[Wasted]; s.Calls != 1 {
		t.Fatalf("%+v was wasted, want one call's", s)
	}
	for k := range w.cache {
		w.cache[k] = w.now.Add(time.Hour)
	}
	w.say(c.next("1"), "")
	if s := w.sums()[Wasted]; s.Calls != 0 || s.Tokens != 0 || s.Pico != 0 {
		t.Errorf("%+v is wasted, want nothing of what was read later", s)
	}
}

// TestSharedPrefix: what one conversation wrote and another one read is no waste.
func TestSharedPrefix(t *testing.T) {
	w := newWorld(t)
	a, b := claude(), claude()
	b.turns[0], b.key = user(text("other", 400)), "key_2"
	r := w.begin(a)
	w.wait(5 * time.Second)
	w.end(r)
	wrote := written(r.call.Usage)
	r = w.begin(b)
	w.wait(5 * time.Second)
	w.end(r)
	w.wait(time.Hour)
	if s := w.sums()[Wasted]; s.Tokens != wrote-read(r.call.Usage)+written(r.call.Usage) {
		t.Errorf("%+v was wasted, want what neither read: %d of the first, %d of the second", s, wrote-read(r.call.Usage), written(r.call.Usage))
	}
}

// TestOff: switched off, nothing is looked at, and what was stored is gone.
func TestOff(t *testing.T) {
	w := newWorld(t)
	c := w.grown(claude())
	c.tools = c.tools[1:]
	w.say(c.next("3"), Tools)
	if err := w.watch.Set(context.Background(), false); err != nil {
		t.Fatal(err)
	}
	if len(w.sums()) != 0 || w.watch.On() {
		t.Errorf("sums are %v, want none when switched off", w.sums())
	}
	var n int
	if err := w.watch.file.Load().db.QueryRow(`SELECT (SELECT count(*) FROM conversation) + (SELECT count(*) FROM first_call)`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows are left (%v), want none", n, err)
	}
	w.evict()
	w.say(c.next("4"), "")
	w.restart()
	if w.watch.On() {
		t.Error("a restart switches it on again")
	}
	if err := w.watch.Set(context.Background(), true); err != nil {
		t.Fatal(err)
	}
	w.say(c.next("5"), First)
	if since, err := w.watch.Since(context.Background()); err != nil || since.IsZero() {
		t.Errorf("Since() = %v, %v, want when it was switched on", since, err)
	}
}

// TestOffAtOnce: who switches it off and leaves, and a run that ends meanwhile, leave nothing behind.
func TestOffAtOnce(t *testing.T) {
	left := func(w *world) (n int) {
		w.t.Helper()
		if err := w.watch.file.Load().db.QueryRow(`SELECT count(*) FROM conversation`).Scan(&n); err != nil {
			w.t.Fatal(err)
		}
		return n
	}
	w := newWorld(t)
	w.grown(claude())
	if err := w.st.Set(context.Background(), settled, no); err != nil { // as far as a run came that was killed
		t.Fatal(err)
	}
	if left(w) == 0 {
		t.Fatal("nothing was kept that could be left")
	}
	if w.restart(); left(w) != 0 {
		t.Errorf("%d conversations are left by the run before", left(w))
	}
	if err := w.watch.Set(context.Background(), true); err != nil {
		t.Fatal(err)
	}
	w.grown(claude())
	w.watch.on.Store(false) // as an attempt left it that could not delete
	if err := w.watch.Set(context.Background(), false); err != nil || left(w) != 0 {
		t.Errorf("%d conversations are left (%v) when it is switched off again", left(w), err)
	}
}

// TestAFaultEndsNothing: a call that cannot be looked at goes by, and the next ones are explained.
func TestAFaultEndsNothing(t *testing.T) {
	w := newWorld(t)
	c := w.grown(claude())
	broken := w.begin(c.next("3"))
	broken.call.Dialect, broken.call.Release = "anthropic", func() {}
	broken.call.Body = []byte(`{"messages":[`)
	w.end(broken)
	c.tools = c.tools[1:]
	r := w.begin(c)
	r.call.Price = func(billing.Usage) *billing.Money { panic("a price that is none") }
	w.end(r)
	c.tools = c.tools[1:]
	w.wait(5 * time.Second)
	w.say(c.next("4"), Tools)
}

// TestDetailGone: without its file, or with a damaged one, everything goes on.
func TestDetailGone(t *testing.T) {
	for _, tt := range []struct {
		name string
		harm func(t *testing.T, path string)
	}{
		{"deleted", func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}},
		{"no database", func(t *testing.T, path string) {
			if err := os.WriteFile(path, bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"of another schema", func(t *testing.T, path string) {
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(`PRAGMA user_version = 99`); err != nil {
				t.Fatal(err)
			}
		}},
		{"a folder", func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Join(path, "full"), 0o700); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.grown(claude())
			w.close()
			tt.harm(t, filepath.Join(w.home, detailName))
			w.open()
			c := claude()
			r := w.begin(c)
			w.wait(5 * time.Second)
			w.end(r)
			w.evict()
			w.say(c.next("1"), NotKept)
		})
	}
}

// TestCrash: after a run that did not end well, nothing is claimed of what it may have missed.
func TestCrash(t *testing.T) {
	w := newWorld(t)
	c := w.grown(claude())
	w.close()
	db, err := sql.Open("sqlite", filepath.Join(w.home, detailName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`UPDATE salt SET open = 1`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	w.wait(time.Hour)
	w.open()
	w.say(c.next("3"), "")
	w.wait(time.Hour)
	w.say(c.next("4"), Pause)
}

// TestPrune: what nobody went on with for a month is forgotten, and the sums stay.
func TestPrune(t *testing.T) {
	w := newWorld(t)
	w.grown(claude())
	w.wait(time.Hour)
	before := w.sums()[Wasted]
	w.wait(31 * 24 * time.Hour)
	if err := w.watch.do(context.Background(), func() { w.watch.prune(context.Background(), w.now.Add(-age)) }); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := w.watch.file.Load().db.QueryRow(`SELECT count(*) FROM conversation`).Scan(&n); err != nil || n != 0 || w.watch.count != 0 {
		t.Errorf("%d conversations are left (%v), %d in memory, want none", n, err, w.watch.count)
	}
	all, err := w.watch.Sums(context.Background(), time.Time{}, w.now)
	if err != nil || before.Tokens == 0 || len(all) == 0 {
		t.Errorf("sums are %v (%v), want those of before", all, err)
	}
}

// TestTooMany: memory is bounded, and what goes first is what was used longest ago.
func TestTooMany(t *testing.T) {
	w := newWorld(t)
	for i := range mostOfKey + 10 {
		c := claude()
		c.turns[0] = user(text("task"+string(rune('a'+i%26))+string(rune('a'+i/26)), 200))
		w.say(c, First)
	}
	if w.watch.count != mostOfKey {
		t.Errorf("%d conversations in memory, want %d", w.watch.count, mostOfKey)
	}
}

// TestTellNeverWaits: a full queue lets calls go by, and remembers that it did.
func TestTellNeverWaits(t *testing.T) {
	w := newWorld(t)
	hold, going := make(chan struct{}), make(chan struct{})
	go func() {
		_ = w.watch.do(context.Background(), func() { close(going); <-hold }) // it ends with the watch
	}()
	<-going
	released := 0
	for range queued + 5 {
		r := w.begin(claude())
		r.call.Release = func() { released++ }
		w.watch.Tell(r.call)
	}
	if released != 5 || w.watch.unseen("key_1").IsZero() {
		t.Errorf("%d calls went by, want 5, and that it is known", released)
	}
	close(hold)
	if err := w.watch.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
}
