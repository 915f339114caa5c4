package console

import (
	"cmp"
	"context"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"time"

	"weir/backend/ledger"
)

// ExportOverview is what overview.export takes: a span, and the zone whose days count, as
// overview.get takes them.
type ExportOverview struct {
	From *time.Time `json:"from,omitempty"`
	To   *time.Time `json:"to,omitempty"`
	Zone string     `json:"zone,omitempty"`
}

// spendColumns are those of the table of a span: what one key had of one model through one channel
// in a day or, in a span of up to two days, in an hour. All rows together are the overview's total.
var spendColumns = []string{"from", "to", "model", "key_id", "key_name", "channel_id", "channel_name", "simulated",
	"calls", "spent_usd", "without_cache_usd", "saved_usd", "unpriced_calls", "estimated_calls", "failed_calls", "refused_calls",
	"fresh_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens"}

func (c *Console) exportOverview(_ context.Context, a ExportOverview) (Download, error) {
	days := c.Ledger.Calendar(a.Zone)
	span, err := spanOf(OverviewOf{From: a.From, To: a.To}, c.Ledger.Now(), days)
	if err != nil {
		return Download{}, err
	}
	_, slots := steps(span, days)
	return c.exports.offer(c.Now(), export{
		Download: Download{Name: c.fileName("weir-spend", "csv")}, kind: formats()["csv"].kind,
		write: func(ctx context.Context, w io.Writer) error { return c.writeSpend(ctx, slots, csv.NewWriter(w)) },
	})
}

func (c *Console) writeSpend(ctx context.Context, slots []ledger.Slot, w *csv.Writer) error {
	real, err := c.Ledger.HasReal(ctx)
	if err != nil {
		return err
	}
	parts, err := c.Ledger.Parts(ctx, slots, !real)
	if err != nil {
		return err
	}
	if err := w.Write(spendColumns); err != nil {
		return err
	}
	for _, p := range merged(parts) {
		cells, err := c.spendCells(ctx, slots[p.Slot], p, !real)
		if err != nil {
			return err
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// merged has one part for each slot, model, key and channel, in their order.
func merged(parts []ledger.Part) (all []ledger.Part) {
	slices.SortStableFunc(parts, compareParts)
	for _, p := range parts {
		if n := len(all); n > 0 && compareParts(all[n-1], p) == 0 {
			all[n-1].Sums = all[n-1].Sums.Add(p.Sums)
			continue
		}
		all = append(all, p)
	}
	return all
}

func compareParts(a, b ledger.Part) int {
	return cmp.Or(cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Model, b.Model), cmp.Compare(a.KeyID, b.KeyID), cmp.Compare(a.ChannelID, b.ChannelID))
}

func (c *Console) spendCells(ctx context.Context, s ledger.Slot, p ledger.Part, simulated bool) ([]string, error) {
	key, err := c.keyName(ctx, p.KeyID)
	if err != nil {
		return nil, err
	}
	channel, err := c.channelName(ctx, p.ChannelID)
	if err != nil {
		return nil, err
	}
	v := viewSums(p.Sums)
	cells := []string{stamp(s.From), stamp(s.To), harmless(p.Model), harmless(p.KeyID), harmless(key), harmless(p.ChannelID), harmless(channel),
		strconv.FormatBool(simulated), strconv.FormatInt(v.Calls, 10), v.SpentUSD, v.WithoutCacheUSD, v.SavedUSD}
	for _, n := range []int64{v.UnpricedCalls, v.EstimatedCalls, v.FailedCalls, v.RefusedCalls,
		v.Tokens.Fresh, v.Tokens.CacheRead, v.Tokens.CacheWrite5m, v.Tokens.CacheWrite1h, v.Tokens.Output} {
		cells = append(cells, strconv.FormatInt(n, 10))
	}
	return cells, nil
}
