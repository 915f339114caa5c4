package main

import (
	"testing"

	"weir/backend/ledger"
)

func TestAFilledLedgerIsSound(t *testing.T) {
	home := t.TempDir()
	if err := fill(t.Context(), home, 3000); err != nil {
		t.Fatal(err)
	}
	err := openLedger(t.Context(), home, func(l *ledger.Ledger) error {
		calls, err := l.Calls(t.Context(), ledger.Filter{Limit: 1000})
		if err != nil || len(calls) != 1000 {
			t.Errorf("%d calls: %v", len(calls), err)
		}
		return l.Check(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
}
