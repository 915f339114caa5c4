package prices

import (
	"context"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
)

// apply checks and applies an edition.
func (h *house) apply(file []byte) int64 {
	h.t.Helper()
	e, err := h.Check(context.Background(), file, "")
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.Apply(context.Background(), e.Version); err != nil {
		h.t.Fatal(err)
	}
	return e.Version
}

// spoil changes on the disk what is kept of an edition, and starts anew.
func (h *house) spoil(version int64, body []byte) {
	h.t.Helper()
	ctx := context.Background()
	err := h.st.Do(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE price_edition SET body = ? WHERE version = ?`, body, version)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	if h.Prices, err = Open(ctx, h.st, func() time.Time { return h.at }); err != nil {
		h.t.Fatal(err)
	}
}

// TestACatalogueThatCannotBeRead keeps nobody from starting: the shipped one holds, it is said why, and another takes its place.
func TestACatalogueThatCannotBeRead(t *testing.T) {
	newer, err := pack([]byte("{\"weir_prices\":2}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		body []byte
		says string
	}{
		"kept by a newer program": {newer, "newer Weir"},
		"changed on the disk":     {[]byte("nothing"), "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.trust()
			first := h.apply(published(t, later(1), newModel))
			h.set("gpt-5", "7", time.Time{})
			h.spoil(first, tt.body)
			now, shipped := h.InForce()
			if u := h.Unread(); !shipped || u == nil || u.Version != first || u.Then != now || !strings.Contains(u.Sentence(now), tt.says) {
				t.Errorf("the shipped catalogue holds: %t; Unread = %+v", shipped, u)
			}
			h.wantCost("test-9", noon, "—")
			h.wantCost("gpt-5", noon, "7") // a price of the user's has nothing to do with it
			h.set("gpt-5", "8", noon.Add(time.Hour))
			if h.Unread() == nil {
				t.Error("it can be read once another price was set")
			}
			h.apply(published(t, later(2), newModel))
			if h.Unread() != nil {
				t.Error("it is in force still once another was applied")
			}
			h.restart()
			h.wantCost("test-9", noon, "9")
		})
	}
}

// TestItsOwnFileMendsIt: whoever has the file of an unreadable catalogue checks and applies it again.
func TestItsOwnFileMendsIt(t *testing.T) {
	ctx := context.Background()
	h := newHouse(t)
	h.trust()
	before := h.apply(published(t, later(1)))
	file := published(t, later(2), newModel)
	version := h.apply(file)
	h.spoil(version, []byte("nothing"))
	if kind, _ := refused(h.Apply(ctx, version)); kind != gateway.Conflict {
		t.Errorf("Apply of what cannot be read = %s, want a refusal that a person can read", kind)
	}
	h.apply(file)
	h.wantCost("test-9", noon, "9")
	if _, err := h.Check(ctx, file, ""); err == nil {
		t.Error("Check of what is in force: want a refusal")
	}
	h.restart()
	h.wantCost("test-9", noon, "9")
	if now, err := h.Rollback(ctx); now != before || err != nil {
		t.Errorf("Rollback = %d, %v, want %d, which it had taken the place of", now, err, before)
	}
}

// TestWhatCannotBeReadIsTakenBack: what it took the place of holds, where that can be read.
func TestWhatCannotBeReadIsTakenBack(t *testing.T) {
	ctx := context.Background()
	for _, tt := range []struct {
		name   string
		spoilt bool
		cost   string
	}{
		{"the one before holds", false, "9"},
		{"the one before cannot be read either: the shipped one holds", true, "—"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.trust()
			want, _ := h.InForce()
			before := h.apply(published(t, later(1), newModel))
			version := h.apply(published(t, later(2), newModel))
			if tt.spoilt {
				h.spoil(before, []byte("nothing"))
			} else {
				want = before
			}
			h.spoil(version, []byte("nothing"))
			if u := h.Unread(); u == nil || u.Then != want {
				t.Errorf("Unread = %+v, want %d after it", u, want)
			}
			if now, err := h.Rollback(ctx); now != want || err != nil {
				t.Errorf("Rollback = %d, %v, want %d", now, err, want)
			}
			for range 2 {
				if h.Unread() != nil {
					t.Errorf("Unread = %+v, want it taken back", h.Unread())
				}
				h.wantCost("test-9", noon, tt.cost)
				h.restart()
			}
		})
	}
}
