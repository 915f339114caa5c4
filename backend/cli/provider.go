package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"weir/backend/console"
	"weir/frontend/src/i18n"
)

// providerFlags are what the commands that add and change a provider have in common.
type providerFlags struct {
	console.NewProvider
	mapped, headers, params []string
	timeout, idle           time.Duration
	fromStdin               bool
}

func (p *providerFlags) of(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&p.Name, "name", "", "what you call it")
	f.StringVar(&p.BaseURL, "base-url", "", "where it is, if not at its usual address")
	f.StringSliceVar(&p.Models, "models", nil, "the models it serves; none: any")
	f.StringArrayVar(&p.mapped, "map", nil, "public=upstream: a model's name here and there; may be repeated")
	f.IntVar(&p.Priority, "priority", 0, "larger is tried first")
	f.IntVar(&p.Weight, "weight", 1, "share among equals")
	f.StringVar(&p.Count, "count", "auto", "how it counts cached tokens: auto, inclusive or exclusive")
	f.StringVar(&p.PriceAs, "price-as", "", "the provider whose prices apply")
	f.StringVar(&p.Proxy, "proxy", "", "through which proxy: http://, https:// or socks5h://, or direct; empty: as the environment says")
	f.StringArrayVar(&p.headers, "header", nil, "'Name: value' to set on each request, 'Name:' to take away; may be repeated, '' is none")
	f.StringArrayVar(&p.params, "param", nil, "path=json to set in each request, such as options.seed=7; may be repeated, '' is none")
	f.DurationVar(&p.timeout, "timeout", 0, "how long until a reply begins, such as 90s; 0: as usual")
	f.DurationVar(&p.idle, "idle-timeout", 0, "how long a reply may fall silent; 0: as usual")
	f.BoolVar(&p.NoTest, "no-test", false, "do not check the key now")
	f.BoolVar(&p.fromStdin, "secret-stdin", false, "read the provider's key from standard input; several are one a line")
}

// read takes the lists apart and the keys from standard input, where they are to be there.
func (p *providerFlags) read(stdin io.Reader) error {
	var err error
	if p.Map, err = pairs(p.mapped, "=", "error.cli.map", func(_, upstream string) (string, bool) { return upstream, upstream != "" }); err != nil {
		return err
	}
	header := func(_, value string) (string, bool) { return strings.TrimSpace(value), true }
	if p.Headers, err = pairs(p.headers, ":", "error.cli.header", header); err != nil {
		return err
	}
	param := func(_, value string) (json.RawMessage, bool) {
		return json.RawMessage(value), json.Valid([]byte(value))
	}
	if p.Params, err = pairs(p.params, "=", "error.cli.param", param); err != nil {
		return err
	}
	p.Timeouts = console.Timeouts{Header: p.timeout.Milliseconds(), StreamHeader: p.timeout.Milliseconds(), Idle: p.idle.Milliseconds()}
	if !p.fromStdin {
		return nil
	}
	secret, err := io.ReadAll(io.LimitReader(stdin, 64<<10))
	if err != nil {
		return fmt.Errorf("read the key: %w", err)
	}
	p.Secret = strings.TrimSpace(string(secret))
	return nil
}

// pairs takes each flag's text apart at its first mark. An empty text is no pair, and no name is given twice.
func pairs[V any](flags []string, mark, says string, value func(name, text string) (V, bool)) (map[string]V, error) {
	all := map[string]V{}
	for _, pair := range flags {
		if pair == "" {
			continue
		}
		name, text, ok := strings.Cut(pair, mark)
		name = strings.TrimSpace(name)
		if _, there := all[name]; there {
			return nil, twice(name)
		}
		if ok && name != "" {
			all[name], ok = value(name, text)
		}
		if !ok || name == "" {
			return nil, &usageError{errors.New(i18n.T(says, "pair", pair))} // that of a header does not repeat it: its value may be a secret
		}
	}
	return all, nil
}

// twice refuses a second value for what has one: nobody would know which of them holds.
func twice(name string) error {
	return &usageError{errors.New(i18n.T("error.cli.twice", "name", name))}
}

func (s *session) addProvider() *cobra.Command {
	var p providerFlags
	cmd := s.command("add", "Add a provider. Its keys come on standard input, never as an argument.", cobra.NoArgs, func(ctx context.Context, _ []string) error {
		if err := p.read(s.Stdin); err != nil {
			return err
		}
		return s.do(ctx, "providers.add", p.NewProvider, showProvider)
	})
	cmd.Flags().StringVar(&p.Type, "type", "", "its kind, one of those that weir providers types lists")
	p.of(cmd)
	need(cmd, "type", "name")
	return cmd
}

func (s *session) updateProvider() *cobra.Command {
	var p providerFlags
	var cmd *cobra.Command
	cmd = s.command("update ID", "Change a provider; what is not named stays.", cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		if err := p.read(s.Stdin); err != nil {
			return err
		}
		u := console.UpdateProvider{ID: args[0], Name: given(cmd, "name", &p.Name),
			BaseURL: given(cmd, "base-url", &p.BaseURL), Models: given(cmd, "models", &p.Models), Map: given(cmd, "map", &p.Map),
			Priority: given(cmd, "priority", &p.Priority), Weight: given(cmd, "weight", &p.Weight), Count: given(cmd, "count", &p.Count),
			PriceAs: given(cmd, "price-as", &p.PriceAs), NoTest: p.NoTest, Secret: p.Secret, Proxy: given(cmd, "proxy", &p.Proxy),
			Headers: given(cmd, "header", &p.Headers), Params: given(cmd, "param", &p.Params)}
		var err error
		if u.Timeouts, err = s.timeouts(ctx, cmd, args[0], p.Timeouts); err != nil {
			return err
		}
		return s.do(ctx, "providers.update", u, showProvider)
	})
	p.of(cmd)
	return cmd
}

// timeouts returns a provider's timeouts with those changed that a flag names; nil: none is.
func (s *session) timeouts(ctx context.Context, cmd *cobra.Command, id string, now console.Timeouts) (*console.Timeouts, error) {
	header, idle := cmd.Flags().Changed("timeout"), cmd.Flags().Changed("idle-timeout")
	if !header && !idle || header && idle {
		return given(cmd, "timeout", &now), nil
	}
	var all []console.Provider
	if err := s.call(ctx, "providers.list", nil, &all); err != nil {
		return nil, err
	}
	for _, p := range all {
		switch {
		case p.ID != id:
		case header:
			now.Idle = p.Timeouts.Idle
		default:
			now.Header, now.StreamHeader = p.Timeouts.Header, p.Timeouts.StreamHeader
		}
	}
	return &now, nil
}

func showModels(s *session, data []byte) error {
	var all []console.Model
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	for _, m := range all {
		fmt.Fprintln(s.Stdout, m.ID)
	}
	return nil
}

func showTypes(s *session, data []byte) error {
	var all []console.ProviderType
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	var rows [][]string
	for _, t := range all {
		rows = append(rows, []string{t.Type, t.Name, t.BaseURL})
	}
	return s.table("TYPE\tNAME\tBASE URL\t", rows)
}
