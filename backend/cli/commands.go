package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"weir/backend/console"
	"weir/frontend/src/i18n"
)

func (s *session) serve() *cobra.Command {
	return s.serving(&ServeOptions{}, "serve", "Run the relay and the console's page until it is stopped.", s.Serve)
}

// start is what the program does when no command is named.
func (s *session) start(short string) *cobra.Command {
	o := &ServeOptions{}
	cmd := s.serving(o, "weir", short, s.Start)
	cmd.Flags().BoolVar(&o.Hidden, "hidden", false, "open no window at the start, where there is a tray")
	return cmd
}

// serving makes a command that runs Weir.
func (s *session) serving(o *ServeOptions, use, short string, run func(context.Context, ServeOptions) error) *cobra.Command {
	var cmd *cobra.Command
	cmd = s.command(use, short, cobra.NoArgs, func(ctx context.Context, _ []string) error {
		o.JSON = *s.json
		if !cmd.Flags().Changed("port") {
			o.Port = ChosenPort
		}
		return run(ctx, *o)
	})
	cmd.Flags().IntVar(&o.Port, "port", console.UsualPort, "port of the relay; 0 takes any free one")
	cmd.Flags().IntVar(&o.ConsolePort, "console-port", console.UsualConsolePort, "port of the console's page; 0 takes any free one")
	return cmd
}

func (s *session) providers() *cobra.Command {
	return group("providers", "The accounts that calls go to.", s.addProvider(),
		s.showing("list", "List them.", cobra.NoArgs, "providers.list", func([]string) any { return nil }, showProviders),
		s.updateProvider(),
		s.showing("types", "List the kinds of providers.", cobra.NoArgs, "providers.types", func([]string) any { return nil }, showTypes),
		s.showing("models ID", "Ask a provider for its models, which costs nothing.", cobra.ExactArgs(1), "providers.models", byID, showModels),
		s.onProvider("test", "Check a provider's keys without spending."),
		s.balance(), s.probe(),
		s.onProvider("disable", "Stop using a provider."),
		s.onProvider("enable", "Use a provider again."),
		s.onProvider("duplicate", "Copy a provider and its key; the copy is disabled."),
		s.onProvider("remove", "Forget a provider and its key."))
}

// onProvider makes a command for one provider.
func (s *session) onProvider(verb, short string) *cobra.Command {
	return s.showing(verb+" ID", short, cobra.ExactArgs(1), "providers."+verb, byID, showProvider)
}

func byID(args []string) any { return map[string]string{"id": args[0]} }

// showing makes a command for one operation; show prints its data for people.
func (s *session) showing(use, short string, n cobra.PositionalArgs, op string, args func([]string) any, show func(*session, []byte) error) *cobra.Command {
	return s.command(use, short, n, func(ctx context.Context, given []string) error {
		return s.do(ctx, op, args(given), show)
	})
}

func need(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // the flag was not defined: a bug
		}
	}
}

func (s *session) keys() *cobra.Command {
	return group("keys", "The access keys that you give to clients.", s.addKey(),
		s.showing("list", "List them, without their secrets.", cobra.NoArgs, "keys.list", func([]string) any { return nil }, showKeys),
		s.limitKey(), s.updateKey(), s.rotateKey(),
		s.showing("pause ID", "Refuse a key's calls for now.", cobra.ExactArgs(1), "keys.pause", byID, showKey),
		s.showing("resume ID", "Accept a paused key again.", cobra.ExactArgs(1), "keys.resume", byID, showKey),
		s.showing("revoke ID", "Refuse a key for good.", cobra.ExactArgs(1), "keys.revoke", byID, showKey))
}

const limitHelp = "AMOUNT/WINDOW such as 5usd/day, 100000tokens/month or 50calls/total, with :warn where it only warns; may be repeated"

func (s *session) addKey() *cobra.Command {
	var a console.AddKey
	var options keyFlags
	var expires string
	var cmd *cobra.Command
	cmd = s.command("add", "Make a key. Its secret is shown this once.", cobra.NoArgs, func(ctx context.Context, _ []string) error {
		t, err := parseTime("expires", expires)
		if err != nil {
			return err
		}
		a.Expires, a.KeyOptions = t, options.options(cmd)
		return s.do(ctx, "keys.add", a, showKey)
	})
	f := cmd.Flags()
	f.StringVar(&a.Name, "name", "", "what you call it")
	f.StringArrayVar(&a.Limits, "limit", nil, limitHelp)
	f.StringSliceVar(&a.Models, "models", nil, "the models it may use, stars for any text; without it, any")
	f.StringVar(&expires, "expires", "", "when it ends, as 2027-01-31T00:00:00Z")
	f.BoolVar(&a.AllowUnpriced, "allow-unpriced", false, "let calls without a known price pass a dollar limit")
	f.StringVar(&a.OnLimit, "on-limit", "finish", "what happens to a running call at the limit: finish or cut")
	options.add(cmd)
	need(cmd, "name")
	return cmd
}

