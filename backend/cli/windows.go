package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"weir/backend/console"
	"weir/frontend/src/i18n"
)

func (s *session) limits() *cobra.Command {
	var reason string
	topUp := s.command("topup LIMIT AMOUNT", "Let a limit's running window reach more.", cobra.ExactArgs(2), func(ctx context.Context, args []string) error {
		return s.do(ctx, "limits.topup", console.TopUp{ID: args[0], Amount: args[1], Reason: reason}, showLimit)
	})
	reset := s.command("reset LIMIT", "Let a limit's running window begin anew.", cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		return s.do(ctx, "limits.reset", console.ResetLimit{ID: args[0], Reason: reason}, showLimit)
	})
	for _, cmd := range []*cobra.Command{topUp, reset} {
		cmd.Flags().StringVar(&reason, "reason", "", "why, for the limit's history")
		need(cmd, "reason")
	}
	return group("limits", "The running windows of limits.", topUp, reset,
		s.showing("log LIMIT", "What was done to a limit's windows, and why.", cobra.ExactArgs(1), "limits.changes", byID, showChanges))
}

func showLimit(s *session, data []byte) error {
	var l console.Limit
	if err := json.Unmarshal(data, &l); err != nil {
		return err
	}
	fmt.Fprintln(s.Stdout, i18n.T("cli.window", "id", l.ID, "limit", limitText(l), "left", l.Left))
	return nil
}

func showChanges(s *session, data []byte) error {
	var all []console.LimitChange
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(s.Stdout, i18n.T("cli.no_changes"))
		return nil
	}
	var rows [][]string
	for _, c := range all {
		rows = append(rows, []string{c.At, c.Kind, c.Amount + " " + c.Unit, c.Reason})
	}
	return s.table("AT\tWHAT\tAMOUNT\tREASON", rows)
}

// alarm shows the burn alarm, or changes what is named of it.
func (s *session) alarm() *cobra.Command {
	var on bool
	var times int64
	var least string
	var cmd *cobra.Command
	cmd = s.command("alarm", "The alarm for spending much faster than usual.", cobra.NoArgs, func(ctx context.Context, _ []string) error {
		set := console.SetAlarm{On: given(cmd, "on", &on), Times: given(cmd, "times", &times), LeastUSD: given(cmd, "least", &least)}
		if set == (console.SetAlarm{}) {
			return s.do(ctx, "alarm.get", nil, showAlarm)
		}
		return s.do(ctx, "alarm.set", set, showAlarm)
	})
	f := cmd.Flags()
	f.BoolVar(&on, "on", true, "whether it rings at all")
	f.Int64Var(&times, "times", 0, "so many times what is usual in ten minutes")
	f.StringVar(&least, "least", "", "and at least so many dollars")
	return cmd
}

func showAlarm(s *session, data []byte) error {
	var a console.Alarm
	if err := json.Unmarshal(data, &a); err != nil {
		return err
	}
	if !a.On {
		fmt.Fprintln(s.Stdout, i18n.T("cli.alarm.off"))
		return nil
	}
	fmt.Fprintln(s.Stdout, i18n.T("cli.alarm.on", "times", a.Times, "least", a.LeastUSD))
	for _, b := range a.Burning {
		fmt.Fprintln(s.Stdout, i18n.T("cli.alarm.rings", "name", b.Name, "spent", b.SpentUSD, "minutes", b.Minutes, "times", b.Times))
	}
	return nil
}
