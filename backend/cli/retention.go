package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"weir/backend/console"
	"weir/frontend/src/i18n"
)

func (s *session) retention() *cobra.Command {
	return group("retention", "How long calls keep what explains them, and what the ledger takes on the disk.",
		s.showing("show", "Show it.", cobra.NoArgs, "retention.get", nothing, showRetention),
		s.setRetention("preview", "Say what bounds would do now, and do nothing.", "retention.preview", showForesight),
		s.setRetention("set", "Bound it; a bound that is not named is taken away.", "retention.set", showRetention),
		s.showing("run", "Remove the details of old calls now rather than within the hour.", cobra.NoArgs, "retention.run", nothing, showRetention),
		s.showing("compact", "Write the ledger's file anew without what is free in it; calls wait until it is done.", cobra.NoArgs, "retention.compact", nothing, showRetention))
}

func nothing([]string) any { return nil }

// setRetention makes a command that takes both bounds.
func (s *session) setRetention(verb, short, op string, show func(*session, []byte) error) *cobra.Command {
	var months int
	var megabytes int64
	var cmd *cobra.Command
	cmd = s.command(verb, short, cobra.NoArgs, func(ctx context.Context, _ []string) error {
		return s.do(ctx, op, console.SetRetention{Months: given(cmd, "months", &months), Megabytes: given(cmd, "megabytes", &megabytes)}, show)
	})
	cmd.Flags().IntVar(&months, "months", 0, "calls older than this lose their details")
	cmd.Flags().Int64Var(&megabytes, "megabytes", 0, "while the ledger takes more, the oldest calls lose theirs")
	return cmd
}

func showRetention(s *session, data []byte) error {
	var r console.Retention
	if err := json.Unmarshal(data, &r); err != nil {
		return err
	}
	bound := i18n.T("cli.retention.none")
	switch {
	case r.Months != nil && r.Megabytes != nil:
		bound = i18n.T("cli.retention.both", "months", *r.Months, "megabytes", *r.Megabytes)
	case r.Months != nil:
		bound = i18n.T("cli.retention.months", "months", *r.Months)
	case r.Megabytes != nil:
		bound = i18n.T("cli.retention.megabytes", "megabytes", *r.Megabytes)
	}
	fmt.Fprintln(s.Stdout, bound)
	fmt.Fprintln(s.Stdout, i18n.T("cli.retention.file", "megabytes", r.FileBytes/1e6, "free", r.FreeBytes/1e6))
	if r.ArchivedUntil != nil {
		fmt.Fprintln(s.Stdout, i18n.T("cli.retention.archived", "calls", r.ArchivedCalls, "until", *r.ArchivedUntil))
	}
	return nil
}

func showForesight(s *session, data []byte) error {
	var p console.RetentionPreview
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	if p.Calls == 0 {
		fmt.Fprintln(s.Stdout, i18n.T("cli.retention.nothing"))
	} else {
		fmt.Fprintln(s.Stdout, i18n.T("cli.retention.would", "calls", p.Calls, "before", or(p.Before, ""), "megabytes", p.Bytes/1e6))
	}
	if !p.Enough {
		fmt.Fprintln(s.Stdout, i18n.T("cli.retention.not_enough"))
	}
	return nil
}
