package ledger

import (
	"fmt"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
)

// day is the grain of the sums that are laid beside what providers say: theirs are days of UTC.
const day = 24 * time.Hour

// An upstreamKey names a row of upstream_day.
type upstreamKey struct {
	day                      int64
	channel, provider, model string
	simulated                bool
}

// upstreamSums are the sums of such a row, in the order of addUpstream's columns.
type upstreamSums struct {
	n     [12]int64
	worst int64
}

const addUpstream = `INSERT INTO upstream_day (day, channel_id, provider, model, simulated, requests, unpriced, cost_pico,
		input, cache_read, cache_write_5m, cache_write_1h, output, compared, reported_pico, computed_pico, uncomputed, worst_pico)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, unpriced = unpriced + excluded.unpriced,
		cost_pico = cost_pico + excluded.cost_pico, input = input + excluded.input, cache_read = cache_read + excluded.cache_read,
		cache_write_5m = cache_write_5m + excluded.cache_write_5m, cache_write_1h = cache_write_1h + excluded.cache_write_1h,
		output = output + excluded.output, compared = compared + excluded.compared,
		reported_pico = reported_pico + excluded.reported_pico, computed_pico = computed_pico + excluded.computed_pico,
		uncomputed = uncomputed + excluded.uncomputed, worst_pico = max(worst_pico, excluded.worst_pico)`

// upstreamOf is what a settled call adds, and to which row; ok is false for one that a subscription covers.
func upstreamOf(c *gateway.Call, spent gateway.Amounts) (of upstreamKey, sums upstreamSums, ok bool) {
	if c.Covered {
		return of, sums, false
	}
	of = upstreamKey{floor(c.StartedAt.UnixMilli(), day.Milliseconds()), c.ChannelID, c.Provider, c.UpstreamModel, c.Simulated}
	r := rolledOf(c, spent)
	sums.n = [12]int64{spent.Calls, r[rolledUnpriced], r[rolledCost], r[rolledInput], r[rolledInput+1], r[rolledInput+2], r[rolledInput+3], r[rolledInput+4]}
	b := c.Bill
	switch {
	case b.Reported == nil:
	case b.Recomputed == nil:
		sums.n[11] = 1
	default:
		sums.n[8], sums.n[9], sums.n[10] = 1, b.Reported.Pico(), b.Recomputed.Pico()
		sums.worst = magnitude(b.Reported.Pico() - b.Recomputed.Pico())
	}
	return of, sums, true
}

// addUpstream counts a settled call in; a sign of −1 takes one out again.
func (g *gathering) addUpstream(c *gateway.Call, spent gateway.Amounts, sign int64) {
	of, more, ok := upstreamOf(c, spent)
	if !ok {
		return
	}
	sums := g.upstreams[of]
	if sums == nil {
		sums = &upstreamSums{}
		g.upstreams[of] = sums
	}
	for i, n := range more.n {
		sums.n[i] += sign * n
	}
	sums.worst = max(sums.worst, more.worst)
}

func magnitude(n int64) int64 { return max(n, -n) }

func (g *gathering) writeUpstreams(tx *store.Tx) error {
	for of, sums := range g.upstreams {
		args := append(make([]any, 0, 6+len(sums.n)), of.day, of.channel, of.provider, of.model, of.simulated)
		for _, n := range sums.n {
			args = append(args, n)
		}
		if _, err := tx.Exec(addUpstream, append(args, sums.worst)...); err != nil {
			return fmt.Errorf("add to a provider's day: %w", err)
		}
	}
	return nil
}

// rebill replaces a call in all sums by itself with another bill.
func (g *gathering) rebill(was, now *gateway.Call, wasSpent, nowSpent gateway.Amounts) {
	of := rollupKey{slotAt(was.StartedAt.UnixMilli()), was.KeyID, was.ChannelID, was.Provider, was.Model, was.Simulated}
	diff, less := rolledOf(now, nowSpent), rolledOf(was, wasSpent)
	for i, n := range less {
		diff[i] -= n
	}
	addTo(g.rollups, of, &diff)
	g.addUpstream(was, wasSpent, -1)
	g.addUpstream(now, nowSpent, 1)
}

// unequalUpstream names the days that differ from the sums of their calls.
const unequalUpstream = `SELECT day || ' ' || channel_id || ' ' || model || ' ' || simulated FROM (
	SELECT day, channel_id, provider, model, simulated, -requests AS requests, -unpriced AS unpriced, -cost_pico AS cost, -input AS input,
		-cache_read AS cached, -cache_write_5m AS short, -cache_write_1h AS long, -output AS output, -compared AS compared,
		-reported_pico AS reported, -computed_pico AS computed, -uncomputed AS uncomputed FROM upstream_day
	UNION ALL SELECT started_at - started_at % 86400000, channel_id, provider, upstream_model, simulated, charge_calls, cost_pico IS NULL,
		ifnull(cost_pico, 0),
		ifnull(meters ->> 'input', 0) + ifnull(meters ->> 'input_audio', 0) + ifnull(meters ->> 'input_image', 0),
		ifnull(meters ->> 'cache_read', 0) + ifnull(meters ->> 'cache_read_audio', 0) + ifnull(meters ->> 'cache_read_image', 0),
		ifnull(meters ->> 'cache_write_5m', 0) + ifnull(meters ->> 'cache_write', 0),
		ifnull(meters ->> 'cache_write_1h', 0) + ifnull(meters ->> 'cache_write_12h', 0),
		ifnull(meters ->> 'output', 0) + ifnull(meters ->> 'output_audio', 0) + ifnull(meters ->> 'output_image', 0)
			+ ifnull(meters ->> 'thinking', 0) + ifnull(meters ->> 'citation', 0),
		reported_pico IS NOT NULL AND recomputed_pico IS NOT NULL,
		iif(recomputed_pico IS NULL, 0, ifnull(reported_pico, 0)), iif(reported_pico IS NULL, 0, ifnull(recomputed_pico, 0)),
		reported_pico IS NOT NULL AND recomputed_pico IS NULL
	FROM call WHERE state = 'settled' AND NOT covered)
	GROUP BY day, channel_id, provider, model, simulated
	HAVING sum(requests) <> 0 OR sum(unpriced) <> 0 OR sum(cost) <> 0 OR sum(input) <> 0 OR sum(cached) <> 0 OR sum(short) <> 0
		OR sum(long) <> 0 OR sum(output) <> 0 OR sum(compared) <> 0 OR sum(reported) <> 0 OR sum(computed) <> 0 OR sum(uncomputed) <> 0`
