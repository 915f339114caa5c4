package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"weir/backend/console"
	"weir/frontend/src/i18n"
)

// do carries out an operation and prints its data: as it is for scripts, through show for people.
func (s *session) do(ctx context.Context, op string, args any, show func(*session, []byte) error) error {
	var data json.RawMessage
	if err := s.call(ctx, op, args, &data); err != nil {
		return err
	}
	if *s.json {
		s.print(data)
		return nil
	}
	return show(s, data)
}

// table prints rows under a heading, in columns.
func (s *session) table(heading string, rows [][]string) error {
	w := tabwriter.NewWriter(s.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, heading)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

func or(p *string, none string) string {
	if p == nil || *p == "" {
		return none
	}
	return *p
}

func showProviders(s *session, data []byte) error {
	var all []console.Provider
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(s.Stdout, i18n.T("cli.no_providers"))
		return nil
	}
	var rows [][]string
	for _, p := range all {
		state := p.State
		if !p.Enabled {
			state = "disabled"
		}
		rows = append(rows, []string{p.ID, p.Name, p.Type, p.BaseURL, state, or(p.Message, "")})
	}
	return s.table("ID\tNAME\tTYPE\tBASE URL\tSTATE\t", rows)
}

func showProvider(s *session, data []byte) error {
	var p console.Provider
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	if p.Name == "" {
		fmt.Fprintln(s.Stdout, i18n.T("cli.removed", "id", p.ID))
		return nil
	}
	sentence := "cli.provider"
	if !p.Enabled {
		sentence = "cli.provider_disabled"
	}
	fmt.Fprintln(s.Stdout, i18n.T(sentence, "id", p.ID, "name", p.Name, "type", p.Type, "url", p.BaseURL, "state", p.State))
	if p.Message != nil {
		fmt.Fprintln(s.Stdout, *p.Message)
	}
	return nil
}

func limitText(l console.Limit) string {
	sentence := "cli.limit"
	if l.Window == "total" {
		sentence = "cli.limit_total"
	}
	text := i18n.T(sentence, "spent", l.Spent, "amount", l.Amount, "unit", l.Unit, "window", l.Window)
	if l.Held != "0" {
		text = i18n.T("cli.held", "limit", text, "held", l.Held)
	}
	if l.Extra != "0" {
		text = i18n.T("cli.extra", "limit", text, "extra", l.Extra)
	}
	if !l.Hard {
		text = i18n.T("cli.warns", "limit", text)
	}
	return text
}

func limitTexts(limits []console.Limit) string {
	if len(limits) == 0 {
		return i18n.T("cli.no_limit")
	}
	parts := make([]string, len(limits))
	for i, l := range limits {
		parts[i] = limitText(l)
	}
	return strings.Join(parts, "; ")
}

func showKeys(s *session, data []byte) error {
	var all []console.Key
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(s.Stdout, i18n.T("cli.no_keys"))
		return nil
	}
	var rows [][]string
	for _, k := range all {
		rows = append(rows, []string{k.ID, k.Name, k.Prefix + "…", k.State, limitTexts(k.Limits)})
	}
	return s.table("ID\tNAME\tSECRET\tSTATE\tLIMITS", rows)
}

func showKey(s *session, data []byte) error {
	var k console.NewKey
	if err := json.Unmarshal(data, &k); err != nil {
		return err
	}
	fmt.Fprintf(s.Stdout, "%s %s (%s…): %s, %s\n", k.ID, k.Name, k.Prefix, k.State, limitTexts(k.Limits))
	if k.Secret != "" {
		fmt.Fprintf(s.Stdout, "\n    %s\n\n%s\n", k.Secret, i18n.T("cli.shown_once"))
	}
	return nil
}

func showQuota(s *session, data []byte) error {
	var q console.Quota
	if err := json.Unmarshal(data, &q); err != nil {
		return err
	}
	if q.Simulated {
		fmt.Fprintln(s.Stdout, i18n.T("cli.not_money"))
	}
	who := "cli.account_spent"
	switch q.AnswersFor {
	case "key":
		who = "cli.key_spent"
	case "group":
		who = "cli.group_spent"
	}
	fmt.Fprintln(s.Stdout, i18n.T(who, "spent", q.SpentUSD))
	for _, l := range q.Limits {
		sentence := "cli.left"
		if l.ResetsAt == nil {
			sentence = "cli.left_total"
		}
		fmt.Fprintln(s.Stdout, i18n.T(sentence, "id", l.ID, "limit", limitText(l), "left", l.Left, "time", or(l.ResetsAt, "")))
	}
	if q.Unlimited {
		fmt.Fprintln(s.Stdout, i18n.T("cli.no_budget"))
	}
	if q.UnpricedCalls > 0 {
		fmt.Fprintln(s.Stdout, i18n.N("cli.unpriced", q.UnpricedCalls))
	}
	return nil
}

