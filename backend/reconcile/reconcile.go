// Package reconcile reads a provider's own account of its days and lays it beside what the ledger has. It asks no
// provider and keeps nothing.
package reconcile

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"weir/billing"
)

// Figures are what one side says of one model on one day. What it does not say is nil.
type Figures struct {
	Requests   *int64         `json:"requests"`
	Input      *int64         `json:"input"`       // tokens of input, cached ones too
	CacheRead  *int64         `json:"cache_read"`  // of these
	CacheWrite *int64         `json:"cache_write"` // of these
	Output     *int64         `json:"output"`
	Cost       *billing.Money `json:"cost_usd" ts:"string"`
}

// A Row is what one side says of one model on one day.
type Row struct {
	Day   string // of UTC, as in 2026-11-20
	Model string // empty: the account does not tell them apart
	Figures
	Unpriced int64 // of ours: calls that the cost does not know of
}

// An Account is what a file says.
type Account struct {
	Format   string // one of those below
	Provider string // the kind of upstream whose account it is
	More     bool   // the file says that it is not all
	Rows     []Row  // by day and model, each once
}

// The formats, as they are named to people by i18n: reconcile.format.….
const (
	OpenAIUsage       = "openai_usage"
	OpenAICosts       = "openai_costs"
	OpenAIUsageCSV    = "openai_usage_csv"
	OpenAICostsCSV    = "openai_costs_csv"
	AnthropicUsage    = "anthropic_usage"
	AnthropicCosts    = "anthropic_costs"
	AnthropicUsageCSV = "anthropic_usage_csv"
	AnthropicCostsCSV = "anthropic_costs_csv"
	OpenRouter        = "openrouter_activity"
	OpenRouterCSV     = "openrouter_csv"
)

// What became of a row.
const (
	Same    = "same"
	Differs = "differs"
	Theirs  = "theirs" // we have nothing of it: calls that did not go through Weir
	Ours    = "ours"   // they have nothing of it
)

// A Match is one model on one day, on both sides.
type Match struct {
	Day      string   `json:"day"`
	Model    string   `json:"model"`  // empty: all models of the day
	Models   []string `json:"models"` // by what names it stands on either side, where that is not the one
	State    string   `json:"state" ts:"'same' | 'differs' | 'theirs' | 'ours'"`
	By       []string `json:"by"` // the figures that differ: requests, input, cache_read, cache_write, output, cost
	Theirs   *Figures `json:"theirs"`
	Ours     *Figures `json:"ours"`
	Unpriced int64    `json:"unpriced_calls"` // of ours, calls that the cost does not know of
}

// An Outcome is an account beside ours.
type Outcome struct {
	Provider string  `json:"provider"`
	From     string  `json:"from"` // the first day of the account
	To       string  `json:"to"`   // and the last
	More     bool    `json:"more"` // the file said that it was not all
	Theirs   Figures `json:"theirs"`
	Ours     Figures `json:"ours"`
	Unpriced int64   `json:"unpriced_calls"`
	Rows     []Match `json:"rows"`
}

// Days returns the first and the last day of an account.
func (a Account) Days() (from, to string) {
	for _, r := range a.Rows {
		if from == "" || r.Day < from {
			from = r.Day
		}
		to = max(to, r.Day)
	}
	return from, to
}

// dated is how providers mark a snapshot of a model.
var dated = regexp.MustCompile(`-20[0-9]{2}-?(0[1-9]|1[0-2])-?(0[1-9]|[12][0-9]|3[01])$`)

// routed is what a client may add to a model's name at OpenRouter to say how it is to be reached.
var routed = regexp.MustCompile(`:(nitro|floor|online|exacto)$`)

