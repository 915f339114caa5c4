package main

import (
	"fmt"
	"io"
	"path/filepath"
)

// A verdict says what became of a mutant.
type verdict struct {
	*mutant
	killed bool
	late   bool // it was killed by taking too long
}

// A result is what was found out about a package.
type result struct {
	dir       string
	found     int // mutants that compile
	unreached []*mutant
	failing   []string
	tried     []verdict
}

// killed is how many of a hundred mutants that some test comes by a test noticed.
func (r result) killed() float64 {
	n := 0
	for _, v := range r.tried {
		if v.killed {
			n++
		}
	}
	if len(r.tried) == 0 {
		return 0
	}
	return 100 * float64(n) / float64(len(r.tried))
}

// ofAll is the same of all mutants, those included that no test comes by.
func (r result) ofAll() float64 {
	if r.found == 0 {
		return 0
	}
	return r.killed() * float64(r.found-len(r.unreached)) / float64(r.found)
}

// print lists what survived, then the figures.
func (r result) print(out io.Writer) {
	late, survived := 0, 0
	for _, v := range r.tried {
		if v.late {
			late++
		}
		if !v.killed {
			survived++
			fmt.Fprintf(out, "survived   %s\n", r.line(v.mutant))
		}
	}
	for _, m := range r.unreached {
		fmt.Fprintf(out, "unreached  %s\n", r.line(m))
	}
	for _, name := range r.failing {
		fmt.Fprintf(out, "left out   %s fails without any change\n", name)
	}
	fmt.Fprintf(out, "%s: %d of %d mutants tried that tests come by, %d survived, %d took too long: %.1f %% killed; of all %d, with %d that no test comes by, %.1f %%\n",
		r.dir, len(r.tried), r.found-len(r.unreached), survived, late, r.killed(), r.found, len(r.unreached), r.ofAll())
}

// line says where a mutant is and what it changes.
func (r result) line(m *mutant) string {
	becomes := m.new
	if becomes == "" {
		becomes = "(nothing)"
	}
	old, _ := flattened(m.old)
	if old == "" {
		old = "…"
	}
	return fmt.Sprintf("%s:%d\t%s\t%s → %s", filepath.Join(r.dir, m.file), m.line, m.kind, old, becomes)
}
