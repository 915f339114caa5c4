package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"weir/backend/console"
	"weir/frontend/src/i18n"
)

// connectFlags say what weir connect does.
type connectFlags struct {
	key               string
	dryRun, undo, all bool
}

func (s *session) connect() *cobra.Command {
	var f connectFlags
	cmd := s.command("connect [TOOL]", "Point an assistant at Weir, or back: claude-code, codex. Without a name, list them.", cobra.MaximumNArgs(1), func(ctx context.Context, args []string) error {
		switch {
		case len(args) == 0 && f == connectFlags{undo: true, all: true}:
			return s.disconnectAll(ctx)
		case f.all, len(args) == 0 && f != connectFlags{}:
			return &usageError{errors.New(i18n.T("error.cli.connect_what"))}
		case len(args) == 0:
			return s.do(ctx, "connect.list", nil, showConnections)
		}
		return s.connectOne(ctx, args[0], f)
	})
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "show what would change, and change nothing")
	cmd.Flags().BoolVar(&f.undo, "undo", false, "put back what was there before; what was changed since stays")
	cmd.Flags().BoolVar(&f.all, "all", false, "with --undo: every assistant that Weir connected, such as before Weir is removed")
	cmd.Flags().StringVar(&f.key, "key", "", "the access key to use, by id or name; it gets a new secret. Without it, one of the tool's own")
	return cmd
}

// connectOne looks at what would happen, and has just that done.
func (s *session) connectOne(ctx context.Context, tool string, f connectFlags) error {
	if f.undo && f.key != "" {
		return &usageError{errors.New(i18n.T("error.cli.connect_key"))}
	}
	key, err := s.keyNamed(ctx, f.key)
	if err != nil {
		return err
	}
	ask := console.PreviewConnect{Tool: tool, KeyID: key, Undo: f.undo}
	if f.dryRun {
		return s.do(ctx, "connect.preview", ask, showPlan)
	}
	var plan console.Plan
	if err := s.call(ctx, "connect.preview", ask, &plan); err != nil {
		return err
	}
	if f.undo {
		return s.do(ctx, "connect.undo", console.UndoConnect{Tool: tool, Token: plan.Token}, showConnected)
	}
	return s.do(ctx, "connect.apply", console.ApplyConnect{Tool: tool, KeyID: key, Token: plan.Token}, showConnected)
}

// disconnectAll leaves no assistant that points at a Weir which may be gone tomorrow. What cannot be disconnected
// does not keep the others.
func (s *session) disconnectAll(ctx context.Context) error {
	var all []console.Connection
	if err := s.call(ctx, "connect.list", nil, &all); err != nil {
		return err
	}
	done, failed := []json.RawMessage{}, error(nil)
	for _, c := range all {
		if !c.CanUndo {
			continue
		}
		var plan console.Plan
		var data json.RawMessage
		err := s.call(ctx, "connect.preview", console.PreviewConnect{Tool: c.ID, Undo: true}, &plan)
		if err == nil {
			err = s.call(ctx, "connect.undo", console.UndoConnect{Tool: c.ID, Token: plan.Token}, &data)
		}
		if err == nil && !*s.json {
			err = showConnected(s, data)
		}
		if err != nil {
			failed = err
			continue
		}
		done = append(done, data)
	}
	switch {
	case failed != nil:
		return failed
	case *s.json:
		s.print(done)
	case len(done) == 0:
		fmt.Fprintln(s.Stdout, i18n.T("cli.connect.none"))
	}
	return nil
}

// keyNamed returns the id of a key that is named by it, or by the name of a single active one.
func (s *session) keyNamed(ctx context.Context, key string) (string, error) {
	if key == "" || strings.HasPrefix(key, "key_") {
		return key, nil
	}
	var all []console.Key
	if err := s.call(ctx, "keys.list", nil, &all); err != nil {
		return "", err
	}
	var ids []string
	for _, k := range all {
		if k.Name == key && k.State == "active" {
			ids = append(ids, k.ID)
		}
	}
	if len(ids) != 1 {
		field := "key"
		return "", &Failure{console.ErrorView{Kind: "not_found", Message: i18n.T("error.cli.key_named", "name", key), Field: &field}}
	}
	return ids[0], nil
}

func showConnections(s *session, data []byte) error {
	var all []console.Connection
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	var rows [][]string
	for _, c := range all {
		rows = append(rows, []string{c.ID, or(c.Version, "—"), strings.ReplaceAll(c.State, "_", " "), or(c.BaseURL, "—"), or(c.Owner, "—"), or(c.Message, "")})
	}
	if err := s.table("TOOL\tVERSION\tSTATE\tPOINTS AT\tOWNER\t", rows); err != nil {
		return err
	}
	for _, c := range all {
		for _, w := range c.Warnings {
			fmt.Fprintln(s.Stdout, w)
		}
	}
	return nil
}

func showPlan(s *session, data []byte) error {
	var p console.Plan
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	s.plan(p)
	fmt.Fprintln(s.Stdout, i18n.T("cli.connect.dry"))
	return nil
}

func showConnected(s *session, data []byte) error {
	var d console.Connected
	if err := json.Unmarshal(data, &d); err != nil {
		return err
	}
	s.plan(d.Plan)
	if d.Backup != nil {
		fmt.Fprintln(s.Stdout, i18n.T("cli.connect.backup", "path", *d.Backup))
	}
	sentence := "cli.connect.done"
	if d.Plan.Undo {
		sentence = "cli.connect.undone"
	}
	fmt.Fprintln(s.Stdout, i18n.T(sentence, "tool", d.Plan.Name))
	return nil
}

// plan prints the lines of a plan: what goes with a minus, what comes with a plus.
func (s *session) plan(p console.Plan) {
	fmt.Fprintf(s.Stdout, "%s\n", p.File)
	for _, c := range p.Changes {
		if c.Kind == "same" || c.Kind == "leave" {
			fmt.Fprintf(s.Stdout, "    %s = %s\n", c.Key, or(c.Old, "—"))
			if c.Reason != nil {
				fmt.Fprintf(s.Stdout, "      (%s)\n", *c.Reason)
			}
			continue
		}
		if c.Old != nil {
			fmt.Fprintf(s.Stdout, "  - %s = %s\n", c.Key, *c.Old)
		}
		if c.New != nil {
			fmt.Fprintf(s.Stdout, "  + %s = %s\n", c.Key, *c.New)
		}
	}
	fmt.Fprintln(s.Stdout, p.Key)
	for _, w := range p.Warnings {
		fmt.Fprintln(s.Stdout, w)
	}
}
