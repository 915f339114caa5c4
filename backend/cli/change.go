package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"weir/backend/console"
	"weir/frontend/src/i18n"
)

// providerFlags are what the commands that add and change a provider have in common.
type providerFlags struct {
	console.NewProvider
	mapped    []string
	fromStdin bool
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
	f.BoolVar(&p.NoTest, "no-test", false, "do not check the key now")
	f.BoolVar(&p.fromStdin, "secret-stdin", false, "read the provider's key from standard input")
}

// read takes the mapping apart and the key from standard input, where it is to be there.
func (p *providerFlags) read(stdin io.Reader) error {
	for _, pair := range p.mapped {
		public, upstream, ok := strings.Cut(pair, "=")
		if !ok || public == "" || upstream == "" {
			return &usageError{errors.New(i18n.T("error.cli.map", "pair", pair))}
		}
		if p.Map == nil {
			p.Map = map[string]string{}
		}
		p.Map[public] = upstream
	}
	if p.fromStdin {
		secret, err := io.ReadAll(io.LimitReader(stdin, 64<<10))
		if err != nil {
			return fmt.Errorf("read the key: %w", err)
		}
		p.Secret = strings.TrimSpace(string(secret))
	}
	return nil
}

func (s *session) addProvider() *cobra.Command {
	var p providerFlags
	cmd := s.command("add", "Add a provider. Its key comes on standard input, never as an argument.", cobra.NoArgs, func(ctx context.Context, _ []string) error {
		if err := p.read(s.Stdin); err != nil {
			return err
		}
		return s.do(ctx, "providers.add", p.NewProvider, showProvider)
	})
	cmd.Flags().StringVar(&p.Type, "type", "", "openai, anthropic, custom-openai or custom-anthropic")
	p.of(cmd)
	need(cmd, "type", "name")
	return cmd
}

// given returns where a flag's value is, nil when it was not set.
func given[T any](cmd *cobra.Command, flag string, v *T) *T {
	if cmd.Flags().Changed(flag) {
		return v
	}
	return nil
}

func (s *session) updateProvider() *cobra.Command {
	var p providerFlags
	var cmd *cobra.Command
	cmd = s.command("update ID", "Change a provider; what is not named stays.", cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		if err := p.read(s.Stdin); err != nil {
			return err
		}
		return s.do(ctx, "providers.update", console.UpdateProvider{ID: args[0], Name: given(cmd, "name", &p.Name),
			BaseURL: given(cmd, "base-url", &p.BaseURL), Models: given(cmd, "models", &p.Models), Map: given(cmd, "map", &p.Map),
			Priority: given(cmd, "priority", &p.Priority), Weight: given(cmd, "weight", &p.Weight), Count: given(cmd, "count", &p.Count),
			PriceAs: given(cmd, "price-as", &p.PriceAs), NoTest: p.NoTest, Secret: p.Secret}, showProvider)
	})
	p.of(cmd)
	return cmd
}

// never is the end of a key that has none.
const never = "never"

func (s *session) updateKey() *cobra.Command {
	var k console.AddKey
	var expires string
	var cmd *cobra.Command
	cmd = s.command("update ID", "Change a key; what is not named stays.", cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		u := console.UpdateKey{ID: args[0], Name: given(cmd, "name", &k.Name), Models: given(cmd, "models", &k.Models),
			AllowUnpriced: given(cmd, "allow-unpriced", &k.AllowUnpriced), OnLimit: given(cmd, "on-limit", &k.OnLimit)}
		if expires != "" {
			u.Expires.Given = true
		}
		if expires != never {
			t, err := parseTime("expires", expires)
			if err != nil {
				return err
			}
			if t != nil {
				u.Expires.At = *t
			}
		}
		return s.do(ctx, "keys.update", u, showKey)
	})
	f := cmd.Flags()
	f.StringVar(&k.Name, "name", "", "what you call it")
	f.StringSliceVar(&k.Models, "models", nil, "the models it may use; none: any")
	f.StringVar(&expires, "expires", "", "when it ends, as 2027-01-31T00:00:00Z, or never")
	f.BoolVar(&k.AllowUnpriced, "allow-unpriced", false, "let calls without a known price pass a dollar limit")
	f.StringVar(&k.OnLimit, "on-limit", "", "what happens to a running call at the limit: finish or cut")
	return cmd
}

func (s *session) rotateKey() *cobra.Command {
	var grace string
	cmd := s.command("rotate ID", "Give a key a new secret; the old one works for a while longer.", cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		return s.do(ctx, "keys.rotate", console.RotateKey{ID: args[0], Grace: grace}, showKey)
	})
	cmd.Flags().StringVar(&grace, "grace", "24h", "how long the old secret works, from 0s up to 720h")
	return cmd
}

func (s *session) pause() *cobra.Command {
	return s.showing("pause", "Refuse every call for now; those that run go on.", cobra.NoArgs, "relay.pause", func([]string) any { return nil }, showPause)
}

func (s *session) resume() *cobra.Command {
	return s.showing("resume", "Take calls again after a pause.", cobra.NoArgs, "relay.resume", func([]string) any { return nil }, showPause)
}

func showPause(s *session, data []byte) error {
	var status console.Status
	if err := json.Unmarshal(data, &status); err != nil {
		return err
	}
	sentence := i18n.T("cli.resumed")
	if status.Paused {
		sentence = i18n.T("cli.paused")
	}
	fmt.Fprintln(s.Stdout, sentence)
	return nil
}
