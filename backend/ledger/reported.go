package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"weir/billing"
)

// An UpstreamDay is what the real calls of one day of UTC came to, of one model through one channel.
type UpstreamDay struct {
	Day                 time.Time
	ChannelID, Provider string
	Model               string // the provider's name for it
	Requests            int64  // that the provider charges
	Unpriced            int64
	Cost                billing.Money
	Fresh               int64 // tokens of input that no cache had
	CacheRead           int64
	CacheWrite5m        int64 // with those of an unknown lifetime
	CacheWrite1h        int64 // and longer
	Output              int64
	Compared            int64         // calls of which the provider's figure and our own sum are known
	Reported, Computed  billing.Money // of these
	Uncomputed          int64         // calls of which only the provider's figure is known
	worst               int64
}

// A DaySpan chooses days of UTC. Empty fields do not restrict.
type DaySpan struct {
	From, To  time.Time // the first day, and the first that is not among them
	Provider  string
	ChannelID string
	Model     string
}

const upstreamColumns = `day, channel_id, provider, model, requests, unpriced, cost_pico, input, cache_read, cache_write_5m, cache_write_1h,
	output, compared, reported_pico, computed_pico, uncomputed, worst_pico`

// UpstreamDays returns sums by day, channel and model, in this order. What a subscription covers is not in them.
func (l *Ledger) UpstreamDays(ctx context.Context, s DaySpan) ([]UpstreamDay, error) {
	w := where{text: "day >= ? AND day < ? AND simulated = 0", args: []any{s.From.UnixMilli(), s.To.UnixMilli()}}
	for _, c := range []struct{ condition, value string }{{"provider = ?", s.Provider}, {"channel_id = ?", s.ChannelID}, {"model = ?", s.Model}} {
		if c.value != "" {
			w.and(c.condition, c.value)
		}
	}
	rows, err := l.st.Read().QueryContext(ctx, "SELECT "+upstreamColumns+" FROM upstream_day WHERE "+w.text+" ORDER BY day, channel_id, provider, model", w.args...)
	if err != nil {
		return nil, fmt.Errorf("read the days of providers: %w", err)
	}
	defer rows.Close()
	var days []UpstreamDay
	for rows.Next() {
		var d UpstreamDay
		var at, cost, reported, computed int64
		err := rows.Scan(&at, &d.ChannelID, &d.Provider, &d.Model, &d.Requests, &d.Unpriced, &cost, &d.Fresh, &d.CacheRead, &d.CacheWrite5m,
			&d.CacheWrite1h, &d.Output, &d.Compared, &reported, &computed, &d.Uncomputed, &d.worst)
		if err != nil {
			return nil, fmt.Errorf("read a provider's day: %w", err)
		}
		d.Day, d.Cost, d.Reported, d.Computed = utc(at), billing.Pico(cost), billing.Pico(reported), billing.Pico(computed)
		days = append(days, d)
	}
	return days, rows.Err()
}

// A Gap is a call whose provider reported something else than Weir computed.
type Gap struct {
	CallID             string
	At                 time.Time
	Provider, Model    string
	Reported, Computed billing.Money
}

func (g Gap) size() int64 { return magnitude(g.Reported.Sub(g.Computed).Pico()) }

const selectGaps = `SELECT id, started_at, reported_pico, recomputed_pico FROM call
	WHERE started_at >= ? AND started_at < ? AND provider = ? AND upstream_model = ? AND simulated = 0 AND channel_id = ?
		AND reported_pico IS NOT NULL AND recomputed_pico IS NOT NULL AND reported_pico <> recomputed_pico
	ORDER BY abs(reported_pico - recomputed_pico) DESC LIMIT ?`

// Gaps returns the calls of days in which the provider's figure and our own sum are the farthest apart, at most so
// many. Each day knows its worst call, so that only days are read that can have one of them.
func (l *Ledger) Gaps(ctx context.Context, days []UpstreamDay, most int) ([]Gap, error) {
	days = slices.Clone(days)
	slices.SortStableFunc(days, func(a, b UpstreamDay) int { return cmp.Compare(b.worst, a.worst) })
	var worst []Gap
	for _, d := range days {
		if d.worst == 0 || len(worst) == most && worst[most-1].size() >= d.worst {
			break
		}
		var err error
		if worst, err = l.appendGaps(ctx, worst, d, most); err != nil {
			return nil, err
		}
		slices.SortStableFunc(worst, func(a, b Gap) int { return cmp.Compare(b.size(), a.size()) })
		worst = worst[:min(len(worst), most)]
	}
	return worst, nil
}

func (l *Ledger) appendGaps(ctx context.Context, gaps []Gap, d UpstreamDay, most int) ([]Gap, error) {
	rows, err := l.st.Read().QueryContext(ctx, selectGaps, d.Day.UnixMilli(), d.Day.Add(day).UnixMilli(), d.Provider, d.Model, d.ChannelID, most)
	if err != nil {
		return nil, fmt.Errorf("find the calls that are apart: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		g := Gap{Provider: d.Provider, Model: d.Model}
		var at, reported, computed int64
		if err := rows.Scan(&g.CallID, &at, &reported, &computed); err != nil {
			return nil, fmt.Errorf("read a call that is apart: %w", err)
		}
		g.At, g.Reported, g.Computed = utc(at), billing.Pico(reported), billing.Pico(computed)
		gaps = append(gaps, g)
	}
	return gaps, rows.Err()
}
