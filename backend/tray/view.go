package tray

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"weir/backend/console"
	"weir/frontend/src/i18n"
)

// Show says what the tray shows of a glance: in words that need no colour, with times in
// now's zone.
func Show(g console.Glance, now time.Time) View {
	v := View{Icon: state(g), Paused: g.Paused, Title: known(g.SpentTodayUSD, g.UnpricedToday), Spent: spent(g), Saved: saved(g), Last: last(g.LastCall),
		Address: address(g), Copies: copies(g.Door),
		Pause: Row{i18n.T("tray.pause"), Action{Verb: Pause}},
		Open:  Row{i18n.T("tray.open"), Action{Verb: Open}},
		Quit:  Row{i18n.T("tray.quit"), Action{Verb: Quit}}}
	if g.Paused {
		v.Pause.Do.Verb = Resume
	}
	if g.Running > 0 {
		v.Quit.Text = i18n.N("tray.quit.running", g.Running)
	}
	if g.UnpricedToday > 0 {
		v.Unpriced = Row{i18n.N("tray.unpriced", g.UnpricedToday), Action{Verb: Open, Page: "/calls?span=today&unpriced=1"}}
	}
	v.Burning = burning(g.Burning)
	for _, q := range g.Quotas {
		v.Quotas = append(v.Quotas, quota(q, known(g.SpentMonthUSD, g.UnpricedMonth), now))
	}
	v.Quotas = append(v.Quotas, balances(g, now)...)
	v.Tooltip = i18n.T("app") + " · " + v.Spent.Text
	return v
}

func state(g console.Glance) State {
	switch {
	case !g.Door.Open || !g.Healthy:
		return Trouble
	case g.Paused:
		return Paused
	}
	found := Normal
	if len(g.Burning) > 0 {
		found = Near
	}
	for _, q := range g.Quotas {
		if q.Grave {
			return Blocked
		}
		if q.Near {
			found = Near
		}
	}
	return found
}

func spent(g console.Glance) Row {
	key := "tray.spent"
	if g.Simulated && g.LastCall != nil {
		key = "tray.spent.simulated"
	}
	today, month := known(g.SpentTodayUSD, g.UnpricedToday), known(g.SpentMonthUSD, g.UnpricedMonth)
	return Row{i18n.T(key, "today", today, "month", month), Action{Verb: Open, Page: "/overview"}}
}

// known writes a sum, which is not known to be nothing where calls without a price belong to it.
func known(amount string, unpriced int64) string {
	if amount == "0" && unpriced > 0 {
		return i18n.T("tray.unknown")
	}
	return i18n.USD(amount)
}

func saved(g console.Glance) Row {
	if g.SavedTodayUSD == nil {
		return Row{}
	}
	amount, err := decimal.NewFromString(*g.SavedTodayUSD)
	if err != nil || amount.IsZero() {
		return Row{}
	}
	do := Action{Verb: Open, Page: "/overview"}
	if amount.IsNegative() {
		return Row{i18n.T("tray.saved.lost", "amount", i18n.USD(amount.Neg().String())), do}
	}
	text := i18n.T("tray.saved", "amount", i18n.USD(*g.SavedTodayUSD))
	if g.SavedTodayPermille != nil {
		text += " (" + percent(*g.SavedTodayPermille) + ")"
	}
	return Row{text, do}
}

func quota(q console.GlanceQuota, month string, now time.Time) Row {
	do := Action{Verb: Open, Page: "/keys"}
	switch {
	case q.KeyID != nil:
		do.Page += "/" + *q.KeyID
	case q.GroupID != nil:
		do.Page += "/" + *q.GroupID
	}
	if q.Limit == nil {
		return Row{i18n.T("tray.account.none", "month", month), do}
	}
	l := *q.Limit
	write := i18n.Quantity
	if l.Unit == "usd" {
		write = i18n.USD
	}
	key := "tray.quota." + l.Unit
	text := i18n.T(key, "name", shorten(q.Name), "how", how(q), "spent", write(l.Spent), "amount", write(l.Ceiling()), "window", i18n.T("tray.window."+l.Window))
	if l.ResetsAt != nil {
		if at, err := time.Parse(time.RFC3339, *l.ResetsAt); err == nil {
			text += i18n.T("tray.quota.resets", "when", reset(at.In(now.Location()), now))
		}
	}
	return Row{text, do}
}