func (s *session) limitKey() *cobra.Command {
	var limits []string
	cmd := s.command("limit ID", "Replace a key's limits; without --limit it has none.", cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		if limits == nil {
			limits = []string{}
		}
		return s.do(ctx, "keys.limit", console.LimitKey{ID: args[0], Limits: limits}, showKey)
	})
	cmd.Flags().StringArrayVar(&limits, "limit", nil, limitHelp)
	return cmd
}

func (s *session) account() *cobra.Command {
	var limits []string
	limit := s.command("limit", "Replace the account's limits, which count every key's calls; without --limit it has none.", cobra.NoArgs, func(ctx context.Context, _ []string) error {
		return s.do(ctx, "account.limit", console.LimitAccount{Limits: limits}, showQuota)
	})
	limit.Flags().StringArrayVar(&limits, "limit", nil, limitHelp)
	return group("account", "What all keys share.", limit, s.paceAccount(),
		s.showing("show", "What is spent, and what bounds it.", cobra.NoArgs, "account.get", func([]string) any { return nil }, showAccount))
}

func (s *session) quota() *cobra.Command {
	var key string
	cmd := s.showing("quota", "What is left: of a key's own limits, else of its group's or the account's.", cobra.NoArgs, "quota.get",
		func([]string) any { return map[string]string{"key_id": key} }, showQuota)
	cmd.Flags().StringVar(&key, "key", "", "the key's id; without it, the account")
	return cmd
}

func (s *session) calls() *cobra.Command {
	var f console.CallsFilter
	var since string
	cmd := s.command("calls", "What was called, newest first.", cobra.NoArgs, func(ctx context.Context, _ []string) error {
		t, err := parseTime("since", since)
		if err != nil {
			return err
		}
		if f.Limit < 1 {
			return &usageError{errors.New(i18n.T("error.cli.limit"))}
		}
		f.Since = t
		return s.listCalls(ctx, f)
	})
	cmd.Flags().IntVar(&f.Limit, "limit", 100, "how many at most")
	cmd.Flags().StringVar(&f.After, "after", "", "those older than this call")
	cmd.Flags().StringVar(&since, "since", "", "those begun at or after this time, as 2026-11-21T00:00:00Z")
	cmd.Flags().StringVar(&f.KeyID, "key", "", "those of this key")
	cmd.Flags().StringVar(&f.State, "state", "", "open, settled, released or refused")
	cmd.AddCommand(s.showing("show ID", "One call and its receipt.", cobra.ExactArgs(1), "calls.show", byID, showCall), s.exportCalls())
	return cmd
}

// page is how many calls are asked for at once: an answer stays small.
const page = 200

func (s *session) listCalls(ctx context.Context, f console.CallsFilter) error {
	all := []console.Call{}
	for want := f.Limit; want > 0; want = f.Limit - len(all) {
		ask := f
		ask.Limit = min(want, page)
		var part []console.Call
		if err := s.call(ctx, "calls.list", ask, &part); err != nil {
			return err
		}
		all = append(all, part...)
		if len(part) < ask.Limit {
			break
		}
		f.After = part[len(part)-1].ID
	}
	if *s.json {
		s.print(all)
		return nil
	}
	return s.tableOfCalls(all)
}

func (s *session) receipt() *cobra.Command {
	return s.command("receipt", "Price the usage objects on standard input; needs no agent.", cobra.NoArgs, func(context.Context, []string) error {
		in, err := io.ReadAll(s.Stdin)
		if err != nil {
			return fmt.Errorf("read the cases: %w", err)
		}
		out, err := s.Receipts(in)
		if err != nil {
			return &Failure{console.ErrorView{Kind: "invalid", Message: err.Error()}}
		}
		_, err = s.Stdout.Write(append(out, '\n'))
		return err
	})
}

func (s *session) login() *cobra.Command {
	return s.showing("login", "Make a new link that opens the page in a browser, once.", cobra.NoArgs, "login.new",
		func([]string) any { return nil }, showLogin)
}

func parseTime(flag, text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil, &usageError{errors.New(i18n.T("error.cli.time", "flag", flag, "text", text))}
	}
	return &t, nil
}
