package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"weir/backend/ledger"
	"weir/backend/local"
	"weir/test/standin/program"
)

const (
	scaleAsks   = 9                      // of each question
	pageTarget  = 100 * time.Millisecond // an overview, a filtered page of calls
	quotaTarget = time.Millisecond
	slower      = 1.5 // how much longer settling may take than on an empty ledger
)

// A question is asked of a large ledger through the console.
type question struct {
	name, op, args string
	target         time.Duration
}

// questions are what people look at; from is the begin of a span.
func questions(at string) []question {
	from := func(days int) string { return time.Now().AddDate(0, 0, -days).Format(time.RFC3339) }
	span := func(days int) string {
		return fmt.Sprintf(`{"from":%q,"to":%q}`, from(days), time.Now().Format(time.RFC3339))
	}
	page := func(filter string) string { return `{"limit":100` + filter + `}` }
	return []question{
		{"overview of a day", "overview.get", span(1), pageTarget},
		{"overview of 30 days", "overview.get", span(30), pageTarget},
		{"overview of 90 days", "overview.get", span(90), pageTarget},
		{"calls", "calls.page", page(""), pageTarget},
		{"calls, half a million further", "calls.page", page(fmt.Sprintf(`,"at":%q,"offset":500000`, at)), pageTarget},
		{"calls of a key", "calls.page", page(`,"key_id":"key_1"`), pageTarget},
		{"calls of a model", "calls.page", page(`,"model":"model-3"`), pageTarget},
		{"calls of a channel", "calls.page", page(`,"channel_id":"ch_1"`), pageTarget},
		{"calls that are settled", "calls.page", page(`,"state":"settled"`), pageTarget},
		{"calls that were refused", "calls.page", page(`,"state":"refused"`), pageTarget},
		{"calls that failed", "calls.page", page(`,"state":"failed"`), pageTarget},
		{"calls that failed, of a key", "calls.page", page(`,"state":"failed","key_id":"key_1"`), pageTarget},
		{"calls without a price", "calls.page", page(`,"unpriced":true`), pageTarget},
		{"calls over a dollar", "calls.page", page(`,"over":"1"`), pageTarget},
		{"calls over a tenth of a cent", "calls.page", page(`,"over":"0.001"`), pageTarget},
		{"calls of a key, of 7 days", "calls.page", page(fmt.Sprintf(`,"key_id":"key_1","since":%q`, from(7))), pageTarget},
		{"weir calls --limit 100", "calls.list", `{"limit":100}`, pageTarget},
		{"what the tray shows", "glance.get", `{}`, pageTarget},
	}
}

// A timing is how long something took: the median and the longest.
type timing struct {
	name         string
	middle, most time.Duration
	target       time.Duration // 0: none
}

func timed(name string, target time.Duration, took []time.Duration) timing {
	return timing{name, median(took, func(d time.Duration) time.Duration { return d }), slices.Max(took), target}
}

// A scale is what a large ledger costs.
type scale struct {
	calls        int
	bytes        int64
	filled       time.Duration
	timings      []timing
	empty, large figure // settling
	keep         keeping
}

// measureScale fills a ledger and measures what reads and writes it.
func measureScale(ctx context.Context, calls int) (s scale, err error) {
	dir, err := os.MkdirTemp("", "weir-scale-")
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	bin, err := program.Binary(ctx, dir)
	if err != nil {
		return s, err
	}
	home := program.Home{Bin: bin, Dir: filepath.Join(dir, "home")}
	s.calls = calls
	began := time.Now()
	if err := fill(ctx, home.Dir, calls); err != nil {
		return s, err
	}
	s.filled = time.Since(began)
	info, err := os.Stat(filepath.Join(home.Dir, "ledger.db"))
	if err != nil {
		return s, err
	}
	s.bytes = info.Size()
	if err := s.start(ctx, home); err != nil {
		return s, err
	}
	return s, openLedger(ctx, home.Dir, func(l *ledger.Ledger) error { return s.inside(ctx, l, filepath.Join(dir, "empty")) })
}

// inside measures what needs no program.
func (s *scale) inside(ctx context.Context, l *ledger.Ledger, empty string) (err error) {
	if err := s.quota(ctx, l); err != nil {
		return err
	}
	if s.empty, s.large, err = settling(ctx, empty, l); err != nil {
		return err
	}
	return s.measureKeeping(ctx, l)
}

// start starts the program on the ledger, and asks it.
func (s *scale) start(ctx context.Context, home program.Home) error {
	var starts []time.Duration
	for n := range restarts {
		server, err := home.Serve(ctx)
		if err != nil {
			return err
		}
		starts = append(starts, server.Started)
		if n == restarts-1 {
			err = s.ask(ctx, home.Dir)
		}
		if err = errors.Join(err, server.Stop()); err != nil {
			return err
		}
	}
	s.timings = append([]timing{timed("start of weir serve", 0, starts)}, s.timings...)
	return nil
}

func (s *scale) ask(ctx context.Context, dir string) error {
	agent, err := local.Find(dir)
	if err != nil {
		return err
	}
	client := local.NewClient(agent)
	defer client.Close()
	var newest struct{ Data struct{ At string } }
	answer, err := client.Call(ctx, "calls.page", []byte(`{"limit":1}`))
	if err = errors.Join(err, json.Unmarshal(answer, &newest)); err != nil {
		return err
	}
	for _, q := range questions(newest.Data.At) {
		var took []time.Duration
		for range scaleAsks {
			began := time.Now()
			answer, err := client.Call(ctx, q.op, []byte(q.args))
			took = append(took, time.Since(began))
			var envelope struct{ OK bool }
			if err = errors.Join(err, json.Unmarshal(answer, &envelope)); err != nil || !envelope.OK {
				return fmt.Errorf("%s: %w %s", q.op, err, answer)
			}
		}
		s.timings = append(s.timings, timed(q.name, q.target, took))
	}
	return nil
}

// quota measures what a client asks that wants to know what is left.
func (s *scale) quota(ctx context.Context, l *ledger.Ledger) error {
	for _, q := range []struct{ name, key string }{{"quota of a limited key", fillKey}, {"quota of the account", ""}} {
		var took []time.Duration
		for range 10 * scaleAsks {
			began := time.Now()
			if _, err := l.Quota(ctx, ledger.Payer{KeyID: q.key}); err != nil {
				return err
			}
			took = append(took, time.Since(began))
		}
		s.timings = append(s.timings, timed(q.name, quotaTarget, took))
	}
	return nil
}

// report prints the table.
func (s scale) report(out io.Writer) {
	fmt.Fprintf(out, "\nA ledger of %d calls: %.0f MB, filled in %.0f s\n\n", s.calls, float64(s.bytes)/1e6, s.filled.Seconds())
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "ms\tmedian\tlongest\ttarget\t")
	for _, t := range s.timings {
		target := ""
		if t.target > 0 {
			target = milli(t.target)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t\n", t.name, milli(t.middle), milli(t.most), target)
	}
	_ = w.Flush() // a terminal that is gone needs no table
	fmt.Fprintf(out, "\na call held and settled, 16 at once: %s of CPU on an empty ledger, %s on this one: %s times (target %.1f); %.0f and %.0f calls/s\n",
		micro(s.empty.cpu), micro(s.large.cpu), ratio(s.large.cpu, s.empty.cpu), slower, s.empty.rps, s.large.rps)
	fmt.Fprintln(out, s.keep.line())
}
