package cli

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"weir/backend/console"
	"weir/frontend/src/i18n"
)

func showPrices(s *session, data []byte) error {
	var page console.PricePage
	if err := json.Unmarshal(data, &page); err != nil {
		return err
	}
	if page.Problem != nil {
		fmt.Fprintln(s.Stderr, *page.Problem)
	}
	var rows [][]string
	for _, r := range page.Rows {
		rows = append(rows, []string{r.List, r.Model, r.Currency, or(orEmpty(r.Rates["input"]), "—"), or(orEmpty(r.Rates["cache_read"]), "—"), or(orEmpty(r.Rates["output"]), "—"), r.Layer, r.CheckedOn, strconv.FormatInt(r.Used, 10)})
	}
	if err := s.table("PROVIDER\tMODEL\tIN\tINPUT\tCACHE READ\tOUTPUT\tFROM\tCHECKED\tUSED\t", rows); err != nil {
		return err
	}
	if page.Cursor != nil {
		fmt.Fprintln(s.Stdout, i18n.T("cli.prices_more", "shown", len(page.Rows), "total", page.Total, "cursor", *page.Cursor))
	}
	return nil
}

func orEmpty(text string) *string { return &text }

// since writes since when a price holds.
func since(from *string) string { return or(from, i18n.T("cli.since_ever")) }

func showPrice(s *session, data []byte) error {
	var d console.PriceDetail
	if err := json.Unmarshal(data, &d); err != nil {
		return err
	}
	if d.Row == nil {
		fmt.Fprintln(s.Stdout, i18n.T("cli.no_price"))
		for _, one := range d.Similar {
			fmt.Fprintln(s.Stdout, "  "+one.Provider+" "+one.Model)
		}
		return nil
	}
	if d.Alias != nil {
		fmt.Fprintln(s.Stdout, i18n.T("cli.priced_like", "model", d.Alias.Model, "like", d.Alias.LikeModel))
	}
	fmt.Fprintln(s.Stdout, i18n.T("cli.price_names", "list", d.Row.List, "names", strings.Join(d.Names, ", ")))
	var rows [][]string
	for _, v := range d.History {
		rates := rateText(v.Rates)
		for _, t := range v.Tiers {
			rates += fmt.Sprintf("; %s%d: %s", t.Op, t.Prompt, rateText(t.Rates))
		}
		rows = append(rows, []string{since(v.ValidFrom), or(v.ValidTo, "—"), v.Layer, v.Currency, rates, v.Source, v.CheckedOn})
	}
	if err := s.table("FROM\tUNTIL\tLAYER\tIN\tRATES\tSOURCE\tCHECKED\t", rows); err != nil || len(d.Conditions) == 0 {
		return err
	}
	fmt.Fprintln(s.Stdout)
	return s.table("WHEN\tCHANGES\tSOURCE\tCHECKED\t", conditionRows(d.Conditions))
}

// conditionRows write what changes a price, and when.
func conditionRows(all []console.PriceCondition) (rows [][]string) {
	for _, c := range all {
		when := i18n.T("cli.always")
		if c.Kind != "" {
			when = c.Kind + " " + c.Value
		}
		var changes []string
		if c.Times != nil {
			changes = append(changes, "× "+*c.Times)
		}
		if len(c.Rates) > 0 {
			changes = append(changes, rateText(c.Rates))
		}
		if len(c.OfInput) > 0 {
			changes = append(changes, strings.ReplaceAll(rateText(c.OfInput), ", ", " × input, ")+" × input")
		}
		rows = append(rows, []string{when, or(orEmpty(strings.Join(changes, "; ")), "—"), c.Source, c.CheckedOn})
	}
	return rows
}

func showPriceSet(s *session, data []byte) error {
	var set console.PriceSet
	if err := json.Unmarshal(data, &set); err != nil {
		return err
	}
	switch {
	case set.Row == nil:
		fmt.Fprintln(s.Stdout, i18n.T("cli.no_price"))
	case set.Ended > 0:
		fmt.Fprintln(s.Stdout, i18n.T("cli.price_reset", "model", set.Row.Model, "rates", rateText(set.Row.Rates), "source", set.Row.Source))
	default:
		fmt.Fprintln(s.Stdout, i18n.T("cli.price_now", "model", set.Row.Model, "rates", rateText(set.Row.Rates), "source", set.Row.Source))
		if set.Row.NextFrom != nil {
			fmt.Fprintln(s.Stdout, i18n.T("cli.price_next", "time", *set.Row.NextFrom))
		}
	}
	if len(set.Holds) > 1 || len(set.Holds) == 1 && (set.Past || set.Holds[0].To != nil) {
		fmt.Fprintln(s.Stdout, i18n.T("cli.price_holds", "spans", spanText(set.Holds)))
	}
	if set.Past {
		fmt.Fprintln(s.Stdout, i18n.T("cli.price_past"))
	}
	return nil
}

