package ledger

import (
	"context"
	"fmt"
	"time"
)

// A UsedModel is what was had of one model, by the name that it was asked for, through one channel.
type UsedModel struct {
	ChannelID string // empty: none was reached
	Provider  string
	Model     string
	Calls     int64
	Unpriced  int64
	Tokens    int64
	Last      time.Time // the hour in which it was used last
}

const selectUsed = `SELECT channel_id, provider, model, sum(calls), sum(unpriced), sum(charge_tokens), max(slot) FROM rollup_hour
	WHERE slot >= ? AND simulated = 0 GROUP BY channel_id, provider, model`

// UsedModels returns the models that were used since an instant, rounded down to its hour.
func (l *Ledger) UsedModels(ctx context.Context, since time.Time) ([]UsedModel, error) {
	return l.used(ctx, selectUsed, hourAt(since.UnixMilli()))
}

const selectUnmatched = `SELECT channel_id, provider, model, sum(requests), sum(unpriced),
	sum(input + cache_read + cache_write_5m + cache_write_1h + output), max(day) FROM upstream_day
	WHERE day >= ? AND simulated = 0 AND unpriced > 0 GROUP BY channel_id, provider, model`

// UnpricedModels returns the models of which calls since an instant have no price, by their
// names at the provider. It adds up whole days of UTC; tokens are of those on which some had none.
func (l *Ledger) UnpricedModels(ctx context.Context, since time.Time) ([]UsedModel, error) {
	return l.used(ctx, selectUnmatched, since.UTC().Truncate(24*time.Hour).UnixMilli())
}

func (l *Ledger) used(ctx context.Context, query string, since int64) ([]UsedModel, error) {
	rows, err := l.st.Read().QueryContext(ctx, query, since)
	if err != nil {
		return nil, fmt.Errorf("look for used models: %w", err)
	}
	defer rows.Close()
	var all []UsedModel
	for rows.Next() {
		var u UsedModel
		var last int64
		if err := rows.Scan(&u.ChannelID, &u.Provider, &u.Model, &u.Calls, &u.Unpriced, &u.Tokens, &last); err != nil {
			return nil, fmt.Errorf("read a used model: %w", err)
		}
		u.Last = utc(last)
		all = append(all, u)
	}
	return all, rows.Err()
}