// how says how near a limit is: what running calls hold counts too, but passes no mark.
func how(q console.GlanceQuota) string {
	switch {
	case q.Grave:
		return i18n.T("tray.quota.reached")
	case q.Limit.Mark == 100 && !q.Limit.Hard:
		return i18n.T("tray.quota.warned")
	case q.Limit.Mark >= 80:
		return i18n.T("tray.quota.mark", "mark", percent(10*min(q.Limit.Mark, 90)))
	case q.Near:
		return i18n.T("tray.quota.near")
	}
	return ""
}

// burning tells of the first of what spends much faster than usual, and how many more there are.
func burning(all []console.Burn) Row {
	if len(all) == 0 {
		return Row{}
	}
	b := all[0]
	do := Action{Verb: Open, Page: "/keys"}
	if b.KeyID != nil {
		do.Page += "/" + *b.KeyID
	}
	text := shorten(b.Name) + " — " + b.Words()
	if b.Paused {
		text += i18n.T("tray.burning.paused")
	}
	if more := int64(len(all) - 1); more > 0 {
		text += i18n.N("tray.burning.more", more)
	}
	return Row{text, do}
}

// reset writes when a window ends: the hour, with its day when that is not within a day.
func reset(at, now time.Time) string {
	switch left := at.Sub(now); {
	case left <= 24*time.Hour:
		return at.Format("15:04")
	case left <= 6*24*time.Hour:
		return at.Format("Mon 15:04")
	}
	return at.Format("2 Jan")
}

func last(c *console.Call) Row {
	if c == nil {
		return Row{Text: i18n.T("tray.last.none"), Do: Action{Verb: Open, Page: "/overview"}}
	}
	model := i18n.T("tray.last.no_model")
	if c.Model != nil {
		model = shorten(*c.Model)
	}
	text := i18n.T("tray.last."+c.State, "model", model)
	switch {
	case c.State != "settled":
	case c.CostUSD == nil:
		text = i18n.T("tray.last.unpriced", "model", model)
	default:
		text = i18n.T("tray.last.settled", "model", model, "cost", i18n.USD(*c.CostUSD)) + savedPart(*c)
	}
	return Row{text, Action{Verb: Open, Page: "/calls/" + c.ID}}
}

// savedPart says which part of a call's price the cache saved.
func savedPart(c console.Call) string {
	if c.SavedUSD == nil || c.WithoutCacheUSD == nil {
		return ""
	}
	saved, err := decimal.NewFromString(*c.SavedUSD)
	whole, werr := decimal.NewFromString(*c.WithoutCacheUSD)
	if err != nil || werr != nil || saved.Sign() <= 0 || whole.Sign() <= 0 {
		return ""
	}
	return i18n.T("tray.last.saved", "percent", percent(int(saved.Shift(3).Div(whole).IntPart())))
}

func address(g console.Glance) Row {
	d := g.Door
	if !g.Healthy {
		return Row{i18n.T("tray.unhealthy"), Action{Verb: Open, Page: "/overview"}}
	}
	if !d.Open {
		text := i18n.T("tray.closed")
		if d.Message != nil {
			text = *d.Message
		}
		return Row{text, Action{Verb: Open, Page: "/settings"}}
	}
	base := d.URL()
	return Row{i18n.T("tray.address", "address", strings.TrimPrefix(base, "http://")), Action{Verb: Copy, Text: base, What: i18n.T("tray.copy.base")}}
}

func copies(d console.Door) []Row {
	if !d.Open {
		return nil
	}
	base := d.URL()
	var rows []Row
	for _, c := range []struct{ what, text string }{
		{"tray.copy.base", base},
		{"tray.copy.openai", base + "/v1"},
		{"tray.copy.claude_code", "export ANTHROPIC_BASE_URL=" + base},
		{"tray.copy.openai_env", "export OPENAI_BASE_URL=" + base + "/v1"},
	} {
		what := i18n.T(c.what)
		rows = append(rows, Row{what + " — " + c.text, Action{Verb: Copy, Text: c.text, What: what}})
	}
	return rows
}
