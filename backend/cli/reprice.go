package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"weir/backend/console"
	"weir/frontend/src/i18n"
)

// repricing is what the flags of weir reprice say.
type repricing struct {
	preview, apply, list bool
	undo, reason         string
	since, until         string
	calls                console.RepriceCalls
}

func (s *session) reprice() *cobra.Command {
	var r repricing
	cmd := s.command("reprice", "Price calls of the past by the prices of today: look first, then apply; or take it back.", cobra.NoArgs, func(ctx context.Context, _ []string) error {
		switch {
		case r.list:
			return s.do(ctx, "reprice.list", nil, showRepricings)
		case r.undo != "":
			return s.settle(ctx, "reprice.undo", console.RepriceUndo{ID: r.undo, Reason: r.reason})
		}
		return s.repriceCalls(ctx, r)
	})
	f := cmd.Flags()
	f.BoolVar(&r.preview, "preview", false, "say what would change; it is what happens without another of these flags")
	f.BoolVar(&r.apply, "apply", false, "give the calls their new prices; needs --reason")
	f.StringVar(&r.undo, "undo", "", "the id of a repricing to take back")
	f.BoolVar(&r.list, "list", false, "list the repricings so far")
	f.StringVar(&r.reason, "reason", "", "why; the log keeps it")
	f.StringVar(&r.since, "since", "", "only calls that started then or later, as 2026-11-01T00:00:00Z")
	f.StringVar(&r.until, "until", "", "only calls that started before")
	f.StringVar(&r.calls.Model, "model", "", "only calls of this model, as clients name it")
	f.StringVar(&r.calls.Provider, "provider", "", "only calls that this kind of provider answered, as in openai")
	f.StringVar(&r.calls.ChannelID, "channel", "", "only calls that the provider with this id answered")
	f.StringVar(&r.calls.KeyID, "key", "", "only calls of the key with this id")
	f.BoolVar(&r.calls.Unpriced, "unpriced", false, "only calls without a price")
	cmd.MarkFlagsMutuallyExclusive("preview", "apply", "undo", "list")
	return cmd
}

func (s *session) repriceCalls(ctx context.Context, r repricing) error {
	var err error
	if r.calls.Since, err = parseTime("since", r.since); err != nil {
		return err
	}
	if r.calls.Until, err = parseTime("until", r.until); err != nil {
		return err
	}
	if !r.apply {
		return s.do(ctx, "reprice.preview", r.calls, showPreview)
	}
	if r.reason == "" {
		return &usageError{errors.New(i18n.T("error.reprice.no_reason"))}
	}
	var p console.RepricePreview
	if err := s.call(ctx, "reprice.preview", r.calls, &p); err != nil {
		return err
	}
	return s.settle(ctx, "reprice.apply", console.RepriceApply{RepriceCalls: r.calls, Token: p.Token, Reason: r.reason, Source: "cli"})
}

// settle starts a repricing, or its undoing, and waits until it has ended.
func (s *session) settle(ctx context.Context, op string, args any) error {
	var v console.Repricing
	if err := s.call(ctx, op, args, &v); err != nil {
		return err
	}
	ticker := time.NewTicker(500 * time.Millisecond)
	defer ticker.Stop()
	for v.State != "done" && v.State != "undone" {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		var all []console.Repricing
		if err := s.call(ctx, "reprice.list", nil, &all); err != nil {
			return err
		}
		at := slices.IndexFunc(all, func(r console.Repricing) bool { return r.ID == v.ID })
		if at < 0 {
			return errors.New(i18n.T("error.reprice.no_such", "id", v.ID)) // it was dropped: nothing of it was carried out
		}
		v = all[at]
	}
	if *s.json {
		s.print(v)
		return nil
	}
	return showRepricingRows(s, []console.Repricing{v})
}

func showPreview(s *session, data []byte) error {
	var p console.RepricePreview
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	fmt.Fprintln(s.Stdout, i18n.T("cli.reprice", "looked", p.Looked, "calls", p.Calls, "old", p.OldUSD, "new", p.NewUSD, "difference", p.DifferenceUSD, "priced", p.Priced))
	for _, l := range p.Left {
		fmt.Fprintln(s.Stdout, i18n.T("cli.reprice.left", "n", l.Calls, "why", i18n.T("cli.reprice.left."+l.Why)))
	}
	if len(p.Models) == 0 {
		return nil
	}
	var rows [][]string
	for _, m := range p.Models {
		rows = append(rows, []string{m.Provider, m.Model, strconv.FormatInt(m.Calls, 10), m.OldUSD, m.NewUSD, m.DifferenceUSD})
	}
	return s.table("PROVIDER\tMODEL\tCALLS\tBEFORE USD\tAFTER USD\tDIFFERENCE USD\t", rows)
}

