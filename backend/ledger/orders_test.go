package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"weir/backend/gateway"
	"weir/backend/store"
)

// An order is what changes a ledger.
type order struct {
	name   string
	needs  string               // that it reads or writes
	before func(h *house) *Hold // what it needs, each time; nil: nothing
	do     func(h *house, ctx context.Context, hold *Hold) error
}

// held begins a call for an order to go on with.
func held(h *house) *Hold { return h.mustHold("key_a", dollars("1")) }

const (
	ofEnds  = "call call.holds call.state entry limit_window limit_window.extra rollup rollup_hour key_total upstream_day unsettled_hour"
	ofHolds = "call call.state call.hold_pico limit_window limit_window.extra unsettled_hour"
)

// orders are all that changes a ledger within one transaction. Each changes the same, how often it is given.
var orders = []order{
	{"a hold", ofHolds, nil, func(h *house, ctx context.Context, _ *Hold) error {
		_, err := h.Hold(ctx, Start{Call: h.call("key_a"), Hold: dollars("0.1")})
		return err
	}},
	{"a hold of what is left", ofHolds, nil, func(h *house, ctx context.Context, _ *Hold) error {
		_, err := h.Hold(ctx, Start{Call: h.call("key_a"), Fit: func(gateway.Amounts) gateway.Amounts { return dollars("0.1") }})
		return err
	}},
	{"a hold that a limit refuses", ofHolds, nil, func(h *house, ctx context.Context, _ *Hold) error {
		_, err := h.Hold(ctx, Start{Call: h.call("key_poor"), Hold: dollars("3")})
		var e *gateway.Error
		if errors.As(err, &e) && e.Kind == gateway.QuotaExceeded {
			return nil
		}
		return cmpErr(err)
	}},
	{"more of a hold", ofHolds, held, func(_ *house, ctx context.Context, hold *Hold) error { return hold.Extend(ctx, dollars("0.5")) }},
	{"a settlement", ofEnds, held, func(h *house, ctx context.Context, hold *Hold) error {
		return h.settleNow(ctx, detailed(settled(hold.call, dollars("0.5"))), hold)
	}},
	{"a settlement of what took more", ofEnds, func(h *house) *Hold {
		hold := held(h)
		hold.extended.Store(true)
		return hold
	}, func(h *house, ctx context.Context, hold *Hold) error {
		return h.settleNow(ctx, detailed(settled(hold.call, dollars("0.5"))), hold)
	}},
	{"a release", ofEnds, held, func(h *house, ctx context.Context, hold *Hold) error {
		o := settled(hold.call, gateway.Amounts{})
		o.Call.State = gateway.Released
		return h.settleNow(ctx, o, hold)
	}},
	{"a refusal", ofHolds, nil, func(h *house, ctx context.Context, _ *Hold) error { return h.Refuse(ctx, h.call("key_a")) }},
	{"limits", "limit_rule limit_rule.removed_at limit_rule.amount limit_window limit_carried entry rollup access_key call", func(h *house) *Hold {
		h.limit("grp_a", "8usd/day", "9calls/week")
		return nil
	}, func(h *house, ctx context.Context, _ *Hold) error {
		return h.SetLimits(ctx, gateway.ScopeGroup, "grp_a", []gateway.Limit{
			{Unit: gateway.USD, Window: gateway.Day, TZ: "UTC", Amount: 7e12, Hard: true},
			{Unit: gateway.Tokens, Window: gateway.Month, TZ: "UTC", Amount: 5e12, Hard: true}})
	}},
	{"more for a window", "limit_window limit_change", nil, func(h *house, ctx context.Context, _ *Hold) error {
		_, err := h.TopUp(ctx, h.firstLimit(), 5, "a reason", false)
		return err
	}},
	{"a window that begins anew", "limit_window limit_change entry", func(h *house) *Hold {
		if _, err := h.Reset(bg, h.firstLimit(), "a reason", false); err != nil {
			h.t.Fatal(err)
		}
		h.spend("key_a", dollars("1"))
		return nil
	}, func(h *house, ctx context.Context, _ *Hold) error {
		_, err := h.Reset(ctx, h.firstLimit(), "a reason", false)
		return err
	}},
	{"a reconciliation", "reconciliation", nil, func(h *house, ctx context.Context, _ *Hold) error {
		_, err := h.KeepReconciliation(ctx, Reconciliation{Name: "a.csv", Format: "x", Result: []byte(`{}`)})
		return err
	}},
	{"a reconciliation to forget", "reconciliation", func(h *house) *Hold {
		h.mustExec("INSERT OR REPLACE INTO reconciliation (id, name, format, imported_at, result) VALUES ('rec_1', 'a.csv', 'x', 0, '{}')")
		return nil
	}, func(h *house, ctx context.Context, _ *Hold) error { return h.ForgetReconciliation(ctx, "rec_1") }},
	{"a retention", "setting", nil, func(h *house, ctx context.Context, _ *Hold) error { return h.SetRetention(ctx, Retention{Months: 1}) }},
	{"the end of details", "setting call call.archived_at call.state", func(h *house) *Hold {
		for end := false; !end; {
			var err error
			if _, end, err = h.archive(bg, noon.AddDate(1, 0, 0), 50); err != nil {
				h.t.Fatal(err)
			}
		}
		h.spend("key_a", dollars("1"))
		return nil
	}, func(h *house, ctx context.Context, _ *Hold) error {
		_, _, err := h.archive(ctx, noon.AddDate(1, 0, 0), 50)
		return err
	}},
	{"progress", "call", func(h *house) *Hold {
		if err := h.saveProgress(bg); err != nil {
			h.t.Fatal(err)
		}
		hold := held(h)
		hold.Update(Progress{ChannelID: "ch_9", Provider: "openai"})
		return hold
	}, func(h *house, ctx context.Context, _ *Hold) error { return h.saveProgress(ctx) }},
	{"a spilled call", ofEnds, func(h *house) *Hold {
		if err := h.replayFiles(bg); err != nil {
			h.t.Fatal(err)
		}
		if err := h.spill.write(settled(h.call("key_a"), dollars("0.5"))); err != nil {
			h.t.Fatal(err)
		}
		return nil
	}, func(h *house, ctx context.Context, _ *Hold) error { return h.replayFiles(ctx) }},
	{"what an earlier start left", ofEnds, func(h *house) *Hold {
		h.recoverAll(bg)
		held(h)
		h.mustExec("UPDATE call SET boot_id = 0 WHERE state = 'open'")
		return nil
	}, (*house).recoverAll1},
}

