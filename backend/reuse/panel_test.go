package reuse

import (
	"context"
	"fmt"
	"testing"
	"time"

	"weir/backend/store"
)

// fill writes misses and writes of a busy month.
func (w *world) fill(misses, writes int) (from, to time.Time) {
	w.t.Helper()
	from, to = w.now, w.now.Add(30*24*time.Hour)
	step := 30 * 24 * time.Hour / time.Duration(max(misses, writes))
	const atOnce = 10_000
	for start := 0; start < max(misses, writes); start += atOnce {
		err := w.st.Do(context.Background(), func(tx *store.Tx) error {
			for i := start; i < start+atOnce; i++ {
				at := from.Add(time.Duration(i) * step).UnixMilli()
				if i < misses {
					if _, err := tx.Exec(insertMiss, fmt.Sprintf("call_m%07d", i), at, fmt.Sprint("key_", i%5), "ch_1", fmt.Sprint("model-", i%7), "tools", `{"place":1}`, int64(i), int64(i)*1000); err != nil {
						return err
					}
					if err := addSum(tx, sumOf{at, fmt.Sprint("key_", i%5), "ch_1", fmt.Sprint("model-", i%7), "tools"}, 1, int64(i), nil); err != nil {
						return err
					}
				}
				if i < writes {
					if _, err := tx.Exec(insertWrite, fmt.Sprintf("call_w%07d", i), at, "key_1", "ch_1", "model-1", int64(1000), int64(5), at+300_000); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return from, to
}

// TestDearest: the misses that cost most come first, and each query of the page goes by an index.
func TestDearest(t *testing.T) {
	w := newWorld(t)
	from, to := w.fill(100, 0)
	found, err := w.watch.Dearest(context.Background(), from, to, 3)
	if err != nil || len(found) != 3 || found[0].CallID != "call_m0000099" || *found[0].Pico != 99_000 || found[2].CallID != "call_m0000097" {
		t.Errorf("Dearest() = %+v, %v, want the last three calls, the dearest first", found, err)
	}
	if none, err := w.watch.Dearest(context.Background(), to, to.Add(time.Hour), 3); err != nil || len(none) != 0 {
		t.Errorf("Dearest() of a later span = %+v, %v, want none", none, err)
	}
}

// TestManyMisses: a month of misses and writes is added up once each.
func TestManyMisses(t *testing.T) {
	w := newWorld(t)
	from, to := w.fill(2_000, 6_000)
	if err := w.watch.do(context.Background(), func() {
		if err := w.watch.sumUp(context.Background(), to.Add(time.Hour)); err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	sums, err := w.watch.Sums(context.Background(), from, to)
	if err != nil || len(sums) != 36 {
		t.Errorf("%d sums, %v, want those of five keys and seven models, and the waste", len(sums), err)
	}
	if _, err := w.watch.Dearest(context.Background(), from, to, 20); err != nil {
		t.Error(err)
	}
	if waiting, err := w.watch.Waiting(context.Background(), from, to); err != nil || waiting != 0 {
		t.Errorf("%d tokens may still be read, %v, want none", waiting, err)
	}
}