// plain is what a model's names on both sides have in common: the provider charges by the snapshot that it ran,
// and clients mostly ask for the name without a date; consoles write "Claude Haiku 4.5" for claude-haiku-4-5.
// OpenRouter's account has anthropic/claude-4.5-haiku-20251001 for anthropic/claude-haiku-4.5: the same words in another order.
func plain(provider, model string) string {
	name := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(model)), " ", "-")
	if provider != "openrouter" {
		return dated.ReplaceAllString(strings.ReplaceAll(name, ".", "-"), "")
	}
	vendor, rest, _ := strings.Cut(dated.ReplaceAllString(routed.ReplaceAllString(name, ""), ""), "/")
	words := strings.Split(rest, "-")
	slices.Sort(words)
	return vendor + "/" + strings.Join(words, "-")
}

// A place is where rows of both sides meet.
type place struct{ day, model string }

// Lay lays an account beside our rows. Ours beyond its days are left out.
func Lay(a Account, ours []Row) Outcome {
	out := Outcome{Provider: a.Provider, More: a.More, Rows: []Match{}}
	out.From, out.To = a.Days()
	whole := map[string]bool{} // days of which the account does not tell the models apart
	for _, r := range a.Rows {
		whole[r.Day] = whole[r.Day] || r.Model == ""
	}
	theirs, mine := map[place][]Row{}, map[place][]Row{}
	gather := func(rows map[place][]Row, r Row) {
		at := place{r.Day, plain(a.Provider, r.Model)}
		if whole[r.Day] {
			at.model = ""
		}
		rows[at] = append(rows[at], r)
	}
	for _, r := range a.Rows {
		gather(theirs, r)
	}
	for _, r := range ours {
		if r.Day >= out.From && r.Day <= out.To {
			gather(mine, r)
		}
	}
	says := kinds(a.Rows)
	for at := range maps.Keys(theirs) {
		out.Rows = append(out.Rows, meet(theirs[at], mine[at], says)...)
	}
	for at := range maps.Keys(mine) {
		if theirs[at] == nil {
			out.Rows = append(out.Rows, meet(nil, mine[at], says)...)
		}
	}
	slices.SortFunc(out.Rows, func(x, y Match) int { return cmp.Or(cmp.Compare(x.Day, y.Day), cmp.Compare(x.Model, y.Model)) })
	out.total()
	return out
}

// meet compares the rows of one place: apart for each snapshot where both sides name the same ones, else in one sum.
func meet(theirs, mine []Row, says Figures) []Match {
	if len(theirs) > 1 && slices.Equal(names(theirs), names(mine)) {
		var apart []Match
		for _, r := range theirs {
			i := slices.IndexFunc(mine, func(o Row) bool { return o.Model == r.Model })
			apart = append(apart, meet([]Row{r}, mine[i:i+1], says)...)
		}
		return apart
	}
	m := Match{By: []string{}, Models: []string{}}
	all := slices.Concat(theirs, mine)
	m.Day, m.Model = all[0].Day, all[0].Model
	both := slices.Concat(names(theirs), names(mine))
	slices.Sort(both)
	if both = slices.Compact(both); len(both) > 1 {
		m.Models = both
	}
	if theirs != nil {
		sum := add(theirs)
		m.Theirs = &sum
	}
	if mine != nil {
		sum := add(mine).only(says)
		m.Ours = &sum
		for _, r := range mine {
			m.Unpriced += r.Unpriced
		}
	}
	switch {
	case m.Theirs == nil:
		m.State = Ours
	case m.Ours == nil:
		m.State = Theirs
	default:
		m.By = differing(*m.Theirs, *m.Ours)
		m.State = Same
		if len(m.By) > 0 {
			m.State = Differs
		}
	}
	return []Match{m}
}

func names(rows []Row) []string {
	var all []string
	for _, r := range rows {
		if r.Model != "" {
			all = append(all, r.Model)
		}
	}
	slices.Sort(all)
	return all
}

// total adds up both sides.
func (o *Outcome) total() {
	var theirs, mine []Row
	for _, m := range o.Rows {
		if m.Theirs != nil {
			theirs = append(theirs, Row{Figures: *m.Theirs})
		}
		if m.Ours != nil {
			mine = append(mine, Row{Figures: *m.Ours})
		}
		o.Unpriced += m.Unpriced
	}
	o.Theirs, o.Ours = add(theirs), add(mine)
}
