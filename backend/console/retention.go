package console

import (
	"context"

	"weir/backend/ledger"
)

// A Retention says how long calls keep what explains them, and what the ledger takes on the disk.
type Retention struct {
	Months         *int    `json:"months"`          // a call that started so long ago loses its details; null: none does
	Megabytes      *int64  `json:"megabytes"`       // while the ledger takes more, the oldest calls lose theirs; null: none do
	FileBytes      int64   `json:"file_bytes"`      // of the ledger
	FreeBytes      int64   `json:"free_bytes"`      // of these, what new calls fill before the file grows
	ArchivedCalls  int64   `json:"archived_calls"`  // that have lost their details
	ArchivedUntil  *string `json:"archived_until"`  // when the last of these started
	OldestDetailed *string `json:"oldest_detailed"` // when the oldest call started that has them
	Running        bool    `json:"running"`         // details are being removed now
	CompactSeconds int64   `json:"compact_seconds"` // about so long calls would wait for retention.compact
}

// RetentionPreview says what a retention would do now.
type RetentionPreview struct {
	Calls  int64   `json:"calls"`  // that would lose their details
	Bytes  int64   `json:"bytes"`  // about so many would be free then
	Before *string `json:"before"` // these calls started before
	Enough bool    `json:"enough"` // the ledger would be no larger than wanted
}

// SetRetention is what retention.set and retention.preview take: both bounds as they shall be, null for none.
type SetRetention struct {
	Months    *int   `json:"months"`
	Megabytes *int64 `json:"megabytes"`
}

func (a SetRetention) bounds() (r ledger.Retention) {
	if a.Months != nil {
		r.Months = *a.Months
	}
	if a.Megabytes != nil {
		r.Megabytes = *a.Megabytes
	}
	return r
}

// compactRate is how many bytes a slow disk writes anew in a second.
const compactRate = 40_000_000

func (c *Console) retention(ctx context.Context, _ none) (Retention, error) {
	r, err := c.Ledger.Retention(ctx)
	if err != nil {
		return Retention{}, err
	}
	size, err := c.Ledger.Size(ctx)
	if err != nil {
		return Retention{}, err
	}
	archived, err := c.Ledger.Archived(ctx)
	if err != nil {
		return Retention{}, err
	}
	oldest, err := c.Ledger.OldestWhole(ctx)
	return Retention{Months: orNull(r.Months), Megabytes: orNull(r.Megabytes), FileBytes: size.File, FreeBytes: size.Free,
		ArchivedCalls: archived.Calls, ArchivedUntil: stampOrNull(archived.Last()), OldestDetailed: stampOrNull(oldest),
		Running: c.Ledger.Retaining(), CompactSeconds: 1 + size.Used()/compactRate}, err
}

func (c *Console) previewRetention(ctx context.Context, a SetRetention) (RetentionPreview, error) {
	f, err := c.Ledger.Foresee(ctx, a.bounds())
	return RetentionPreview{Calls: f.Calls, Bytes: f.Bytes, Before: stampOrNull(f.Before), Enough: f.Enough}, err
}

func (c *Console) setRetention(ctx context.Context, a SetRetention) (Retention, error) {
	if err := c.Ledger.SetRetention(ctx, a.bounds()); err != nil {
		return Retention{}, err
	}
	c.changes.tell("settings")
	return c.retention(ctx, none{})
}

// runRetention has the details removed now that are old enough, rather than within the hour.
func (c *Console) runRetention(ctx context.Context, _ none) (Retention, error) {
	c.Ledger.RetainNow()
	return c.retention(ctx, none{})
}

// compact writes the ledger's file anew. It goes on when whoever asked for it leaves.
func (c *Console) compact(ctx context.Context, _ none) (Retention, error) {
	if err := c.Ledger.Compact(context.WithoutCancel(ctx)); err != nil {
		return Retention{}, err
	}
	c.changes.tell("settings")
	return c.retention(ctx, none{})
}
