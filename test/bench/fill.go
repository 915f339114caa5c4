package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/store"
)

const (
	fillDays = 90
	fillKey  = "key_0" // of the five keys, the one with a limit
)

// fill makes a ledger of so many calls of the last months in a home: as large and as mixed as calls make it
// themselves, in a few statements. Its invariants hold.
func fill(ctx context.Context, home string, calls int) error {
	if err := openLedger(ctx, home, func(l *ledger.Ledger) error {
		return l.SetLimits(ctx, gateway.ScopeKey, fillKey, []gateway.Limit{{Unit: gateway.USD, Window: gateway.Day, TZ: "UTC", Amount: 1e18, Hard: true}})
	}); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(home, "ledger.db")+"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=temp_store(MEMORY)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1) // the statements of the one connection see each other
	return errors.Join(fillFile(ctx, db, calls), db.Close(), settleFile(filepath.Join(home, "ledger.db")))
}

// settleFile waits until a file is on the disk: else the first who waits for a commit waits for all of it.
func settleFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// openLedger opens the ledger of a home for a moment, once its file was checked: that takes as long as the file is large.
func openLedger(ctx context.Context, home string, do func(*ledger.Ledger) error) error {
	st, err := store.Open(ctx, home)
	if err != nil {
		return err
	}
	<-st.Checked()
	l, err := ledger.Open(ctx, st, ledger.Options{Home: home, Zone: "UTC", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return errors.Join(err, st.Close())
	}
	return errors.Join(do(l), l.Close(), st.Close())
}

// fillFile writes the tables, then their indexes at once: one after the other would take many times as long.
func fillFile(ctx context.Context, db *sql.DB, calls int) error {
	rows, err := db.QueryContext(ctx, `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('call', 'entry')`)
	if err != nil {
		return err
	}
	var steps, later []string
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return errors.Join(err, rows.Close())
		}
		steps, later = append(steps, "DROP INDEX "+name), append(later, text)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, step := range append(append(steps, fillCalls, fillEntries, fillLimitEntries, fillWindows, fillRollup, fillHours, fillTotals, fillUnsettled, fillUpstream), later...) {
		var args []any
		if step == fillCalls {
			now := time.Now().UnixMilli()
			first := now - fillDays*24*time.Hour.Milliseconds()
			args = []any{calls, first, float64(now-first) / float64(calls)}
		}
		if _, err := db.ExecContext(ctx, step, args...); err != nil {
			return fmt.Errorf("%.60s: %w", step, err)
		}
	}
	return nil
}

