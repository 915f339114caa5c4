package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// A Page is a part of a list of calls, newest first.
type Page struct {
	At    string // the call that was written last when the list was first read; empty: there was none
	Calls []gateway.Call
	Tally *Tally // of the whole list; nil when the list was known
}

// A Tally says how many calls a list has and what they were charged. Its money is that of
// real calls or, until there is one, of simulated ones.
type Tally struct {
	Calls     int64
	Charged   billing.Money
	Unpriced  int64 // calls that Charged does not know the whole cost of
	Simulated int64 // simulated calls that Charged leaves out; of a list of all states, the settled ones
}

// A Place is a part of a list. Only calls that were there when At was the last one count,
// so that offsets stay true while new ones come; without At the list is read anew.
type Place struct {
	At     string
	Offset int
}

const (
	lastCall = `SELECT id, seq FROM call ORDER BY seq DESC LIMIT 1`
	callSeq  = `SELECT id, seq FROM call WHERE id = ?`
)

// Page returns a part of a filter's list, as long as the filter's limit. All of it is of one moment.
func (l *Ledger) Page(ctx context.Context, f Filter, place Place) (Page, error) {
	real, err := l.HasReal(ctx)
	if err != nil {
		return Page{}, err
	}
	tx, err := l.st.Read().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return Page{}, fmt.Errorf("list calls: %w", err)
	}
	defer tx.Rollback() // nothing was written: its error says nothing
	var p Page
	var seq int64
	query, args := lastCall, []any(nil)
	if place.At != "" {
		query, args = callSeq, []any{place.At}
	}
	err = tx.QueryRowContext(ctx, query, args...).Scan(&p.At, &seq)
	switch {
	case errors.Is(err, sql.ErrNoRows) && place.At != "":
		return Page{}, noCall("at", place.At)
	case errors.Is(err, sql.ErrNoRows):
		return Page{Tally: &Tally{}}, nil
	case err != nil:
		return Page{}, fmt.Errorf("find where the list begins: %w", err)
	}
	if place.At == "" {
		if f.Over != nil {
			p.Tally, err = l.tallyOver(ctx, tx, f, !real, seq)
		} else {
			p.Tally, err = f.tally(ctx, tx, !real)
		}
		if err != nil {
			return Page{}, err
		}
	}
	p.Calls, err = f.page(ctx, tx, seq, place.Offset)
	return p, err
}

// page reads a part of the list of the calls up to one.
func (f Filter) page(ctx context.Context, tx *sql.Tx, upTo int64, offset int) ([]gateway.Call, error) {
	if f.State == gateway.Settled && f.Over == nil && !f.Unpriced {
		near, long, err := f.near(ctx, tx, upTo, offset+f.most())
		if err != nil {
			return nil, err
		}
		if long {
			if calls, err := near.read(ctx, tx, upTo, offset); err != nil || len(calls) == f.most() {
				return calls, err
			}
		}
	}
	return f.read(ctx, tx, upTo, offset)
}

// near is a filter for settled calls with a later begin, behind which as many mostly lie as are wanted: to know which
// calls are not settled takes the longer the more of them are looked at. long is false where there are no more calls
// than that.
func (f Filter) near(ctx context.Context, tx *sql.Tx, upTo int64, wanted int) (near Filter, long bool, err error) {
	near = f
	f.State = ""
	w := f.where()
	w.and("seq <= ?", upTo)
	query := "SELECT started_at FROM call WHERE " + w.text + " ORDER BY started_at DESC, seq DESC LIMIT 1 OFFSET ?"
	others := wanted/4 + 100 // of as many calls, those that are not settled: mostly fewer
	var begin int64
	err = tx.QueryRowContext(ctx, query, append(w.args, wanted+others)...).Scan(&begin)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return near, false, nil
	case err != nil:
		return near, false, fmt.Errorf("find where a part of the list begins: %w", err)
	}
	near.Since = time.UnixMilli(begin)
	return near, true, nil
}

func (f Filter) read(ctx context.Context, tx *sql.Tx, upTo int64, offset int) ([]gateway.Call, error) {
	query, args := f.paging(upTo, offset)
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list calls: %w", err)
	}
	return scanCalls(rows)
}

