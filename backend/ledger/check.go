package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// invariants are queries that find nothing in a sound ledger. Each names what it
// found in its one column.
var invariants = []struct{ rule, query string }{
	{"a call has ended when, and only when, it is not open",
		`SELECT id FROM call WHERE (state = 'open') <> (ended_at IS NULL)`},
	{"a settled call has charged the account what its entries say",
		`SELECT id FROM call WHERE state = 'settled' AND charge_pico IS NOT
			(SELECT sum(amount) FROM entry WHERE call_id = call.id AND limit_id IS NULL AND kind = 'charge')
			+ (SELECT ifnull(sum(amount), 0) FROM entry WHERE call_id = call.id AND limit_id IS NULL AND kind <> 'charge' AND call_id IS NOT NULL)`},
	{"no other call charges anything",
		`SELECT call.id FROM call JOIN entry ON entry.call_id = call.id AND entry.kind = 'charge' WHERE call.state <> 'settled'`},
	{"an entry belongs to a call of its own kind",
		`SELECT entry.id FROM entry LEFT JOIN call ON call.id = entry.call_id
			WHERE entry.call_id IS NOT NULL AND call.simulated IS NOT entry.simulated`},
	{"a charge is never negative",
		`SELECT id FROM entry WHERE kind = 'charge' AND amount < 0`},
	{"a window has spent the sum of its entries",
		`SELECT limit_id || ' ' || start || ' ' || simulated FROM (
			SELECT limit_id, start, simulated, spent AS n FROM limit_window
			UNION ALL SELECT limit_id, window_start, simulated, -amount FROM entry WHERE limit_id IS NOT NULL)
			GROUP BY limit_id, start, simulated HAVING sum(n) <> 0`},
	{"a window may reach what was added to it",
		`SELECT limit_id || ' ' || start || ' ' || simulated FROM (
			SELECT limit_id, start, simulated, extra AS n FROM limit_window
			UNION ALL SELECT limit_id, window_start, simulated, -amount FROM limit_change WHERE kind = 'topup')
			GROUP BY limit_id, start, simulated HAVING sum(n) <> 0`},
	{"an entry of a limit has its window",
		`SELECT entry.id FROM entry LEFT JOIN limit_window AS w
			ON w.limit_id = entry.limit_id AND w.start = entry.window_start AND w.simulated = entry.simulated
			WHERE entry.limit_id IS NOT NULL AND w.limit_id IS NULL`},
	{"a window holds what its open calls hold",
		`SELECT limit_id || ' ' || start || ' ' || simulated FROM (
			SELECT limit_id, start, simulated, held AS n FROM limit_window
			UNION ALL SELECT each.value ->> 'limit', each.value ->> 'start', simulated,
				-CASE each.value ->> 'unit' WHEN 'usd' THEN hold_pico WHEN 'tokens' THEN hold_tokens ELSE hold_calls END
			FROM call, json_each(call.holds) AS each WHERE state = 'open' AND state <> 'settled')
			GROUP BY limit_id, start, simulated HAVING sum(n) <> 0`},
	{"only an open call holds anything",
		`SELECT id FROM call WHERE holds IS NOT NULL AND state <> 'open'`},
	{"a call holds by its limits' units",
		`SELECT call.id FROM call, json_each(call.holds) AS each LEFT JOIN limit_rule ON limit_rule.id = each.value ->> 'limit'
			WHERE state = 'open' AND state <> 'settled' AND limit_rule.unit IS NOT each.value ->> 'unit'`},
	{"a key's total is the sum of its rollup",
		`SELECT key_id || ' ' || simulated FROM (
			SELECT key_id, simulated, charge_pico AS charge, unpriced AS missing FROM key_total
			UNION ALL SELECT key_id, simulated, -charge_pico, -unpriced FROM rollup)
			GROUP BY key_id, simulated HAVING sum(charge) <> 0 OR sum(missing) <> 0`},
	{"an hour is the sum of its quarters, in each of its columns", unequalHours},
	{"the rollup is the sum of the settled calls, in each of its columns", unequalRollup},
	{"an hour counts the calls that were released and refused", unequalUnsettled},
	{"a provider's day is the sum of its settled calls, in each of its columns", unequalUpstream},
	{"a repricing changed as many calls, by as much, as it says", unequalRepricing},
}

// Check proves the ledger's invariants on what is committed. Its error names each broken rule with one row that breaks it.
func (l *Ledger) Check(ctx context.Context) error {
	tx, err := l.st.Read().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("check the ledger: %w", err)
	}
	defer tx.Rollback() // nothing was written: its error says nothing
	var broken []error
	for _, inv := range invariants {
		var row string
		err := tx.QueryRowContext(ctx, inv.query+" LIMIT 1").Scan(&row)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return fmt.Errorf("check that %s: %w", inv.rule, err)
		}
		broken = append(broken, fmt.Errorf("not so: %s (%s)", inv.rule, row))
	}
	return errors.Join(broken...)
}
