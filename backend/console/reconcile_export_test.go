package console

import (
	"encoding/csv"
	"strings"
	"testing"

	"weir/backend/reconcile"
	"weir/billing"
)

// TestDifferencesAddUp: a row that one side lacks differs by all that the other has, as the total says; what is not
// known has no difference.
func TestDifferencesAddUp(t *testing.T) {
	of := func(dollars string) *reconcile.Figures {
		if dollars == "" {
			return &reconcile.Figures{}
		}
		cost, err := billing.ParseMoney(dollars)
		if err != nil {
			t.Fatal(err)
		}
		return &reconcile.Figures{Cost: &cost}
	}
	for _, tt := range []struct {
		name              string
		all, theirs, ours *reconcile.Figures
		want              string
	}{
		{"both have it", of("1"), of("0.3"), of("0.1"), "0.2"},
		{"only the provider has it", of("1"), of("0.3"), nil, "0.3"},
		{"only Weir has it", of("1"), nil, of("0.1"), "-0.1"},
		{"Weir has it without a price", of("1"), of("0.3"), of(""), ""},
		{"the provider names no cost of it", of("1"), of(""), of("0.1"), ""},
		{"only Weir has it, and the file names no costs", of(""), nil, of("0.1"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := Reconciliation{Rows: []reconcile.Match{{Day: "2026-11-20", Theirs: tt.theirs, Ours: tt.ours}}}
			v.Theirs = *tt.all
			var text strings.Builder
			if err := writeReconciliation(v, false, csv.NewWriter(&text)); err != nil {
				t.Fatal(err)
			}
			rows, err := csv.NewReader(strings.NewReader(text.String())).ReadAll()
			if err != nil || len(rows) != 2 || rows[0][16] != "difference_usd" || rows[1][16] != tt.want {
				t.Errorf("the file is %q, %v, want a difference of %q", rows, err, tt.want)
			}
		})
	}
}