// spanText writes stretches of time, the first one first.
func spanText(spans []console.PriceSpan) string {
	var all []string
	for _, span := range spans {
		if span.To == nil {
			all = append(all, i18n.T("cli.span_open", "from", span.From))
		} else {
			all = append(all, i18n.T("cli.span", "from", span.From, "to", *span.To))
		}
	}
	return strings.Join(all, ", ")
}

func showAliases(s *session, data []byte) error {
	var all []console.PriceAlias
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	var rows [][]string
	for _, a := range all {
		rows = append(rows, []string{a.Provider, a.Model, a.LikeProvider, a.LikeModel})
	}
	return s.table("PROVIDER\tMODEL\tLIKE PROVIDER\tLIKE MODEL\t", rows)
}

func showRates(s *session, data []byte) error {
	var all []console.ExchangeRate
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	var rows [][]string
	for _, r := range all {
		rows = append(rows, []string{r.Day, r.CNYPerUSD, r.Source})
	}
	return s.table("DAY\tCNY FOR 1 USD\tSOURCE\t", rows)
}

func showUnmatched(s *session, data []byte) error {
	var all []console.Unmatched
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(s.Stdout, i18n.T("cli.all_priced"))
		return nil
	}
	var rows [][]string
	for _, u := range all {
		var like []string
		for _, one := range u.Similar {
			like = append(like, one.Provider+" "+one.Model)
		}
		if u.PricedNow {
			like = []string{i18n.T("cli.priced_by_now")}
		}
		rows = append(rows, []string{u.Provider, u.Model, strconv.FormatInt(u.Calls, 10), strconv.FormatInt(u.Tokens, 10), u.LastUsed[:10], strings.Join(like, ", ")})
	}
	return s.table("PROVIDER\tMODEL\tCALLS\tTOKENS\tLAST USED\tSIMILAR\t", rows)
}

func showUpdates(s *session, data []byte) error {
	var u console.PriceUpdates
	if err := json.Unmarshal(data, &u); err != nil {
		return err
	}
	if u.Problem != nil {
		fmt.Fprintln(s.Stderr, *u.Problem)
	}
	sentence := "cli.catalogue"
	if u.Shipped {
		sentence = "cli.catalogue_shipped"
	}
	fmt.Fprintln(s.Stdout, i18n.T(sentence, "version", u.Version, "date", u.Date))
	fmt.Fprintln(s.Stdout, i18n.T("cli.catalogue_source", "url", or(u.Source, "—")))
	if len(u.Editions) == 0 {
		return nil
	}
	var rows [][]string
	for _, e := range u.Editions {
		rows = append(rows, []string{strconv.FormatInt(e.Version, 10), e.State, e.CreatedOn, or(e.Publisher, e.SignedBy), or(e.AppliedAt, "—")})
	}
	return s.table("VERSION\tSTATE\tCREATED\tSIGNED BY\tAPPLIED\t", rows)
}

func showPriceKeys(s *session, data []byte) error {
	var u console.PriceUpdates
	if err := json.Unmarshal(data, &u); err != nil {
		return err
	}
	var rows [][]string
	for _, k := range u.Keys {
		whose := "weir"
		if k.Yours {
			whose = "you"
		}
		rows = append(rows, []string{k.Fingerprint, k.Name, or(k.Until, "—"), whose})
	}
	return s.table("FINGERPRINT\tNAME\tUNTIL\tTRUSTED BY\t", rows)
}

func showDifference(s *session, data []byte) error {
	var d console.PriceDifference
	if err := json.Unmarshal(data, &d); err != nil {
		return err
	}
	fmt.Fprintln(s.Stdout, i18n.T("cli.catalogue_checked", "version", d.Edition.Version, "publisher", or(d.Edition.Publisher, d.Edition.SignedBy), "changes", len(d.Changes)+d.More, "terms", len(d.Terms)))
	var rows [][]string
	for _, c := range d.Changes {
		var rates []string
		for _, r := range c.Rates {
			mark := ""
			if r.Jump {
				mark = " (!)"
			}
			rates = append(rates, strings.TrimSpace(or(r.Tier, "")+" "+r.What)+" "+or(r.Old, "—")+" → "+or(r.New, "—")+mark)
		}
		rows = append(rows, []string{c.List, c.Model, c.Kind, since(c.From), strings.Join(rates, ", ")})
	}
	if err := s.table("PROVIDER\tMODEL\tCHANGE\tFROM\tRATES\t", rows); err != nil {
		return err
	}
	if d.Calls != nil && d.DeltaUSD != nil {
		fmt.Fprintln(s.Stdout, i18n.T("cli.catalogue_touches", "calls", *d.Calls, "delta", *d.DeltaUSD))
	}
	fmt.Fprintln(s.Stdout, i18n.T("cli.catalogue_apply", "version", d.Edition.Version))
	return nil
}

func showImported(s *session, data []byte) error {
	var d console.PricesImported
	if err := json.Unmarshal(data, &d); err != nil {
		return err
	}
	fmt.Fprintln(s.Stdout, i18n.T("cli.prices_imported", "prices", d.Prices, "aliases", d.Aliases, "rates", d.Rates, "known", d.Known))
	return nil
}