func (h *house) settleNow(ctx context.Context, o Outcome, hold *Hold) error {
	s, err := h.settle(o, hold)
	if err != nil {
		return err
	}
	return h.st.Do(ctx, s.apply)
}

func cmpErr(err error) error {
	if err == nil {
		return errors.New("it was not refused")
	}
	return err
}

func (h *house) recoverAll(ctx context.Context) error {
	_, err := h.Recover(ctx, func(in Interrupted) Outcome { return settled(in.Call, dollars("0.5")) })
	return err
}

func (h *house) recoverAll1(ctx context.Context, _ *Hold) error { return h.recoverAll(ctx) }

// A content is all that lies in a ledger's tables.
type content struct {
	rows map[string]string // as text
	sums map[string]int64  // of what is counted, by table and column
}

// content reads all tables.
func (h *house) content() content {
	h.t.Helper()
	c := content{map[string]string{}, map[string]int64{}}
	names, _ := h.tables()
	for _, table := range names {
		rows, err := h.st.Read().Query("SELECT * FROM " + table)
		if err != nil {
			h.t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			h.t.Fatal(err)
		}
		row, dests := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			dests[i] = &row[i]
		}
		for rows.Next() {
			if err := rows.Scan(dests...); err != nil {
				h.t.Fatal(err)
			}
			c.rows[table] += fmt.Sprintln(row...)
			c.sums[table]++
			for i, v := range row {
				c.sums[table+"."+columns[i]] += weight(columns[i], v)
			}
		}
		if err := rows.Close(); err != nil {
			h.t.Fatal(err)
		}
	}
	delete(c.rows, "fault")
	return c
}

// weight is what a value adds to its column's sum: what is given to each row anew, and what is a note, weighs nothing.
func weight(column string, v any) int64 {
	switch v := v.(type) {
	case int64:
		switch {
		case column == "id" || column == "seq" || column == "n":
			return 0
		case column == "at" || strings.HasSuffix(column, "_at"):
			return 1 // times go on
		}
		return v
	case string:
		if column == "value" {
			return 0
		}
		return int64(len(v))
	}
	return 0
}

// more is what came to the sums between two times.
func (c content) more(before content) map[string]int64 {
	diff := map[string]int64{}
	for name, n := range c.sums {
		if n != before.sums[name] {
			diff[name] = n - before.sums[name]
		}
	}
	return diff
}

