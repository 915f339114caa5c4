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
	fmt.Fprintln(w, "calls/s, ms, µs of CPU\tdirect\tproxy\t+p50\t+p99\tCPU\tweir\t+p50\t+p99\tCPU\tweir/proxy: CPU\tcalls\twanted\t\t")
	for _, r := range rows {
		direct, bare, weir := r.at["direct"], r.at["bare proxy"], r.at["weir"]
		fmt.Fprintf(w, "%s\t%.0f\t%s\t%s\t%s\t%.2f\t%s\t\n", r.name, direct.rps, bare.over(direct), weir.over(direct),
			ratio(weir.cpu, bare.cpu), weir.rps/bare.rps, r.judged())
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
	fmt.Fprintln(out)
	for _, a := range aims(b, rows, fresh, used) {
		fmt.Fprintf(out, "%s: %.2f, wanted at most %.0f: %s\n", a.name, a.got, a.most, verdict(a.got <= a.most))
	}
	fmt.Fprintf(out, "\ncalls at the upstream %d, rows in the ledger %d, settled exact %d\n", k.upstream, k.rows, k.exact)
}

// An aim is a figure that is to stay below another.
type aim struct {
	name      string
	got, most float64
}

// aims are what is wanted beside calls per second.
func aims(b *bench, rows []row, fresh, used map[string]memory) []aim {
	list := []aim{
		{"MB idle", mega(fresh["weir"].now), 30},
		{"MB at the peak", mega(used["weir"].peak), 80},
		{"ms from start to the first answer", b.starts["weir"].Seconds() * 1000, 80},
	}
	for _, r := range rows {
		if r.pause > 0 {
			later := r.at["weir"].p50 - r.at["bare proxy"].p50
			list = append(list, aim{"ms that the first event comes later than through the proxy", later.Seconds() * 1000, 1})
		}
	}
	return list
}

// judged says whether a row's calls per second are as many as wanted.
func (r row) judged() string {
	if r.wanted == 0 {
		return "\t"
	}
	return fmt.Sprintf("%.1f\t%s", r.wanted, verdict(r.at["weir"].rps >= r.wanted*r.at["bare proxy"].rps))
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "missed"
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
