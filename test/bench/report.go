package main

import (
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
	"time"
)

// report prints the tables.
func report(out io.Writer, b *bench, rows []row, fresh, used map[string]memory, k book) {
	fmt.Fprintf(out, "\nWeir against a bare httputil.ReverseProxy (body read first), loopback, %d cores, %s; medians of %d × %v,\n"+
		"in turns. A sync of the disk takes %s. \"+p50\" and \"+p99\" are milliseconds more than without anything between,\n"+
		"until the last byte; where events come slowly, until the first.\n\n",
		runtime.NumCPU(), runtime.Version(), b.opts.turns, b.opts.round, micro(b.fsync))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "calls/s, ms, µs of CPU\tdirect\tproxy\t+p50\t+p99\tCPU\tweir\t+p50\t+p99\tCPU\tweir/proxy: calls\tCPU\t")
	for _, r := range rows {
		direct, bare, weir := r.at["direct"], r.at["bare proxy"], r.at["weir"]
		fmt.Fprintf(w, "%s\t%.0f\t%s\t%s\t%.2f\t%s\t\n", r.name, direct.rps, bare.over(direct), weir.over(direct),
			weir.rps/bare.rps, ratio(weir.cpu, bare.cpu))
	}
	_ = w.Flush() // a terminal that is gone needs no table
	fmt.Fprintln(out)
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tMB idle\tMB peak\tMB after\tstart to first answer, ms\t")
	for _, name := range []string{"bare proxy", "weir"} {
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\t%s\t\n", name, mega(fresh[name].now), mega(used[name].peak), mega(used[name].now),
			milli(b.starts[name]))
	}
	_ = w.Flush() // as above
	fmt.Fprintf(out, "\ncalls at the upstream %d, rows in the ledger %d, settled exact %d\n", k.upstream, k.rows, k.exact)
}

// over renders a figure beside the one without anything between.
func (f figure) over(direct figure) string {
	return fmt.Sprintf("%.0f\t%s\t%s\t%.0f", f.rps, milli(f.p50-direct.p50), milli(f.p99-direct.p99),
		float64(f.cpu)/float64(time.Microsecond))
}

// ratio renders how much of a time another is.
func ratio(a, b time.Duration) string {
	if b <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", float64(a)/float64(b))
}

func milli(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d)/float64(time.Millisecond)) }
func micro(d time.Duration) string { return fmt.Sprintf("%d µs", d.Microseconds()) }
func mega(kilobytes int64) float64 { return float64(kilobytes) / 1024 }