// paging writes the query of a page. The rows' places are found in an index alone, as
// skipping whole rows would read all that they hold.
func (f Filter) paging(upTo int64, offset int) (query string, args []any) {
	settled := f.State == gateway.Settled
	if settled {
		f.State = ""
	}
	w := f.where()
	if settled { // what few indexes have is the state
		others := f.others()
		w.and("seq NOT IN (SELECT seq FROM call INDEXED BY call_state WHERE "+others.text+")", others.args...)
	}
	w.and("seq <= ?", upTo)
	query = "SELECT " + callColumns + " FROM (SELECT seq AS place FROM call " + f.few() + " WHERE " + w.text +
		" ORDER BY started_at DESC, seq DESC LIMIT ? OFFSET ?) CROSS JOIN call ON call.seq = place ORDER BY started_at DESC, seq DESC"
	return query, append(w.args, f.most(), offset)
}

// others are the filter's calls that are not settled.
func (f Filter) others() where {
	w := f.span()
	w.and(unsettled)
	w.and("state IN ('open', 'released', 'refused')")
	return w
}

func (f Filter) tally(ctx context.Context, tx *sql.Tx, simulated bool) (*Tally, error) {
	query, args := f.tallying(simulated)
	var t Tally
	var charged int64
	if err := tx.QueryRowContext(ctx, query, args...).Scan(&t.Calls, &charged, &t.Unpriced, &t.Simulated); err != nil {
		return nil, fmt.Errorf("count calls: %w", err)
	}
	t.Charged = billing.Pico(charged)
	return &t, nil
}

// tallying writes the query that counts the calls of a list without an amount and adds up their charges.
func (f Filter) tallying(simulated bool) (query string, args []any) {
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if !f.Since.IsZero() {
		from = slotAfter(f.Since.UnixMilli())
	}
	if !f.Until.IsZero() {
		to = slotAt(f.Until.UnixMilli())
	}
	parts := []where{f.rows()}
	if rolled := !f.Failed && !f.Unpriced && (f.State == "" || f.State == gateway.Settled); rolled && from <= to {
		parts = f.rolled(from, to)
	}
	query = "SELECT ifnull(sum(n), 0), ifnull(sum(charged * (simulated = ?)), 0), ifnull(sum(missing * (simulated = ?)), 0), ifnull(sum(n * (simulated > ?)), 0) FROM ("
	args = []any{simulated, simulated, simulated}
	for i, p := range parts {
		if i > 0 {
			query += " UNION ALL "
		}
		query += p.text
		args = append(args, p.args...)
	}
	return query + ")", args
}

// rows counts by the calls themselves.
func (f Filter) rows() where {
	w := f.where()
	leftOut := "simulated"
	if f.State == "" && !f.Failed && !f.Unpriced {
		leftOut += " AND state = 'settled'" // as the rollup counts them
	}
	charged, missing := "charge_pico", unpriced+" AND "+paid
	if f.State != "" && f.State != gateway.Settled {
		charged, missing = "0", "0" // nobody is charged for them
	}
	w.text = "SELECT 1 AS n, " + charged + " AS charged, " + missing + " AS missing, (" + leftOut + ") AS simulated FROM call " + f.few() + " WHERE " + w.text
	return w
}

// few names the index of a list of few calls, whatever else it asks for: it has all that the list is chosen by and
// that is added up of it, and without a word SQLite would read the rows of a whole key. Empty: there is none.
func (f Filter) few() string {
	switch {
	case f.Unpriced:
		return "INDEXED BY call_unpriced"
	case f.Failed:
		return "INDEXED BY call_failed"
	case f.State != "" && f.State != gateway.Settled:
		return "INDEXED BY call_state"
	}
	return ""
}

// rolled counts settled calls by the rollup, between its edges, and only the others by themselves.
func (f Filter) rolled(from, to int64) []where {
	w, table := f.whose(), "rollup"
	w.and("slot >= ? AND slot < ?", from, to)
	if f.Since.IsZero() && f.Until.IsZero() {
		table = "rollup_hour" // all of time is full hours
	}
	w.text = "SELECT calls AS n, charge_pico AS charged, unpriced AS missing, simulated FROM " + table + " WHERE " + w.text
	parts := []where{w}
	if f.State == "" {
		others := f.others()
		// Few calls are not settled: to look at all of these is quicker than to look at all of a key.
		others.text = "SELECT count(*), 0, 0, 0 FROM call INDEXED BY call_state WHERE " + others.text
		parts = append(parts, others)
	}
	f.State = gateway.Settled
	if !f.Since.IsZero() {
		first := f.rows()
		first.and("started_at < ?", from)
		parts = append(parts, first)
	}
	if !f.Until.IsZero() {
		last := f.rows()
		last.and("started_at >= ?", to)
		parts = append(parts, last)
	}
	return parts
}
