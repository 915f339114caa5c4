package crash

import (
	"database/sql"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the driver that the program itself uses

	"weir/billing"
	"weir/test/standin"
	"weir/test/standin/program"
)

// A tally is what the ledger said so far: later rounds may add to it and change nothing.
type tally struct {
	newest  string // the last call that was seen
	rows    int
	charged map[string]billing.Money // by key
	settled map[string]int           // by key
}

// verify reads what the ledger has that it had not before and compares it with the round's calls.
func (s *stage) verify(t *testing.T, sent calls) {
	t.Helper()
	s.idle(t)
	rows, err := s.home.Calls(t.Context(), func(c program.Call) bool { return c.ID == s.ledger.newest })
	if err != nil {
		t.Fatal(err)
	}
	byID, byModel := map[string]program.Call{}, map[string][]program.Call{}
	for _, r := range rows {
		if _, twice := byID[r.ID]; twice {
			t.Errorf("call %s is in the list twice", r.ID)
		}
		byID[r.ID] = r
		byModel[r.Model] = append(byModel[r.Model], r)
		s.add(t, r)
	}
	if len(rows) > 0 {
		s.ledger.newest = rows[0].ID
	}
	for _, c := range sent {
		c.check(t, byID)
	}
	seen := s.up.Journal.Take()
	checkNamed(t, seen, byModel)
	checkCounts(t, seen, sent, rows)
	s.checkSpent(t)
}

// idle waits until nothing is held: what the last round left open is settled by then.
func (s *stage) idle(t *testing.T) {
	t.Helper()
	var last []program.Key
	ok, err := program.Until(t.Context(), program.Patience, func() (bool, error) {
		var err error
		last, err = s.home.Keys(t.Context())
		for _, k := range last {
			for _, l := range k.Limits {
				if l.Held != "0" {
					return false, err
				}
			}
		}
		return true, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		t.Errorf("a hold is left after the start: %+v", last)
	}
}

// add enters a row into the tally.
func (s *stage) add(t *testing.T, r program.Call) {
	t.Helper()
	if s.ledger.charged == nil {
		s.ledger.charged, s.ledger.settled = map[string]billing.Money{}, map[string]int{}
	}
	charge, err := billing.ParseMoney(r.ChargeUSD)
	if err != nil {
		t.Errorf("call %s: charge %q: %v", r.ID, r.ChargeUSD, err)
		return
	}
	s.ledger.rows++
	s.ledger.charged[r.KeyID] = s.ledger.charged[r.KeyID].Add(charge)
	switch {
	case r.State == "settled":
		s.ledger.settled[r.KeyID]++
	case r.State == "open":
		t.Errorf("call %s is still open", r.ID)
	case charge.Pico() != 0:
		t.Errorf("call %s is %s and charged %s", r.ID, r.State, charge)
	}
}

// check compares one call with its row.
func (c *call) check(t *testing.T, byID map[string]program.Call) {
	t.Helper()
	if c.id == "" {
		return // no header came: the counts and the models' names tell of it
	}
	row, ok := byID[c.id]
	switch {
	case !ok:
		t.Errorf("%s: call %s, of which the client read the header, is not in the ledger", c.nonce, c.id)
	case row.KeyID != c.key.ID || row.Model != c.model || row.Stream != c.stream:
		t.Errorf("%s: row %s is of %s, %s, stream %v", c.nonce, c.id, row.KeyID, row.Model, row.Stream)
	case c.acked():
		c.checkExact(t, row)
	case c.ended && c.status == http.StatusTooManyRequests && row.State != "released":
		t.Errorf("%s: a call that the upstream turned away is %s, want released", c.nonce, row.State)
	case c.ended && c.status == http.StatusPaymentRequired && row.State != "refused":
		t.Errorf("%s: a call over the limit is %s, want refused", c.nonce, row.State)
	}
}

// checkExact checks the row of an answer that was read to its end.
func (c *call) checkExact(t *testing.T, row program.Call) {
	t.Helper()
	if row.State != "settled" || row.Basis != "exact" || row.End != "finished" {
		t.Errorf("%s: an answer read to its end is %s, %s, %s, want settled, exact, finished", c.nonce, row.State, row.Basis, row.End)
	}
	got := maps.Clone(row.Meters)
	maps.DeleteFunc(got, func(_ string, n int64) bool { return n == 0 })
	if want := c.usage.Meters(c.dialect); !maps.Equal(got, want) {
		t.Errorf("%s: meters = %v, want %v", c.nonce, got, want)
	}
	if c.key.named {
		if row.CostUSD != nil || row.PriceStatus != "unpriced" {
			t.Errorf("%s: a model without a price is %s, cost %v, want unpriced and null", c.nonce, row.PriceStatus, row.CostUSD)
		}
		return
	}
	var sum billing.Money
	for _, line := range row.Lines {
		cost, err := billing.ParseMoney(line.CostUSD)
		if err != nil {
			t.Errorf("%s: line %s costs %q: %v", c.nonce, line.What, line.CostUSD, err)
		}
		sum = sum.Add(cost)
	}
	if row.CostUSD == nil || *row.CostUSD != sum.String() || row.ChargeUSD != sum.String() || sum.Pico() <= 0 {
		t.Errorf("%s: cost %v, charge %s, want the lines' sum %s", c.nonce, row.CostUSD, row.ChargeUSD, sum)
	}
}

// checkNamed checks the calls whose model names them: each that the upstream saw has one row, settled once.
func checkNamed(t *testing.T, seen []standin.Entry, byModel map[string][]program.Call) {
	t.Helper()
	times := map[string]int{}
	for _, e := range seen {
		if !strings.HasPrefix(e.Model, "chaos:") || e.Op != "chat" && e.Op != "messages" {
			continue
		}
		times[e.Model]++
		rows := byModel[e.Model]
		if len(rows) != 1 || times[e.Model] != 1 {
			t.Errorf("%s: came to the upstream %d times and has %d rows, want one each", e.Nonce, times[e.Model], len(rows))
			continue
		}
		if state := rows[0].State; state == "refused" || e.Billed == standin.Billed && state != "settled" {
			t.Errorf("%s: billed %s at the upstream and %s in the ledger", e.Nonce, e.Billed, state)
		}
	}
}

// checkCounts checks the calls that share a model: the ledger has at least those that the upstream saw and at most
// those that were sent.
func checkCounts(t *testing.T, seen []standin.Entry, sent calls, rows []program.Call) {
	t.Helper()
	type kind struct {
		key, model string
		stream     bool
	}
	atUpstream, atClients, held, all := map[kind]int{}, map[kind]int{}, map[kind]int{}, map[kind]int{}
	for _, e := range seen {
		if c := sent[e.Nonce]; c != nil {
			atUpstream[kind{c.key.ID, c.model, c.stream}]++
		}
	}
	for _, c := range sent {
		atClients[kind{c.key.ID, c.model, c.stream}]++
	}
	for _, r := range rows {
		k := kind{r.KeyID, r.Model, r.Stream}
		all[k]++
		if r.State != "refused" {
			held[k]++
		}
	}
	for k, n := range atUpstream {
		if held[k] < n {
			t.Errorf("%v: the upstream saw %d calls, the ledger has %d", k, n, held[k])
		}
	}
	for k, n := range all {
		if n > atClients[k] {
			t.Errorf("%v: the ledger has %d calls, %d were sent", k, n, atClients[k])
		}
	}
}

// checkSpent checks that each limit has spent what the rows say.
func (s *stage) checkSpent(t *testing.T) {
	t.Helper()
	keys, err := s.home.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		for _, l := range k.Limits {
			want := map[string]string{
				"usd":   s.ledger.charged[k.ID].String(),
				"calls": fmt.Sprint(s.ledger.settled[k.ID]),
			}[l.Unit]
			if want != "" && l.Spent != want {
				t.Errorf("key %q: %s spent = %s, want %s", k.Name, l.Unit, l.Spent, want)
			}
		}
	}
}

