package ledger

import (
	"testing"
)

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