func showRepricings(s *session, data []byte) error {
	var all []console.Repricing
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	return showRepricingRows(s, all)
}

func showRepricingRows(s *session, all []console.Repricing) error {
	if len(all) == 0 {
		fmt.Fprintln(s.Stdout, i18n.T("cli.no_repricings"))
		return nil
	}
	var rows [][]string
	for _, r := range all {
		rows = append(rows, []string{r.ID, r.BegunAt, r.State, strconv.FormatInt(r.Calls, 10), r.OldUSD, r.NewUSD, r.DifferenceUSD, r.Reason})
	}
	return s.table("ID\tBEGUN\tSTATE\tCALLS\tBEFORE USD\tAFTER USD\tDIFFERENCE USD\tREASON\t", rows)
}

func (s *session) reported() *cobra.Command {
	var a console.ReportedOf
	cmd := s.command("reported", "Lay what providers said they charged beside what the price book comes to.", cobra.NoArgs, func(ctx context.Context, _ []string) error {
		return s.do(ctx, "reported.get", a, showReported)
	})
	f := cmd.Flags()
	f.StringVar(&a.From, "from", "", "the first day of UTC, as 2026-11-01; without it, thirty days")
	f.StringVar(&a.To, "to", "", "the last day; without it, today")
	f.StringVar(&a.Provider, "provider", "", "only this kind of provider, as in openrouter")
	f.StringVar(&a.Model, "model", "", "only this model, as the provider names it")
	return cmd
}

func showReported(s *session, data []byte) error {
	var v console.ReportedView
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	if len(v.Models) == 0 {
		fmt.Fprintln(s.Stdout, i18n.T("cli.no_reported", "from", v.From, "to", v.To))
		return nil
	}
	var rows [][]string
	for _, m := range v.Models {
		rows = append(rows, []string{m.Name, m.Model, strconv.FormatInt(m.Calls, 10), m.ReportedUSD, m.ComputedUSD, m.DifferenceUSD})
	}
	return s.table("PROVIDER\tMODEL\tCALLS\tREPORTED USD\tCOMPUTED USD\tDIFFERENCE USD\t", rows)
}

func (s *session) reconcile() *cobra.Command {
	var a console.ReconcileFile
	cmd := s.command("reconcile FILE", "Lay a provider's own export of usage or costs beside the ledger; - reads it from stdin.", cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		text, err := s.readExport(args[0])
		if err != nil {
			return err
		}
		a.Name = filepath.Base(args[0])
		if args[0] == "-" {
			a.Name = "stdin"
		}
		a.Text = string(text)
		return s.do(ctx, "reconcile.import", a, showReconciliation)
	})
	cmd.Flags().StringVar(&a.ChannelID, "channel", "", "compare with the calls of the provider with this id alone")
	return cmd
}

// mostExport is a little more than the console takes, so that it is the console that says so.
const mostExport = 5<<20 + 1

func (s *session) readExport(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(s.Stdin, mostExport))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // it was only read
	return io.ReadAll(io.LimitReader(f, mostExport))
}

func showReconciliation(s *session, data []byte) error {
	var v console.Reconciliation
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	fmt.Fprintln(s.Stdout, i18n.T("cli.reconcile", "format", i18n.T("reconcile.format."+v.Format), "from", v.From, "to", v.To,
		"same", v.Counts["same"], "differs", v.Counts["differs"], "theirs", v.Counts["theirs"], "ours", v.Counts["ours"]))
	var rows [][]string
	for _, m := range v.Rows {
		row := []string{m.Day, m.Model, m.State}
		for _, side := range []any{m.Theirs, m.Ours} {
			row = append(row, costOf(side))
		}
		rows = append(rows, row)
	}
	return s.table("DAY\tMODEL\tSTATE\tTHEIRS USD\tOURS USD\t", rows)
}

// costOf is the cost of one side of a comparison, as text.
func costOf(side any) string {
	var f struct {
		Cost *string `json:"cost_usd"`
	}
	text, err := json.Marshal(side)
	if err != nil || json.Unmarshal(text, &f) != nil || f.Cost == nil {
		return "—"
	}
	return *f.Cost
}