// book reads the file itself once the program has ended: nothing open, nothing held, nothing charged twice.
func (s *stage) book(t *testing.T) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.home.Dir, "ledger.db")+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, check := range []struct{ what, query, want string }{
		{"the file is sound", `PRAGMA quick_check`, "ok"},
		{"rows", `SELECT count(*) FROM call`, fmt.Sprint(s.ledger.rows)},
		{"rows with an id of their own", `SELECT count(DISTINCT id) FROM call`, fmt.Sprint(s.ledger.rows)},
		{"open calls", `SELECT count(*) FROM call WHERE state = 'open'`, "0"},
		{"holds", `SELECT count(*) FROM call WHERE holds IS NOT NULL`, "0"},
		{"windows that hold something", `SELECT count(*) FROM limit_window WHERE held <> 0`, "0"},
		{"charges made twice", `SELECT count(*) FROM (SELECT 1 FROM entry WHERE kind = 'charge'
			GROUP BY call_id, limit_id, window_start HAVING count(*) > 1)`, "0"},
		{"windows that are not the sum of their entries", `SELECT count(*) FROM limit_window w
			LEFT JOIN (SELECT limit_id, window_start, sum(amount) AS amount FROM entry GROUP BY 1, 2) e
			ON e.limit_id = w.limit_id AND e.window_start = w.start WHERE w.spent <> coalesce(e.amount, 0)`, "0"},
		{"settled calls without an entry", `SELECT count(*) FROM call WHERE state = 'settled' AND charge_pico > 0
			AND id NOT IN (SELECT call_id FROM entry WHERE kind = 'charge' AND limit_id IS NULL)`, "0"},
	} {
		var got string
		if err := db.QueryRowContext(t.Context(), check.query).Scan(&got); err != nil {
			t.Errorf("%s: %v", check.what, err)
		} else if got != check.want {
			t.Errorf("%s = %s, want %s", check.what, got, check.want)
		}
	}
}
