// Package cli is the command line: it talks to the agent of a home and prints what scripts rely on.
// It opens no database.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"weir/backend/console"
	"weir/backend/local"
	"weir/frontend/src/i18n"
)

// Exit codes that scripts may rely on.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitNoAgent = 3
	exitTaken   = 4
)

// A Program is what the command line is made of.
type Program struct {
	Version  string
	Home     string
	Stdin    io.Reader
	Stdout   io.Writer
	Stderr   io.Writer
	Serve    func(ctx context.Context, o ServeOptions) error // ErrTaken when the home is in use
	Start    func(ctx context.Context, o ServeOptions) error // what no command at all does: the agent, or Serve
	Receipts func(cases []byte) ([]byte, error)
}

// ServeOptions are the flags of weir serve, and of weir alone.
type ServeOptions struct {
	Port        int // ChosenPort when none was named
	ConsolePort int
	JSON        bool
	Hidden      bool
}

// ChosenPort stands for the port that a person chose before, else the usual one.
const ChosenPort = -1

// ErrTaken says that another agent has this home.
var ErrTaken = errors.New("another Weir has this home open")

// A Failure is an error that a person may read, with its kind.
type Failure struct{ console.ErrorView }

func (f *Failure) Error() string { return f.Message }

// usageError is a command line that cannot be read.
type usageError struct{ err error }

func (u *usageError) Error() string { return u.err.Error() }

// Run carries out one command line and returns the exit code.
func (p *Program) Run(ctx context.Context, args []string) int {
	var asJSON bool
	root := &cobra.Command{Use: "weir", Short: "A local gateway for language-model APIs that knows what every call costs.",
		Version: p.Version, SilenceUsage: true, SilenceErrors: true, Args: cobra.NoArgs}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetArgs(args)
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.PersistentFlags().BoolVar(&asJSON, "json", false, "print one JSON value for scripts")
	s := &session{Program: p, json: &asJSON}
	root.AddCommand(s.serve(), s.providers(), s.keys(), s.groups(), s.account(), s.limits(), s.alarm(), s.pause(), s.resume(), s.quota(), s.calls(), s.spend(), s.receipt(), s.prices(), s.cache(), s.reprice(), s.reported(), s.reconcile(), s.retention(), s.connect(), s.login())
	start := s.start(root.Short)
	root.RunE = start.RunE
	root.Flags().AddFlagSet(start.Flags())
	err := root.ExecuteContext(ctx)
	// A line whose flags cannot be read may have asked for JSON all the same.
	return s.exit(err, asJSON || slices.Contains(args, "--json"))
}

// exit reports an error where the reader looks for it.
func (s *session) exit(err error, asJSON bool) int {
	code, view := exitFailed, console.ErrorView{Kind: "failed"}
	var usage *usageError
	var failed *Failure
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &failed):
		view = failed.ErrorView
	case errors.Is(err, local.ErrNoAgent):
		code, view.Kind, view.Message = exitNoAgent, "no_agent", i18n.T("error.cli.no_agent")
	case errors.Is(err, ErrTaken):
		code, view.Kind, view.Message = exitTaken, "home_taken", i18n.T("error.cli.home_taken", "home", s.Home)
	case errors.As(err, &usage) || !s.ran:
		code, view.Kind, view.Message = exitUsage, "usage", err.Error()
	default:
		view.Message = i18n.T("error.cli.failed", "reason", err)
	}
	if asJSON {
		s.print(map[string]any{"error": view})
	} else {
		fmt.Fprintln(s.Stderr, "weir: "+view.Message)
	}
	return code
}

// A session is one run of the command line.
type session struct {
	*Program
	json *bool
	ran  bool // a command's own code was reached: what fails from then on is no usage error
}

// print writes one JSON value.
func (s *session) print(v any) {
	enc := json.NewEncoder(s.Stdout)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		fmt.Fprintln(s.Stderr, "weir: "+i18n.T("error.cli.unprinted", "reason", err))
	}
}

// command makes a leaf of the command tree.
func (s *session) command(use, short string, args cobra.PositionalArgs, run func(ctx context.Context, args []string) error) *cobra.Command {
	fits := func(cmd *cobra.Command, given []string) error {
		if args(cmd, given) != nil {
			return errors.New(i18n.T("error.cli.words", "use", cmd.UseLine(), "command", cmd.CommandPath()))
		}
		return nil
	}
	return &cobra.Command{Use: use, Short: short, Args: fits, RunE: func(cmd *cobra.Command, args []string) error {
		s.ran = true
		return run(cmd.Context(), args)
	}}
}

// group makes an inner node, which needs one of its commands.
func group(use, short string, cmds ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return &usageError{errors.New(i18n.T("error.cli.no_command", "command", use))}
	}}
	g.AddCommand(cmds...)
	return g
}
