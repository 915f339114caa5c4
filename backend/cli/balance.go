package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"weir/backend/console"
	"weir/frontend/src/i18n"
)

// balance asks providers what is left, which costs nothing.
func (s *session) balance() *cobra.Command {
	return s.showing("balance [ID]", "Ask a provider, or each that tells it, how much money is left.", cobra.MaximumNArgs(1), "providers.balance",
		func(args []string) any {
			if len(args) == 0 {
				return console.AskBalances{}
			}
			return console.AskBalances{ID: args[0]}
		}, showBalances)
}

func showBalances(s *session, data []byte) error {
	var all []console.Provider
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(s.Stdout, i18n.T("cli.balance.nobody"))
	}
	for _, p := range all {
		if p.Balance == nil {
			continue
		}
		for _, a := range append([]console.BalanceAmount{p.Balance.BalanceAmount}, p.Balance.Also...) {
			fmt.Fprintln(s.Stdout, i18n.T("cli.balance.line", "name", p.Name, "key", maskOf(p, a.KeyID), "what", balanceText(a)))
			if a.Error != nil {
				fmt.Fprintln(s.Stdout, "  "+*a.Error)
			}
		}
	}
	return nil
}

// maskOf shows of a provider's key what there is to show.
func maskOf(p console.Provider, id string) string {
	for _, k := range p.Keys {
		if k.ID == id && k.Mask != "" {
			return k.Mask
		}
	}
	return id
}

// balanceText says what is left, and when that was told; never a number where there is none.
func balanceText(a console.BalanceAmount) string {
	switch {
	case a.FetchedAt == nil:
		return i18n.T("cli.balance.unknown")
	case a.Unlimited:
		return i18n.T("cli.balance.unlimited."+*a.Kind, "time", *a.FetchedAt)
	case a.Total != nil:
		return i18n.T("cli.balance.of."+*a.Kind, "left", i18n.Money(*a.Currency, *a.Left), "total", i18n.Money(*a.Currency, *a.Total), "time", *a.FetchedAt)
	}
	return i18n.T("cli.balance.left."+*a.Kind, "left", i18n.Money(*a.Currency, *a.Left), "time", *a.FetchedAt)
}

// probe finds out how a provider counts cached tokens. It spends only with --yes.
func (s *session) probe() *cobra.Command {
	var a console.CheckCounting
	var sure bool
	cmd := s.command("probe ID", "Find out how a provider counts cached tokens, by two or three small paid calls.", cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		a.ID = args[0]
		if sure {
			return s.do(ctx, "providers.probe.run", a, showCounting)
		}
		return s.do(ctx, "providers.probe.preview", a, showCountingPlan)
	})
	cmd.Flags().StringVar(&a.Model, "model", "", "a model of this provider, as clients name it")
	cmd.Flags().BoolVar(&sure, "yes", false, "make the calls; without it, say what they would cost")
	need(cmd, "model")
	return cmd
}

func showCountingPlan(s *session, data []byte) error {
	var p console.CountingPlan
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	cost := i18n.T("cli.probe.unpriced", "model", p.Model)
	if p.CostUSD != nil {
		cost = i18n.T("cli.probe.cost", "cost", i18n.USD(*p.CostUSD))
	}
	fmt.Fprintln(s.Stdout, i18n.T("cli.probe.plan", "calls", p.Calls, "tokens", p.PromptTokens, "output", p.OutputTokens)+" "+cost)
	fmt.Fprintln(s.Stdout, i18n.T("cli.probe.nothing"))
	return nil
}

func showCounting(s *session, data []byte) error {
	var c console.Counting
	if err := json.Unmarshal(data, &c); err != nil {
		return err
	}
	fmt.Fprintln(s.Stdout, c.Message)
	if c.Set != nil {
		fmt.Fprintln(s.Stdout, i18n.T("cli.probe.set", "count", *c.Set))
	}
	var rows [][]string
	for _, r := range c.Calls {
		rows = append(rows, []string{r.CallID, fmt.Sprint(r.Prompt), fmt.Sprint(r.Read), fmt.Sprint(r.Written)})
	}
	return s.table("CALL\tPROMPT\tFROM CACHE\tWRITTEN\t", rows)
}
