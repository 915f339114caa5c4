package prices

import (
	"context"
	"testing"
	"time"

	"weir/backend/store"
)

// TestACatalogueThatCannotBeRead keeps nobody from starting: the shipped one holds, it is said why, and another takes its place.
func TestACatalogueThatCannotBeRead(t *testing.T) {
	ctx := context.Background()
	newer, err := pack([]byte("{\"weir_prices\":2}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{"kept by a newer program": newer, "changed on the disk": []byte("nothing")} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.trust()
			e, err := h.Check(ctx, published(t, 2026112201, newModel), "")
			if err != nil {
				t.Fatal(err)
			}
			if err := h.Apply(ctx, e.Version); err != nil {
				t.Fatal(err)
			}
			err = h.st.Do(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec(`UPDATE price_edition SET body = ?`, body)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if h.Prices, err = Open(ctx, h.st, func() time.Time { return h.at }); err != nil {
				t.Fatal(err)
			}
			if _, shipped := h.InForce(); !shipped || h.Problem() == nil {
				t.Errorf("the shipped catalogue holds: %t; Problem = %v", shipped, h.Problem())
			}
			h.wantCost("test-9", noon, "—")
			if e, err = h.Check(ctx, published(t, 2026112202, newModel), ""); err != nil {
				t.Fatal(err)
			}
			if err := h.Apply(ctx, e.Version); err != nil {
				t.Fatal(err)
			}
			h.restart()
			h.wantCost("test-9", noon, "9")
		})
	}
}
