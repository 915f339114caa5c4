package ledger

import (
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// slot is the rollup's grain. Every zone's midnight lies on its edges.
const slot = 15 * time.Minute

// slotAt returns the slot in which an instant lies, as the ledger stores it.
func slotAt(ms int64) int64 { return floor(ms, slot.Milliseconds()) }

// slotAfter returns the first edge at or after an instant.
func slotAfter(ms int64) int64 { return slotAt(ms + slot.Milliseconds() - 1) }

// hourAt returns the hour of UTC in which an instant lies.
func hourAt(ms int64) int64 { return floor(ms, time.Hour.Milliseconds()) }

// hourAfter returns the first full hour at or after an instant.
func hourAfter(ms int64) int64 { return hourAt(ms + time.Hour.Milliseconds() - 1) }

// floor returns the last multiple of a grain that is not after an instant.
func floor(ms, grain int64) int64 {
	into := ms % grain
	if into < 0 {
		into += grain
	}
	return ms - into
}

// A piece is a part of time with the table that has its sums.
type piece struct {
	table    string
	from, to int64
}

// pieces parts a span of whole slots into full hours and what lies before and after them.
func pieces(from, to int64) []piece {
	first, last := hourAfter(from), hourAt(to)
	if first >= last {
		return []piece{{"rollup", from, to}}
	}
	all := []piece{{"rollup_hour", first, last}}
	if from < first {
		all = append(all, piece{"rollup", from, first})
	}
	if last < to {
		all = append(all, piece{"rollup", last, to})
	}
	return all
}

// The rollup by quarter hours, and its sums by full hours.
const (
	addRollup = `INSERT INTO rollup ` + addSums
	addHour   = `INSERT INTO rollup_hour ` + addSums
)

const addSums = `(slot, key_id, channel_id, provider, model, simulated, calls, unpriced, estimated, cut,
		cost_pico, charge_pico, charge_tokens, charge_calls, compared_pico, without_cache_pico,
		input, cache_read, cache_write_5m, cache_write_1h, output)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, unpriced = unpriced + excluded.unpriced,
		estimated = estimated + excluded.estimated, cut = cut + excluded.cut,
		cost_pico = cost_pico + excluded.cost_pico, charge_pico = charge_pico + excluded.charge_pico,
		charge_tokens = charge_tokens + excluded.charge_tokens, charge_calls = charge_calls + excluded.charge_calls,
		compared_pico = compared_pico + excluded.compared_pico,
		without_cache_pico = without_cache_pico + excluded.without_cache_pico,
		input = input + excluded.input, cache_read = cache_read + excluded.cache_read,
		cache_write_5m = cache_write_5m + excluded.cache_write_5m,
		cache_write_1h = cache_write_1h + excluded.cache_write_1h, output = output + excluded.output`

// A rollupKey names a row of the rollup.
type rollupKey struct {
	slot                          int64
	key, channel, provider, model string
	simulated                     bool
}

// rolled are the sums of such a row, in the order of addSums' columns.
type rolled [15]int64

// Their places that others need.
const (
	rolledUnpriced = 1
	rolledCost     = 4
	rolledCharge   = 5
	rolledInput    = 10 // and behind it the other tokens
)

// add counts a settled call in.
func (g *gathering) add(c *gateway.Call, spent gateway.Amounts) {
	of := rollupKey{slotAt(c.StartedAt.UnixMilli()), c.KeyID, c.ChannelID, c.Provider, c.Model, c.Simulated}
	more := rolledOf(c, spent)
	addTo(g.rollups, of, &more)
	g.addUpstream(c, spent, 1)
}

// addTo adds to the sums of a row.
func addTo[K comparable](rows map[K]*rolled, of K, more *rolled) {
	sums := rows[of]
	if sums == nil {
		sums = &rolled{}
		rows[of] = sums
	}
	for i, n := range more {
		sums[i] += n
	}
}

// args are addSums'.
func (r *rolled) args(of rollupKey) []any {
	args := append(make([]any, 0, 6+len(r)), of.slot, of.key, of.channel, of.provider, of.model, of.simulated)
	for _, n := range r {
		args = append(args, n)
	}
	return args
}

// rolledOf is what one settled call adds.
func rolledOf(c *gateway.Call, spent gateway.Amounts) rolled {
	b, u := c.Bill, c.Bill.Usage
	var cost, compared, withoutCache int64
	paid := !c.Covered // what a subscription covers is in no sum of money, and lacks in none
	if b.Total != nil && paid {
		cost = b.Total.Pico()
	}
	if b.Total != nil && b.WithoutCache != nil && paid {
		compared, withoutCache = cost, b.WithoutCache.Pico()
	}
	return rolled{
		1, one(b.Total == nil && paid), one(paid && (c.Basis == gateway.Partial || c.Basis == gateway.Estimated)),
		one(c.End == gateway.UpstreamCut || c.End == gateway.Failed),
		cost, c.Charge.Pico(), spent.Tokens, spent.Calls, compared, withoutCache,
		u[billing.Input] + u[billing.InputAudio] + u[billing.InputImage],
		u[billing.CacheRead] + u[billing.CacheReadAudio] + u[billing.CacheReadImage],
		u[billing.CacheWrite5m] + u[billing.CacheWrite], u[billing.CacheWrite1h] + u[billing.CacheWrite12h], u.Answer(),
	}
}

// one counts what is so.
func one(so bool) int64 {
	if so {
		return 1
	}
	return 0
}

// unequalRollup names the sums that differ from those of their calls.
const unequalRollup = `SELECT slot || ' ' || key_id || ' ' || channel_id || ' ' || model || ' ' || simulated FROM (
	SELECT slot, key_id, channel_id, provider, model, simulated, -calls AS calls, -unpriced AS unpriced, -estimated AS estimated,
		-cut AS cut, -cost_pico AS cost, -charge_pico AS charge, -charge_tokens AS tokens, -charge_calls AS counted,
		-compared_pico AS compared, -without_cache_pico AS plain, -input AS input, -cache_read AS cached,
		-cache_write_5m AS short, -cache_write_1h AS long, -output AS output FROM rollup
	UNION ALL SELECT started_at - started_at % 900000, key_id, channel_id, provider, model, simulated, 1, cost_pico IS NULL AND NOT covered,
		(basis = 'partial' OR basis = 'estimated') AND NOT covered, ending = 'upstream_cut' OR ending = 'failed',
		iif(covered, 0, ifnull(cost_pico, 0)), charge_pico, charge_tokens, charge_calls,
		iif(covered OR without_cache_pico IS NULL, 0, ifnull(cost_pico, 0)), iif(covered OR cost_pico IS NULL, 0, ifnull(without_cache_pico, 0)),
		ifnull(meters ->> 'input', 0) + ifnull(meters ->> 'input_audio', 0) + ifnull(meters ->> 'input_image', 0),
		ifnull(meters ->> 'cache_read', 0) + ifnull(meters ->> 'cache_read_audio', 0) + ifnull(meters ->> 'cache_read_image', 0),
		ifnull(meters ->> 'cache_write_5m', 0) + ifnull(meters ->> 'cache_write', 0),
		ifnull(meters ->> 'cache_write_1h', 0) + ifnull(meters ->> 'cache_write_12h', 0),
		ifnull(meters ->> 'output', 0) + ifnull(meters ->> 'output_audio', 0) + ifnull(meters ->> 'output_image', 0)
			+ ifnull(meters ->> 'thinking', 0) + ifnull(meters ->> 'citation', 0)
	FROM call WHERE state = 'settled')
	GROUP BY slot, key_id, channel_id, provider, model, simulated
	HAVING sum(calls) <> 0 OR sum(unpriced) <> 0 OR sum(estimated) <> 0 OR sum(cut) <> 0 OR sum(cost) <> 0 OR sum(charge) <> 0
		OR sum(tokens) <> 0 OR sum(counted) <> 0 OR sum(compared) <> 0 OR sum(plain) <> 0 OR sum(input) <> 0
		OR sum(cached) <> 0 OR sum(short) <> 0 OR sum(long) <> 0 OR sum(output) <> 0`

// unequalHours names the hours that differ from the sums of their quarters.
const unequalHours = `SELECT hour || ' ' || key_id || ' ' || channel_id || ' ' || model || ' ' || simulated FROM (
	SELECT slot AS hour, key_id, channel_id, provider, model, simulated, calls, unpriced, estimated, cut, cost_pico, charge_pico, charge_tokens, charge_calls,
		compared_pico, without_cache_pico, input, cache_read, cache_write_5m, cache_write_1h, output
	FROM rollup_hour
	UNION ALL SELECT slot - slot % 3600000, key_id, channel_id, provider, model, simulated, -calls, -unpriced, -estimated, -cut, -cost_pico, -charge_pico, -charge_tokens, -charge_calls,
		-compared_pico, -without_cache_pico, -input, -cache_read, -cache_write_5m, -cache_write_1h, -output
	FROM rollup)
	GROUP BY hour, key_id, channel_id, provider, model, simulated
	HAVING sum(calls) <> 0 OR sum(unpriced) <> 0 OR sum(estimated) <> 0 OR sum(cut) <> 0 OR sum(cost_pico) <> 0
		OR sum(charge_pico) <> 0 OR sum(charge_tokens) <> 0 OR sum(charge_calls) <> 0 OR sum(compared_pico) <> 0 OR sum(without_cache_pico) <> 0
		OR sum(input) <> 0 OR sum(cache_read) <> 0 OR sum(cache_write_5m) <> 0 OR sum(cache_write_1h) <> 0 OR sum(output) <> 0`
