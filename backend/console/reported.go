package console

import (
	"cmp"
	"context"
	"math/big"
	"slices"
	"time"

	"weir/backend/ledger"
	"weir/backend/provider"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// ReportedOf is what reported.get takes: days of UTC, both among them; without them the last thirty.
type ReportedOf struct {
	From     string `json:"from,omitempty"`
	To       string `json:"to,omitempty"`
	Provider string `json:"provider,omitempty"`
	Model    string `json:"model,omitempty"`
}

// ReportedSums lay what a provider said it charged beside what the price book comes to, of the calls that have both.
type ReportedSums struct {
	Calls         int64  `json:"calls"`
	ReportedUSD   string `json:"reported_usd"`
	ComputedUSD   string `json:"computed_usd"`
	DifferenceUSD string `json:"difference_usd"` // reported less computed
	Permyriad     *int64 `json:"permyriad"`      // of what was computed, in hundredths of a percent; null of nothing
	Uncomputed    int64  `json:"uncomputed"`     // further calls, whose price the book does not know
}

// ReportedPart is one provider's, one model's or one day's part of it.
type ReportedPart struct {
	Provider string `json:"provider"` // kind of upstream
	Name     string `json:"name"`     // as people call it
	Model    string `json:"model"`    // empty: all
	Day      string `json:"day"`      // empty: all
	ReportedSums
}

// A ReportedCall is a call whose two figures are apart.
type ReportedCall struct {
	ID            string `json:"id"`
	StartedAt     string `json:"started_at"`
	Provider      string `json:"provider"`
	Name          string `json:"name"`
	Model         string `json:"model"`
	ReportedUSD   string `json:"reported_usd"`
	ComputedUSD   string `json:"computed_usd"`
	DifferenceUSD string `json:"difference_usd"`
}

// A ReportedView is what reported.get answers.
type ReportedView struct {
	From      string         `json:"from"`
	To        string         `json:"to"`
	Total     ReportedSums   `json:"total"`
	Providers []ReportedPart `json:"providers"`
	Models    []ReportedPart `json:"models"` // the largest difference first
	Days      []ReportedPart `json:"days"`   // by provider
	Worst     []ReportedCall `json:"worst"`
}

const (
	usualDays   = 30
	longestDays = 400
	worstCalls  = 20
)

func (c *Console) reported(ctx context.Context, a ReportedOf) (ReportedView, error) {
	from, to, err := daysOf(a.From, a.To, c.Ledger.Now())
	if err != nil {
		return ReportedView{}, err
	}
	days, err := c.Ledger.UpstreamDays(ctx, ledger.DaySpan{From: from, To: to.AddDate(0, 0, 1), Provider: a.Provider, Model: a.Model})
	if err != nil {
		return ReportedView{}, err
	}
	days = slices.DeleteFunc(days, func(d ledger.UpstreamDay) bool { return d.Compared+d.Uncomputed == 0 })
	gaps, err := c.Ledger.Gaps(ctx, days, worstCalls)
	if err != nil {
		return ReportedView{}, err
	}
	v := ReportedView{From: from.Format(time.DateOnly), To: to.Format(time.DateOnly), Worst: make([]ReportedCall, len(gaps))}
	total := gatherReported(days, func(ledger.UpstreamDay) ReportedPart { return ReportedPart{} })
	if v.Total = viewReported(ledger.UpstreamDay{}); len(total) > 0 {
		v.Total = total[0].ReportedSums
	}
	v.Providers = gatherReported(days, func(d ledger.UpstreamDay) ReportedPart { return ReportedPart{Provider: d.Provider} })
	v.Models = gatherReported(days, func(d ledger.UpstreamDay) ReportedPart { return ReportedPart{Provider: d.Provider, Model: d.Model} })
	v.Models = v.Models[:min(len(v.Models), mostModels)]
	v.Days = gatherReported(days, func(d ledger.UpstreamDay) ReportedPart {
		return ReportedPart{Provider: d.Provider, Day: d.Day.Format(time.DateOnly)}
	})
	slices.SortFunc(v.Days, func(x, y ReportedPart) int {
		return cmp.Or(cmp.Compare(x.Day, y.Day), cmp.Compare(x.Provider, y.Provider))
	})
	for i, g := range gaps {
		v.Worst[i] = ReportedCall{ID: g.CallID, StartedAt: stamp(g.At), Provider: g.Provider, Name: providerName(g.Provider), Model: g.Model,
			ReportedUSD: g.Reported.String(), ComputedUSD: g.Computed.String(), DifferenceUSD: g.Reported.Sub(g.Computed).String()}
	}
	return v, nil
}

// daysOf reads two days of UTC.
func daysOf(from, to string, now time.Time) (first, last time.Time, err error) {
	last = now.UTC().Truncate(24 * time.Hour)
	if to != "" {
		if last, err = time.Parse(time.DateOnly, to); err != nil {
			return first, last, invalid("to", i18n.T("error.console.day"))
		}
	}
	first = last.AddDate(0, 0, 1-usualDays)
	if from != "" {
		if first, err = time.Parse(time.DateOnly, from); err != nil {
			return first, last, invalid("from", i18n.T("error.console.day"))
		}
	}
	switch days := last.Sub(first) / (24 * time.Hour); {
	case days < 0:
		return first, last, invalid("to", i18n.T("error.console.span_ends"))
	case days > longestDays:
		return first, last, invalid("from", i18n.T("error.console.span_long"))
	}
	return first, last, nil
}

// gatherReported adds up days by what of tells of them, the largest difference first.
func gatherReported(days []ledger.UpstreamDay, of func(ledger.UpstreamDay) ReportedPart) []ReportedPart {
	sums := map[ReportedPart]ledger.UpstreamDay{}
	for _, d := range days {
		s := sums[of(d)]
		s.Compared, s.Uncomputed = s.Compared+d.Compared, s.Uncomputed+d.Uncomputed
		s.Reported, s.Computed = s.Reported.Add(d.Reported), s.Computed.Add(d.Computed)
		sums[of(d)] = s
	}
	parts := make([]ReportedPart, 0, len(sums))
	gap := map[string]int64{}
	for p, s := range sums {
		p.Name, p.ReportedSums = providerName(p.Provider), viewReported(s)
		gap[p.Provider+"\n"+p.Model+"\n"+p.Day] = apart(s)
		parts = append(parts, p)
	}
	slices.SortFunc(parts, func(x, y ReportedPart) int {
		return cmp.Or(cmp.Compare(gap[y.Provider+"\n"+y.Model+"\n"+y.Day], gap[x.Provider+"\n"+x.Model+"\n"+x.Day]),
			cmp.Compare(x.Provider, y.Provider), cmp.Compare(x.Model, y.Model), cmp.Compare(x.Day, y.Day))
	})
	return parts
}

func apart(s ledger.UpstreamDay) int64 {
	n := s.Reported.Sub(s.Computed).Pico()
	return max(n, -n)
}

func viewReported(s ledger.UpstreamDay) ReportedSums {
	return ReportedSums{Calls: s.Compared, Uncomputed: s.Uncomputed, ReportedUSD: s.Reported.String(), ComputedUSD: s.Computed.String(),
		DifferenceUSD: s.Reported.Sub(s.Computed).String(), Permyriad: permyriad(s.Reported.Sub(s.Computed), s.Computed)}
}

// permyriad is a part of a whole in hundredths of a percent, rounded to the nearest; nil of nothing.
func permyriad(part, whole billing.Money) *int64 {
	if whole.Pico() <= 0 {
		return nil
	}
	n, half := big.NewInt(part.Pico()), big.NewInt(whole.Pico())
	n.Mul(n, big.NewInt(20_000)).Add(n, half)
	n.Div(n, half.Mul(half, big.NewInt(2)))
	if !n.IsInt64() {
		return nil
	}
	out := n.Int64()
	return &out
}

// providerName is how people call a kind of upstream.
func providerName(id string) string {
	if p, ok := provider.ByID(id); ok {
		return p.Name
	}
	return id
}
