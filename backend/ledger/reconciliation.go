package ledger

import (
	"context"
	"fmt"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/frontend/src/i18n"
)

// A Reconciliation is a provider's own account of its days, laid beside ours.
type Reconciliation struct {
	ID     string
	Name   string // of the file
	Format string
	At     time.Time
	Result []byte // JSON, as who laid them side by side writes it
}

const (
	mostReconciliations   = 50
	insertReconciliation  = `INSERT INTO reconciliation (id, name, format, imported_at, result) VALUES (?, ?, ?, ?, ?)`
	forgetReconciliations = `DELETE FROM reconciliation WHERE seq NOT IN (SELECT seq FROM reconciliation ORDER BY seq DESC LIMIT ?)`
	deleteReconciliation  = `DELETE FROM reconciliation WHERE id = ?`
	selectReconciliations = `SELECT id, name, format, imported_at, result FROM reconciliation WHERE ? = '' OR id = ? ORDER BY seq DESC`
)

// KeepReconciliation keeps a result, and forgets the oldest of too many. It returns it with its id and time.
func (l *Ledger) KeepReconciliation(ctx context.Context, r Reconciliation) (Reconciliation, error) {
	r.ID, r.At = newID("rec_"), l.clock().UTC()
	err := l.st.Do(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(insertReconciliation, r.ID, r.Name, r.Format, r.At.UnixMilli(), string(r.Result)); err != nil {
			return err
		}
		_, err := tx.Exec(forgetReconciliations, mostReconciliations)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("keep a reconciliation: %w", err)
	}
	return r, nil
}

// Reconciliations returns what is kept, the newest first.
func (l *Ledger) Reconciliations(ctx context.Context) ([]Reconciliation, error) {
	return l.reconciliations(ctx, "")
}

func (l *Ledger) reconciliations(ctx context.Context, id string) ([]Reconciliation, error) {
	rows, err := l.st.Read().QueryContext(ctx, selectReconciliations, id, id)
	if err != nil {
		return nil, fmt.Errorf("list reconciliations: %w", err)
	}
	defer rows.Close()
	var all []Reconciliation
	for rows.Next() {
		var r Reconciliation
		var at int64
		if err := rows.Scan(&r.ID, &r.Name, &r.Format, &at, &r.Result); err != nil {
			return nil, fmt.Errorf("read a reconciliation: %w", err)
		}
		r.At = utc(at)
		all = append(all, r)
	}
	return all, rows.Err()
}

// Reconciliation returns one that is kept, or a NotFound error.
func (l *Ledger) Reconciliation(ctx context.Context, id string) (Reconciliation, error) {
	all, err := l.reconciliations(ctx, id)
	if err != nil {
		return Reconciliation{}, err
	}
	if id == "" || len(all) == 0 {
		return Reconciliation{}, noReconciliation(id)
	}
	return all[0], nil
}

// ForgetReconciliation removes one that is kept.
func (l *Ledger) ForgetReconciliation(ctx context.Context, id string) error {
	var known bool
	err := l.st.Do(ctx, func(tx *store.Tx) (err error) {
		known, err = changes(tx, deleteReconciliation, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove a reconciliation: %w", err)
	}
	if !known {
		return noReconciliation(id)
	}
	return nil
}

func noReconciliation(id string) error {
	return &gateway.Error{Kind: gateway.NotFound, Field: "id", Message: i18n.T("error.reconcile.no_such", "id", id)}
}