// An ordered is an order that is given again and again.
type ordered struct {
	order
	h    *house
	ctx  context.Context  // nil: somebody who stays
	want map[string]int64 // what it adds
}

// ready prepares the order, with nothing remembered that could be read.
func (o *ordered) ready() (*Hold, content) {
	o.h.t.Helper()
	var hold *Hold
	o.h.setTrouble("")
	if o.before != nil {
		hold = o.before(o.h)
	}
	if err := o.h.st.Do(bg, func(*store.Tx) error { clear(o.h.kept); return nil }); err != nil {
		o.h.t.Fatal(err)
	}
	return hold, o.h.content()
}

// learn gives the order without a fault.
func (o *ordered) learn() {
	o.h.t.Helper()
	for range 2 {
		hold, before := o.ready()
		if err := o.do(o.h, bg, hold); err != nil {
			o.h.t.Fatalf("%s: %v", o.name, err)
		}
		o.want = o.h.content().more(before)
	}
}

// under gives the order under a fault: all is done as without the fault, or it is an error and nothing is; an error may
// also come behind what is done.
func (o *ordered) under(name string, wrong, right []string) (failed bool) {
	o.h.t.Helper()
	hold, before := o.ready()
	o.h.suffer(wrong)
	ctx := bg
	if o.ctx != nil {
		ctx = o.ctx
	}
	err := o.do(o.h, ctx, hold)
	o.h.suffer(right)
	after := o.h.content()
	switch {
	case err == nil && !maps.Equal(after.more(before), o.want):
		o.h.t.Errorf("%s, when %s: no error, and it changed %v, want %v", o.name, name, after.more(before), o.want)
	case err != nil && !maps.Equal(after.rows, before.rows) && !maps.Equal(after.more(before), o.want):
		o.h.t.Errorf("%s, when %s: %v, and it changed %v", o.name, name, err, after.more(before))
	}
	return err != nil
}

// ordering is a ledger for orders, with no upkeep beside them.
func ordering(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.join("key_a", "grp_a")
	h.limit("key_a", "500usd/day", "9000calls/total")
	h.limit("key_poor", "1usd/total")
	h.limit("", "900usd/month")
	h.spend("key_a", dollars("1"))
	if _, err := h.KeepReconciliation(bg, Reconciliation{Name: "a.csv", Format: "x", Result: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	h.rest()
	return h
}

// TestAnOrderIsDoneWhollyOrNotAtAll, whatever it cannot find.
func TestAnOrderIsDoneWhollyOrNotAtAll(t *testing.T) {
	for _, o := range orders {
		t.Run(o.name, func(t *testing.T) {
			h := ordering(t)
			given := ordered{order: o, h: h}
			given.learn()
			failed := false
			for _, f := range h.lost() {
				if slices.Contains(strings.Fields(o.needs), f.of) {
					failed = given.under(f.name, f.wrong, f.right) || failed
				}
			}
			if !failed {
				t.Error("no fault mattered")
			}
			h.check()
		})
	}
}

// TestAnOrderWhoseNthRowCannotBeWritten, for each n that there is, changes nothing.
func TestAnOrderWhoseNthRowCannotBeWritten(t *testing.T) {
	for _, o := range orders {
		t.Run(o.name, func(t *testing.T) {
			h := ordering(t)
			given := ordered{order: o, h: h}
			given.learn()
			h.countWrites()
			n := 1
			for given.under(fmt.Sprintf("row %d cannot be written", n), []string{fmt.Sprintf("UPDATE fault SET n = %d", n)}, []string{"UPDATE fault SET n = -1"}) {
				if n++; n > 100 {
					t.Fatal("it fails for ever")
				}
			}
			if n == 1 {
				t.Error("it writes nothing")
			}
			h.mustExec("DROP TABLE fault")
		})
	}
}

// countWrites has the row that counts down to zero be one that cannot be written.
func (h *house) countWrites() {
	names, _ := h.tables()
	h.mustExec("CREATE TABLE fault (n INTEGER)")
	h.mustExec("INSERT INTO fault VALUES (-1)")
	for _, table := range names {
		for _, act := range []string{"INSERT", "UPDATE", "DELETE"} {
			h.mustExec(fmt.Sprintf(`CREATE TRIGGER fault_%[1]s_%[2]s BEFORE %[2]s ON %[1]s BEGIN
				UPDATE fault SET n = n - 1; SELECT RAISE(ABORT, 'it cannot be written') WHERE (SELECT n FROM fault) = 0; END`, table, act))
		}
	}
}
