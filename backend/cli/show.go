package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"weir/backend/console"
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
		fmt.Fprintln(s.Stdout, "No provider yet. Add one with `weir providers add`, or call a sandbox model such as sandbox/gpt-5.")
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
		fmt.Fprintf(s.Stdout, "%s was removed.\n", p.ID)
		return nil
	}
	state := p.State
	if !p.Enabled {
		state += ", disabled"
	}
	fmt.Fprintf(s.Stdout, "%s %s (%s) at %s: %s\n", p.ID, p.Name, p.Type, p.BaseURL, state)
	if p.Message != nil {
		fmt.Fprintln(s.Stdout, *p.Message)
	}
	return nil
}

func limitText(l console.Limit) string {
	text := fmt.Sprintf("%s of %s %s per %s", l.Spent, l.Amount, l.Unit, l.Window)
	if l.Window == "total" {
		text = fmt.Sprintf("%s of %s %s in total", l.Spent, l.Amount, l.Unit)
	}
	if l.Held != "0" {
		text += ", " + l.Held + " held"
	}
	return text
}

func limitTexts(limits []console.Limit) string {
	if len(limits) == 0 {
		return "no limit"
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
		fmt.Fprintln(s.Stdout, "No access key yet. Make one with `weir keys add --name NAME`.")
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
		fmt.Fprintf(s.Stdout, "\n    %s\n\nThis is the only time that the secret is shown.\n", k.Secret)
	}
	return nil
}

func showQuota(s *session, data []byte) error {
	var q console.Quota
	if err := json.Unmarshal(data, &q); err != nil {
		return err
	}
	if q.Simulated {
		fmt.Fprintln(s.Stdout, "Sandbox: not real money.")
	}
	who := "The account"
	if q.AnswersFor == "key" {
		who = "This key"
	}
	fmt.Fprintf(s.Stdout, "%s has spent $%s.\n", who, q.SpentUSD)
	for _, l := range q.Limits {
		fmt.Fprintf(s.Stdout, "%s; %s left, resets %s\n", limitText(l), l.Left, or(l.ResetsAt, "never"))
	}
	if q.Unlimited {
		fmt.Fprintln(s.Stdout, "No budget is set.")
	}
	if q.UnpricedCalls > 0 {
		fmt.Fprintf(s.Stdout, "%d calls unpriced.\n", q.UnpricedCalls)
	}
	return nil
}

func (s *session) tableOfCalls(all []console.Call) error {
	if len(all) == 0 {
		fmt.Fprintln(s.Stdout, "No calls.")
		return nil
	}
	var rows [][]string
	for _, c := range all {
		cost := "—"
		if c.CostUSD != nil {
			cost = "$" + *c.CostUSD
		}
		if c.Simulated {
			cost += " (sandbox)"
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
		rate, cost := "no rate", "—"
		if l.Cost != nil {
			rate, cost = fmt.Sprintf("× $%s / %d", l.RateUSD, l.Per), "$"+l.Cost.String()
		}
		fmt.Fprintf(w, "%s\t%d %s\t%s\t%s\t\n", l.What, l.Quantity, l.Unit, rate, cost)
	}
	fmt.Fprintf(w, "total\t\t\t%s\t\n", dollars(c.CostUSD))
	fmt.Fprintf(w, "without the cache\t\t\t%s\t\n", dollars(c.WithoutCacheUSD))
	fmt.Fprintf(w, "saved\t\t\t%s\t\n", dollars(c.SavedUSD))
	if c.CostUSD == nil || *c.CostUSD != c.ChargeUSD {
		fmt.Fprintf(w, "counted against limits\t\t\t$%s\t\n", c.ChargeUSD)
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
		lines = append(lines, fmt.Sprintf("The true cost lies between $%s and $%s.", *c.MinUSD, *c.MaxUSD))
	}
	if status := or(c.PriceStatus, ""); status != "" && status != "priced" {
		lines = append(lines, strings.TrimRight("Price: "+strings.ReplaceAll(status, "_", " ")+"; "+strings.Join(c.Flags, ", "), "; ")+".")
	}
	if c.Simulated {
		lines = append(lines, "Sandbox: not real money.")
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