func (s *session) tableOfCalls(all []console.Call) error {
	if len(all) == 0 {
		fmt.Fprintln(s.Stdout, i18n.T("cli.no_calls"))
		return nil
	}
	var rows [][]string
	for _, c := range all {
		cost := "—"
		if c.CostUSD != nil {
			cost = "$" + *c.CostUSD
		}
		if c.Simulated {
			cost = i18n.T("cli.sandbox", "cost", cost)
		}
		rows = append(rows, []string{c.StartedAt, c.ID, c.KeyName, or(c.Model, "—"), c.State, cost})
	}
	return s.table("STARTED\tID\tKEY\tMODEL\tSTATE\tCOST", rows)
}

func showCall(s *session, data []byte) error {
	var c console.Call
	if err := json.Unmarshal(data, &c); err != nil {
		return err
	}
	fmt.Fprintf(s.Stdout, "%s\n%s · %s · %s · %s\n", c.ID, c.StartedAt, c.KeyName, or(c.Model, "—"), c.State)
	if c.Error != nil {
		fmt.Fprintln(s.Stdout, c.Error.Message)
	}
	w := tabwriter.NewWriter(s.Stdout, 0, 4, 2, ' ', tabwriter.AlignRight)
	for _, l := range c.Lines {
		rate, cost := i18n.T("cli.no_rate"), "—"
		if l.Cost != nil {
			rate, cost = i18n.T("cli.rate", "rate", l.RateUSD, "per", l.Per), "$"+l.Cost.String()
		}
		fmt.Fprintf(w, "%s\t%d %s\t%s\t%s\t\n", l.What, l.Quantity, l.Unit, rate, cost)
	}
	fmt.Fprintf(w, "%s\t\t\t%s\t\n", i18n.T("cli.total"), dollars(c.CostUSD))
	fmt.Fprintf(w, "%s\t\t\t%s\t\n", i18n.T("cli.without_cache"), dollars(c.WithoutCacheUSD))
	fmt.Fprintf(w, "%s\t\t\t%s\t\n", i18n.T("cli.saved"), dollars(c.SavedUSD))
	if c.CostUSD == nil || *c.CostUSD != c.ChargeUSD {
		fmt.Fprintf(w, "%s\t\t\t$%s\t\n", i18n.T("cli.charged"), c.ChargeUSD)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, remark := range remarks(c) {
		fmt.Fprintln(s.Stdout, remark)
	}
	return nil
}

// remarks are what a receipt says below its sums.
func remarks(c console.Call) (lines []string) {
	if c.MinUSD != nil && c.MaxUSD != nil {
		lines = append(lines, i18n.T("cli.range", "least", *c.MinUSD, "most", *c.MaxUSD))
	}
	if status := or(c.PriceStatus, ""); status != "" && status != "priced" {
		sentence := "cli.price"
		if len(c.Flags) > 0 {
			sentence = "cli.price_flags"
		}
		lines = append(lines, i18n.T(sentence, "status", strings.ReplaceAll(status, "_", " "), "flags", strings.Join(c.Flags, ", ")))
	}
	if c.Simulated {
		lines = append(lines, i18n.T("cli.not_money"))
	}
	if c.Note != "" {
		lines = append(lines, c.Note)
	}
	return lines
}

// dollars writes an amount with a true sign before the dollar; unknown is a dash.
func dollars(p *string) string {
	switch {
	case p == nil:
		return "—"
	case strings.HasPrefix(*p, "-"):
		return "−$" + (*p)[1:]
	}
	return "$" + *p
}

func showLogin(s *session, data []byte) error {
	var l console.Login
	if err := json.Unmarshal(data, &l); err != nil {
		return err
	}
	fmt.Fprintln(s.Stdout, l.LoginURL)
	return nil
}
