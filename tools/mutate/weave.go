package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// An insertion is text that comes into a file. At one place, what encloses more comes first where it opens and last
// where it closes.
type insertion struct {
	at    int
	opens bool
	width int // of what it encloses
	text  string
}

// woven is a file's text in which each of its mutants can be switched on. No line moves.
func (p *pkg) woven(f *file, left map[*mutant]bool) []byte {
	of := map[ast.Node][]*mutant{}
	var order []ast.Node
	for _, m := range f.mutants {
		if left[m] {
			continue
		}
		if of[m.node] == nil {
			order = append(order, m.node)
		}
		of[m.node] = append(of[m.node], m)
	}
	var all []insertion
	for _, n := range order {
		from, to := p.fset.Position(n.Pos()).Offset, p.fset.Position(n.End()).Offset
		open, end := around(of[n])
		all = append(all, insertion{from, true, to - from, open}, insertion{to, false, to - from, end})
	}
	slices.SortStableFunc(all, func(a, b insertion) int {
		if a.at != b.at {
			return a.at - b.at
		}
		if a.opens != b.opens { // what ends here ends before the next begins
			return map[bool]int{true: 1, false: -1}[a.opens]
		}
		if a.opens {
			return cmp.Compare(b.width, a.width)
		}
		return cmp.Compare(a.width, b.width)
	})
	var out bytes.Buffer
	last := 0
	for _, in := range all {
		out.Write(f.text[last:in.at])
		out.WriteString(in.text)
		last = in.at
	}
	out.Write(f.text[last:])
	return out.Bytes()
}

// around is what stands before and after a node so that its mutants can take its place.
func around(of []*mutant) (open, end string) {
	var b strings.Builder
	if typ := of[0].typ; typ != "" {
		fmt.Fprintf(&b, "func() %s { ", typ)
		for _, m := range of {
			fmt.Fprintf(&b, "if weirMutant(%d) { return %s }; ", m.id, m.new)
		}
		return b.String() + "return ", " }()"
	}
	for _, m := range of {
		fmt.Fprintf(&b, "if weirMutant(%d) { %s } else ", m.id, m.new)
	}
	return b.String() + "{ ", " }"
}

// switchboard is the source that says which mutant is on, and notes which of them a test comes by.
func switchboard(name string, mutants int) []byte {
	return fmt.Appendf(nil, `package %s

import (
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
)

var weirBoard = func() (b struct {
	on   int
	seen [%d]atomic.Bool
	log  *os.File
}) {
	b.on = -1
	if n, err := strconv.Atoi(os.Getenv("WEIR_MUTANT")); err == nil {
		b.on = n
	}
	if path := os.Getenv("WEIR_MUTANT_LOG"); path != "" {
		b.log, _ = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	}
	return b
}()

func weirMutant(id int) bool {
	if weirBoard.log != nil && !weirBoard.seen[id].Swap(true) {
		fmt.Fprintln(weirBoard.log, id)
	}
	return id == weirBoard.on
}
`, name, mutants+1)
}