const (
	// Of a hundred calls two are refused, one is released, one has no price and two are estimated. Five keys,
	// each with two of six models; one call of a hundred costs more than a dollar.
	fillCalls = `WITH RECURSIVE
		n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1),
		mixed AS (SELECT i, i * 2654435761 % 1000003 AS r, ?2 + CAST(i * ?3 AS INTEGER) AS at FROM n),
		named AS (SELECT i, at, r % 100 AS luck, 'key_' || (r % 5) AS key, (r % 5 + r / 5 % 2) AS m, 300 + r % 4000 AS fresh, r % 60000 AS cached,
			iif(r % 97 = 0, 70000 + r % 20000, 20 + r % 900) AS output FROM mixed),
		priced AS (SELECT *, CASE luck WHEN 0 THEN 'released' WHEN 1 THEN 'refused' WHEN 2 THEN 'refused' ELSE 'settled' END AS ends,
			fresh * 3000000 + cached * 300000 + output * 15000000 AS cost FROM named)
		INSERT INTO call (id, boot_id, started_at, ended_at, key_id, key_name, channel_id, provider, dialect, op, endpoint, model, upstream_model,
			stream, simulated, state, hold_pico, hold_tokens, hold_calls, http_status, basis, ending, charge_pico, charge_tokens, charge_calls,
			cost_pico, without_cache_pico, price_status, card, note, meters, lines, attempts, usage, error)
		SELECT printf('call_%026d', i), 1, at, at + 3000, key, 'Assistant ' || key, iif(ends = 'refused', '', 'ch_' || (m % 3)),
			iif(ends = 'refused', '', 'anthropic'), 'anthropic', 'chat', 'messages', 'model-' || m, 'model-' || m, i % 2, 0, ends, 9000000000, 5000, 1,
			CASE ends WHEN 'settled' THEN 200 WHEN 'released' THEN 503 ELSE 402 END,
			CASE WHEN ends <> 'settled' THEN 'zero' WHEN luck IN (4, 5) THEN 'estimated' ELSE 'exact' END,
			CASE WHEN ends = 'refused' THEN 'refused' WHEN ends = 'released' THEN 'failed' WHEN luck = 4 THEN 'upstream_cut' ELSE 'finished' END,
			iif(ends = 'settled' AND luck <> 3, cost, 0), iif(ends = 'settled', fresh + cached + output, 0), iif(ends = 'settled', 1, 0),
			CASE WHEN ends = 'settled' AND luck = 3 THEN NULL WHEN ends = 'settled' THEN cost ELSE 0 END,
			iif(ends = 'settled' AND luck <> 3, cost + cached * 2700000, NULL), iif(luck = 3, 'unpriced', 'priced'), 'anthropic/model/2026-01',
			'What the cache had is charged apart from the input.',
			iif(ends = 'settled', json_object('input', fresh, 'cache_read', cached, 'output', output), NULL),
			iif(ends = 'settled', json_array(json_object('what', 'input', 'quantity', '' || fresh, 'unit', 'tokens', 'rate_usd', '3', 'per', '1000000',
				'cost_usd', printf('%d.%012d', fresh * 3000000 / 1000000000000, fresh * 3000000 % 1000000000000)),
				json_object('what', 'cache_read', 'quantity', '' || cached, 'unit', 'tokens', 'rate_usd', '0.3', 'per', '1000000',
				'cost_usd', printf('%d.%012d', cached * 300000 / 1000000000000, cached * 300000 % 1000000000000)),
				json_object('what', 'output', 'quantity', '' || output, 'unit', 'tokens', 'rate_usd', '15', 'per', '1000000',
				'cost_usd', printf('%d.%012d', output * 15000000 / 1000000000000, output * 15000000 % 1000000000000))), NULL),
			json_array(json_object('n', 1, 'channel_id', 'ch_' || (m % 3), 'http_status', 200, 'result', 'billed', 'ms', 3000)),
			iif(ends = 'settled', json_object('input_tokens', fresh, 'cache_read_input_tokens', cached, 'cache_creation_input_tokens', 0,
				'output_tokens', output, 'service_tier', 'standard'), NULL),
			iif(ends = 'settled', NULL, json_object('kind', 'quota_exceeded', 'message', 'The limit of $5 per day for this key is reached.'))
		FROM priced`
	fillEntries = `INSERT INTO entry (call_id, simulated, kind, amount, basis, at)
		SELECT id, 0, 'charge', charge_pico, basis, ended_at FROM call WHERE state = 'settled' ORDER BY seq`
	fillLimitEntries = `INSERT INTO entry (call_id, limit_id, window_start, simulated, kind, amount, basis, at)
		SELECT call.id, limit_rule.id, started_at - started_at % 86400000, 0, 'charge', charge_pico, basis, ended_at
		FROM call JOIN limit_rule ON scope_id = key_id WHERE state = 'settled' ORDER BY seq`
	fillWindows = `INSERT INTO limit_window (limit_id, start, simulated, spent, held)
		SELECT limit_id, window_start, 0, sum(amount), 0 FROM entry WHERE limit_id IS NOT NULL GROUP BY limit_id, window_start`
	fillRollup = `INSERT INTO rollup (slot, key_id, channel_id, provider, model, simulated, calls, unpriced, estimated, cut, cost_pico, charge_pico,
			charge_tokens, charge_calls, compared_pico, without_cache_pico, input, cache_read, cache_write_5m, cache_write_1h, output)
		SELECT started_at - started_at % 900000 AS slot, key_id, channel_id, provider, model, 0, count(*), sum(cost_pico IS NULL),
			sum(basis = 'estimated'), sum(ending = 'upstream_cut'), sum(ifnull(cost_pico, 0)), sum(charge_pico), sum(charge_tokens),
			sum(charge_calls), sum(ifnull(cost_pico, 0)), sum(ifnull(without_cache_pico, 0)), sum(meters ->> 'input'),
			sum(meters ->> 'cache_read'), 0, 0, sum(meters ->> 'output')
		FROM call WHERE state = 'settled' GROUP BY slot, key_id, channel_id, provider, model`
	fillHours = `INSERT INTO rollup_hour SELECT slot - slot % 3600000 AS hour, key_id, channel_id, provider, model, simulated,
			sum(calls), sum(unpriced), sum(estimated), sum(cut), sum(cost_pico), sum(charge_pico), sum(charge_tokens), sum(charge_calls),
			sum(compared_pico), sum(without_cache_pico), sum(input), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(output)
		FROM rollup GROUP BY hour, key_id, channel_id, provider, model, simulated`
	fillUnsettled = `INSERT INTO unsettled_hour SELECT state, started_at - started_at % 3600000 AS hour, key_id, channel_id, model, 0, count(*)
		FROM call WHERE state <> 'settled' GROUP BY state, hour, key_id, channel_id, model`
	fillUpstream = `INSERT INTO upstream_day SELECT slot - slot % 86400000 AS day, channel_id, provider, model, 0, sum(charge_calls), sum(unpriced), sum(cost_pico),
			sum(input), sum(cache_read), 0, 0, sum(output), 0, 0, 0, 0, 0
		FROM rollup GROUP BY day, channel_id, provider, model`
	fillTotals = `INSERT INTO key_total SELECT key_id, 0, sum(charge_pico), sum(unpriced) FROM rollup GROUP BY key_id`
)
