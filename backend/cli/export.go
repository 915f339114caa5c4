package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"weir/backend/console"
	"weir/backend/local"
	"weir/frontend/src/i18n"
)

func (s *session) exportCalls() *cobra.Command {
	var a console.ExportCalls
	var since, until, over, out string
	var asCSV, asLines bool
	cmd := s.command("export", "Write every call that fits to a file or to standard output.", cobra.NoArgs, func(ctx context.Context, _ []string) (err error) {
		if a.Since, a.Until, err = parseSpan(since, until); err != nil {
			return err
		}
		if a.Format = formatOf(asCSV, asLines, *s.json); a.Format == "" {
			return &usageError{errors.New(i18n.T("error.cli.format"))}
		}
		if over != "" {
			a.Over = &over
		}
		return s.export(ctx, "calls.export", a, out)
	})
	f := cmd.Flags()
	f.BoolVar(&asCSV, "csv", false, "a table, its first line the names of the columns")
	f.BoolVar(&asLines, "json-lines", false, "one JSON object a line; --json alone writes one array")
	spanFlags(cmd, &since, &until, &out)
	f.StringVar(&a.KeyID, "key", "", "those of this key")
	f.StringVar(&a.ChannelID, "provider", "", "those that this provider answered, by its id")
	f.StringVar(&a.Model, "model", "", "those of this model, as the client named it")
	f.StringVar(&a.State, "state", "", "open, settled, released, refused or failed")
	f.BoolVar(&a.Unpriced, "unpriced", false, "those whose cost is not known")
	f.StringVar(&over, "over", "", "those that cost more than so many dollars")
	cmd.MarkFlagsMutuallyExclusive("csv", "json-lines")
	return cmd
}

// formatOf is the format that the flags name; "" when they name none.
func formatOf(asCSV, asLines, asJSON bool) string {
	switch {
	case asCSV:
		return "csv"
	case asLines:
		return "json-lines"
	case asJSON:
		return "json"
	}
	return ""
}

func spanFlags(cmd *cobra.Command, since, until, out *string) {
	f := cmd.Flags()
	f.StringVar(since, "since", "", "those begun at or after this time, as 2026-11-21T00:00:00Z")
	f.StringVar(until, "until", "", "those begun before this time")
	f.StringVar(out, "out", "", "the file; without it, standard output")
}

func parseSpan(since, until string) (from, to *time.Time, err error) {
	if from, err = parseTime("since", since); err != nil {
		return nil, nil, err
	}
	to, err = parseTime("until", until)
	return from, to, err
}

func (s *session) spend() *cobra.Command {
	var since, until, out string
	var asCSV bool
	cmd := s.command("spend", "What was spent in a span of time; without one, today.", cobra.NoArgs, func(ctx context.Context, _ []string) error {
		from, to, err := parseSpan(since, until)
		if err != nil {
			return err
		}
		if asCSV {
			return s.export(ctx, "overview.export", console.ExportOverview{From: from, To: to}, out)
		}
		if out != "" {
			return &usageError{errors.New(i18n.T("error.cli.out"))}
		}
		return s.do(ctx, "overview.get", console.OverviewOf{From: from, To: to}, showSpend)
	})
	f := cmd.Flags()
	f.BoolVar(&asCSV, "csv", false, "a table by day, model, key and provider")
	spanFlags(cmd, &since, &until, &out)
	return cmd
}

// export fetches a file whole, to where it is wanted.
func (s *session) export(ctx context.Context, op string, args any, out string) error {
	var d console.Download
	if err := s.call(ctx, op, args, &d); err != nil {
		return err
	}
	agent, err := local.Find(s.Home)
	if err != nil {
		return err
	}
	client := local.NewClient(agent)
	defer client.Close()
	write := func(w io.Writer) error { return client.Export(ctx, d.Ticket, w) }
	if out == "" {
		return failure(write(s.Stdout))
	}
	if out, err = filepath.Abs(out); err != nil {
		return err
	}
	if err := local.Save(out, write); err != nil {
		return failure(err)
	}
	if *s.json {
		s.print(map[string]string{"out": out})
		return nil
	}
	fmt.Fprintln(s.Stdout, i18n.T("cli.exported", "file", out))
	return nil
}

// failure makes what an agent refused a failure that people may read.
func failure(err error) error {
	var refused *local.Refusal
	if errors.As(err, &refused) {
		return &Failure{console.ErrorView{Kind: refused.Kind, Message: refused.Message}}
	}
	return err
}

func showSpend(s *session, data []byte) error {
	var v console.Overview
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	if v.Simulated {
		fmt.Fprintln(s.Stdout, i18n.T("cli.not_money"))
	}
	fmt.Fprintln(s.Stdout, i18n.T("cli.spent", "spent", v.Total.SpentUSD, "calls", v.Total.Calls, "from", v.From, "to", v.To))
	if v.Total.UnpricedCalls > 0 {
		fmt.Fprintln(s.Stdout, i18n.N("cli.unpriced", v.Total.UnpricedCalls))
	}
	var rows [][]string
	for _, m := range v.Models {
		rows = append(rows, []string{m.Name, fmt.Sprint(m.Calls), "$" + m.SpentUSD})
	}
	if len(rows) == 0 {
		return nil
	}
	return s.table("MODEL\tCALLS\tSPENT", rows)
}
