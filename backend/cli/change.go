package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"weir/backend/console"
	"weir/frontend/src/i18n"
)

// given returns where a flag's value is, nil when it was not set.
func given[T any](cmd *cobra.Command, flag string, v *T) *T {
	if cmd.Flags().Changed(flag) {
		return v
	}
	return nil
}

// never is the end of a key that has none.
const never = "never"

func (s *session) updateKey() *cobra.Command {
	var k console.AddKey
	var options keyFlags
	var expires string
	var cmd *cobra.Command
	cmd = s.command("update ID", "Change a key; what is not named stays.", cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		u := console.UpdateKey{ID: args[0], Name: given(cmd, "name", &k.Name), Models: given(cmd, "models", &k.Models),
			AllowUnpriced: given(cmd, "allow-unpriced", &k.AllowUnpriced), OnLimit: given(cmd, "on-limit", &k.OnLimit), KeyOptions: options.options(cmd)}
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
	options.add(cmd)
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
