package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMutate tries all mutants of a package whose tests never build a long fence.
func TestMutate(t *testing.T) {
	r, err := mutate(t.Context(), "./testdata/fence", options{at: 2, pause: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	var survived, unreached []string
	for _, v := range r.tried {
		if !v.killed {
			survived = append(survived, v.kind+" "+v.old+" → "+v.new)
		}
	}
	for _, m := range r.unreached {
		unreached = append(unreached, m.kind+" "+m.old+" → "+m.new)
	}
	want := []string{"boundary n > 1000 → n >= 1000", "constant 1000 → int(1001)", "constant 1000 → int(999)"}
	if !slices.Equal(survived, want) {
		t.Errorf("survived:\n%s\nwant:\n%s", strings.Join(survived, "\n"), strings.Join(want, "\n"))
	}
	want = []string{"result errFull → nil", "constant 0 → int(1)", "arithmetic n - 1 → n + 1", "constant 1 → int(2)", "constant 1 → int(0)"}
	if !slices.Equal(unreached, want) {
		t.Errorf("unreached:\n%s\nwant:\n%s", strings.Join(unreached, "\n"), strings.Join(want, "\n"))
	}
	if len(r.failing) > 0 || r.killed() < 80 || r.ofAll() >= r.killed() {
		t.Errorf("failing %q, killed %.1f %%, of all %.1f %%", r.failing, r.killed(), r.ofAll())
	}
}
