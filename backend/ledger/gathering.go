package ledger

import (
	"fmt"

	"weir/backend/gateway"
	"weir/backend/store"
)

// A gathering is what the calls of one commit hold in limits' windows and add to the rollup: many
// calls of one key change the same few rows.
type gathering struct {
	kept      map[windowKey]window // the ledger's
	windows   map[windowKey]*window
	rollups   map[rollupKey]*rolled
	upstreams map[upstreamKey]*upstreamSums
	unsettled map[unsettledKey]int64
}

// A windowKey names a window of a limit.
type windowKey struct {
	limit     string
	start     int64
	simulated bool
}

// A window is its row.
type window struct {
	spent, held int64
	extra       int64
	changed     bool
}

// gathering returns what the ops of this commit share.
func (l *Ledger) gathering(tx *store.Tx) (*gathering, error) {
	shared, err := tx.Sum("ledger", func() store.Sum {
		return &gathering{kept: l.kept, windows: map[windowKey]*window{}, rollups: map[rollupKey]*rolled{},
			upstreams: map[upstreamKey]*upstreamSums{}}
	})
	if err != nil {
		return nil, err
	}
	return shared.(*gathering), nil
}

const (
	readWindow  = `SELECT spent, held, extra FROM limit_window WHERE limit_id = ? AND start = ? AND simulated = ?`
	writeWindow = `INSERT INTO limit_window (limit_id, start, simulated, spent, held, extra) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET spent = excluded.spent, held = excluded.held, extra = excluded.extra`
)

// window returns a limit's window as the calls before left it, to be changed.
func (g *gathering) window(tx *store.Tx, of windowKey) (*window, error) {
	if w, ok := g.windows[of]; ok {
		return w, nil
	}
	if kept, ok := g.kept[of]; ok {
		g.windows[of] = &kept
		return &kept, nil
	}
	w := &window{}
	row, err := tx.Change(readWindow, of.limit, of.start, of.simulated)
	if err != nil {
		return nil, fmt.Errorf("read a limit's window: %w", err)
	}
	if row != nil {
		w.spent, w.held = row[0].(int64), row[1].(int64)
		w.extra = row[2].(int64)
	}
	g.windows[of] = w
	return w, nil
}

// Write implements store.Sum.
func (g *gathering) Write(tx *store.Tx) error {
	for of, w := range g.windows {
		if !w.changed {
			continue
		}
		delete(g.kept, of) // the row is the truth until the commit stands
		if _, err := tx.Exec(writeWindow, of.limit, of.start, of.simulated, w.spent, w.held, w.extra); err != nil {
			return fmt.Errorf("write a limit's window: %w", err)
		}
	}
	if err := g.writeRollups(tx); err != nil {
		return err
	}
	if err := g.writeUnsettled(tx); err != nil {
		return err
	}
	return g.writeUpstreams(tx)
}

// mostKept bounds the windows that are remembered; what is forgotten is read again.
const mostKept = 1024

// Committed implements store.Sum.
func (g *gathering) Committed() {
	if len(g.kept)+len(g.windows) > mostKept {
		clear(g.kept)
	}
	for of, w := range g.windows {
		g.kept[of] = window{spent: w.spent, held: w.held, extra: w.extra}
	}
}

const addTotal = `INSERT INTO key_total (key_id, simulated, charge_pico, unpriced) VALUES (?, ?, ?, ?)
	ON CONFLICT DO UPDATE SET charge_pico = charge_pico + excluded.charge_pico, unpriced = unpriced + excluded.unpriced`

// writeRollups adds to the rollup, and the same to its hours and to what each key was charged in all.
func (g *gathering) writeRollups(tx *store.Tx) error {
	hours, totals := map[rollupKey]*rolled{}, map[rollupKey]*rolled{}
	for of, r := range g.rollups {
		if _, err := tx.Exec(addRollup, r.args(of)...); err != nil {
			return fmt.Errorf("add to the rollup: %w", err)
		}
		addTo(totals, rollupKey{key: of.key, simulated: of.simulated}, r)
		of.slot = hourAt(of.slot)
		addTo(hours, of, r)
	}
	for of, r := range hours {
		if _, err := tx.Exec(addHour, r.args(of)...); err != nil {
			return fmt.Errorf("add to the hours of the rollup: %w", err)
		}
	}
	for of, r := range totals {
		if _, err := tx.Exec(addTotal, of.key, of.simulated, r[rolledCharge], r[rolledUnpriced]); err != nil {
			return fmt.Errorf("add to a key's total: %w", err)
		}
	}
	return nil
}

// A setAside is one limit's window that a call holds an amount in.
type setAside struct {
	Limit string       `json:"limit"`
	Unit  gateway.Unit `json:"unit"`
	Start int64        `json:"start"`
}

func (s setAside) of(simulated bool) windowKey { return windowKey{s.Limit, s.Start, simulated} }
