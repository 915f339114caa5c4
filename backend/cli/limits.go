package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"weir/backend/console"
	"weir/frontend/src/i18n"
)

// A keyFlags is what a key can be held to beside its limits, as flags.
type keyFlags struct {
	denied, networks []string
	group, most      string
	clamp, pause     bool
	pace             paceFlags
}

func (k *keyFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&k.denied, "deny", nil, "models that it may not use, by public or upstream name; stars stand for any text")
	f.StringSliceVar(&k.networks, "networks", nil, "where it may be used from, as 192.168.1.0/24,127.0.0.1; none: anywhere")
	f.StringVar(&k.group, "group", "", "id of the group whose limits it shares; empty: none")
	f.BoolVar(&k.clamp, "clamp", false, "lower the most that an answer may have to what is left")
	f.StringVar(&k.most, "most-per-call", "", "dollars that one call may cost; empty: any")
	f.BoolVar(&k.pause, "pause-on-burn", false, "pause it when it spends much faster than usual")
	k.pace.add(cmd)
}

// options are those flags that were given.
func (k *keyFlags) options(cmd *cobra.Command) console.KeyOptions {
	return console.KeyOptions{DeniedModels: given(cmd, "deny", &k.denied), Networks: given(cmd, "networks", &k.networks),
		GroupID: given(cmd, "group", &k.group), Clamp: given(cmd, "clamp", &k.clamp), MostPerCallUSD: given(cmd, "most-per-call", &k.most),
		PauseOnBurn: given(cmd, "pause-on-burn", &k.pause), Pace: k.pace.given(cmd)}
}

// paceFlags are the bounds of a pace. They are set together: one that is not given is none.
type paceFlags struct{ requests, tokens, running int64 }

func (p *paceFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.Int64Var(&p.requests, "rpm", 0, "requests a minute; 0: any; replaces --tpm and --concurrent too")
	f.Int64Var(&p.tokens, "tpm", 0, "tokens a minute; 0: any")
	f.Int64Var(&p.running, "concurrent", 0, "calls at once; 0: any")
}

func (p *paceFlags) given(cmd *cobra.Command) *console.Pace {
	for _, name := range []string{"rpm", "tpm", "concurrent"} {
		if cmd.Flags().Changed(name) {
			return p.pace()
		}
	}
	return nil
}

func (p *paceFlags) pace() *console.Pace {
	return &console.Pace{Requests: &p.requests, Tokens: &p.tokens, Running: &p.running}
}

func (s *session) groups() *cobra.Command {
	return group("groups", "Keys that share limits.", s.addGroup(),
		s.showing("list", "List them.", cobra.NoArgs, "groups.list", func([]string) any { return nil }, showGroups),
		s.limitGroup(), s.updateGroup(),
		s.showing("remove ID", "Forget a group and its limits; its keys stay.", cobra.ExactArgs(1), "groups.remove", byID, showRemoved))
}

func (s *session) addGroup() *cobra.Command {
	var a console.AddGroup
	var pace paceFlags
	var cmd *cobra.Command
	cmd = s.command("add", "Make a group.", cobra.NoArgs, func(ctx context.Context, _ []string) error {
		a.Pace = pace.given(cmd)
		return s.do(ctx, "groups.add", a, showGroup)
	})
	f := cmd.Flags()
	f.StringVar(&a.Name, "name", "", "what you call it")
	f.StringArrayVar(&a.Limits, "limit", nil, limitHelp)
	f.StringSliceVar(&a.KeyIDs, "keys", nil, "ids of the keys in it")
	pace.add(cmd)
	need(cmd, "name")
	return cmd
}

func (s *session) updateGroup() *cobra.Command {
	var a console.AddGroup
	var pace paceFlags
	var cmd *cobra.Command
	cmd = s.command("update ID", "Change a group; what is not named stays.", cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		u := console.UpdateGroup{ID: args[0], Name: given(cmd, "name", &a.Name), Pace: pace.given(cmd), KeyIDs: given(cmd, "keys", &a.KeyIDs)}
		return s.do(ctx, "groups.update", u, showGroup)
	})
	f := cmd.Flags()
	f.StringVar(&a.Name, "name", "", "what you call it")
	f.StringSliceVar(&a.KeyIDs, "keys", nil, "ids of all keys in it")
	pace.add(cmd)
	return cmd
}

func (s *session) limitGroup() *cobra.Command {
	limits := []string{}
	cmd := s.command("limit ID", "Replace a group's limits; without --limit it has none.", cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		return s.do(ctx, "groups.limit", console.LimitGroup{ID: args[0], Limits: limits}, showGroup)
	})
	cmd.Flags().StringArrayVar(&limits, "limit", nil, limitHelp)
	return cmd
}

func showGroups(s *session, data []byte) error {
	var all []console.Group
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(s.Stdout, i18n.T("cli.no_groups"))
		return nil
	}
	var rows [][]string
	for _, g := range all {
		rows = append(rows, []string{g.ID, g.Name, strconv.Itoa(len(g.KeyIDs)), limitTexts(g.Limits), paceText(g.Pace)})
	}
	return s.table("ID\tNAME\tKEYS\tLIMITS\tPACE", rows)
}

func showGroup(s *session, data []byte) error {
	var g console.Group
	if err := json.Unmarshal(data, &g); err != nil {
		return err
	}
	fmt.Fprintln(s.Stdout, i18n.N("cli.group", int64(len(g.KeyIDs)), "id", g.ID, "name", g.Name, "limits", limitTexts(g.Limits), "pace", paceText(g.Pace)))
	return nil
}

func showRemoved(s *session, data []byte) error {
	var gone struct{ ID string }
	if err := json.Unmarshal(data, &gone); err != nil {
		return err
	}
	fmt.Fprintln(s.Stdout, i18n.T("cli.removed", "id", gone.ID))
	return nil
}

// paceText writes a pace for people.
func paceText(p console.Pace) string {
	var parts []string
	for _, b := range []struct {
		sentence string
		n        *int64
	}{{"cli.pace.requests", p.Requests}, {"cli.pace.tokens", p.Tokens}, {"cli.pace.running", p.Running}} {
		if b.n != nil {
			parts = append(parts, i18n.T(b.sentence, "n", *b.n))
		}
	}
	if len(parts) == 0 {
		return i18n.T("cli.pace.none")
	}
	return strings.Join(parts, ", ")
}

// paceAccount says how fast all keys together may go.
func (s *session) paceAccount() *cobra.Command {
	var pace paceFlags
	cmd := s.command("pace", "How fast all keys together may go; what is not named is not bounded.", cobra.NoArgs, func(ctx context.Context, _ []string) error {
		return s.do(ctx, "account.pace", console.PaceAccount{Pace: *pace.pace()}, showAccount)
	})
	pace.add(cmd)
	return cmd
}

func showAccount(s *session, data []byte) error {
	var a console.Account
	if err := json.Unmarshal(data, &a); err != nil {
		return err
	}
	if a.Simulated {
		fmt.Fprintln(s.Stdout, i18n.T("cli.not_money"))
	}
	fmt.Fprintln(s.Stdout, i18n.T("cli.account", "spent", a.SpentUSD, "limits", limitTexts(a.Limits), "pace", paceText(a.Pace)))
	return nil
}
