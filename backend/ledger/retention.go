package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// A Retention says how long calls keep their details: the lines of their receipts, the upstream's usage, flags and
// attempts. Zero fields bound nothing; without any bound all details stay for ever.
type Retention struct {
	Months    int   `json:"months"`    // a call that started so long ago loses them
	Megabytes int64 `json:"megabytes"` // while the ledger takes more, the oldest calls lose them
}

const (
	mostMonths     = 1200
	leastMegabytes = 50      // an empty ledger takes one
	mostMegabytes  = 1 << 24 // 16 TB

	megabyte = 1_000_000

	// A call keeps its details for a day at least, however large the ledger is.
	keptAtLeast = 24 * time.Hour

	retainFirst = time.Minute // after the start, which has better to do
	retainEvery = time.Hour
)

const (
	retentionSetting = "retention"
	selectRetention  = `SELECT ifnull((SELECT value FROM setting WHERE name = '` + retentionSetting + `'), '{}')`
)

// Retention returns what SetRetention was given last.
func (l *Ledger) Retention(ctx context.Context) (r Retention, err error) {
	if err := l.st.Read().QueryRowContext(ctx, selectRetention).Scan(text{&r}); err != nil {
		return r, fmt.Errorf("read how long calls keep their details: %w", err)
	}
	return r, nil
}

// SetRetention bounds from now on how long calls keep their details, and has Retain begin.
func (l *Ledger) SetRetention(ctx context.Context, r Retention) error {
	if err := r.flaw(); err != nil {
		return err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode how long calls keep their details: %w", err)
	}
	if err := l.st.Set(ctx, retentionSetting, string(text)); err != nil {
		return err
	}
	l.RetainNow()
	return nil
}

// flaw says why a retention cannot be kept, nil when it can.
func (r Retention) flaw() error {
	if r.Months < 0 || r.Months > mostMonths {
		return &gateway.Error{Kind: gateway.Invalid, Field: "months", Message: i18n.T("error.ledger.months", "most", mostMonths)}
	}
	if r.Megabytes != 0 && (r.Megabytes < leastMegabytes || r.Megabytes > mostMegabytes) {
		return &gateway.Error{Kind: gateway.Invalid, Field: "megabytes",
			Message: i18n.T("error.ledger.megabytes", "least", leastMegabytes, "most", mostMegabytes)}
	}
	return nil
}

// RetainNow has Retain begin at once rather than within the hour.
func (l *Ledger) RetainNow() {
	select {
	case l.retain <- struct{}{}:
	default: // it will anyway
	}
}

// Retain removes details as the retention says, once an hour, until ctx ends.
func (l *Ledger) Retain(ctx context.Context) {
	timer := time.NewTimer(retainFirst)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-l.retain:
		}
		if _, err := l.RetainOnce(ctx); err != nil && ctx.Err() == nil {
			l.log.Error("details of old calls could not be removed", "err", err)
		}
		timer.Reset(retainEvery)
	}
}

// RetainOnce removes the details of all calls that have had them long enough, and returns of how many. It works in
// small parts and rests after each, so that no call waits for it.
func (l *Ledger) RetainOnce(ctx context.Context) (taken int64, err error) {
	l.retaining.Store(true)
	defer l.retaining.Store(false)
	for n := archiveMost; ; {
		before, err := l.retainBefore(ctx)
		if err != nil || before.IsZero() {
			return taken, err
		}
		began := time.Now()
		some, end, err := l.archive(ctx, before, n)
		if taken += some; err != nil || end {
			return taken, err
		}
		took := time.Since(began)
		if n = min(n+archiveLeast, archiveMost); took > archiveSlow {
			n = max(n/2, archiveLeast)
		}
		select {
		case <-ctx.Done():
			return taken, ctx.Err()
		case <-time.After(archiveRest * took):
		}
	}
}

// Retaining says whether details are being removed now.
func (l *Ledger) Retaining() bool { return l.retaining.Load() }

// retainBefore returns the time before which calls lose their details now; zero: none do.
func (l *Ledger) retainBefore(ctx context.Context) (before time.Time, err error) {
	r, err := l.Retention(ctx)
	if err != nil {
		return before, err
	}
	now := l.clock()
	if r.Months > 0 {
		before = r.byAge(now, l.loc)
	}
	if r.Megabytes == 0 {
		return before, nil
	}
	size, err := l.Size(ctx)
	if err != nil {
		return before, err
	}
	if bySize := now.Add(-keptAtLeast); size.Used() > r.Megabytes*megabyte && before.Before(bySize) {
		before = bySize
	}
	return before, nil
}

// byAge is the instant so many months ago, by the calendar of a zone.
func (r Retention) byAge(now time.Time, loc *time.Location) time.Time {
	local := now.In(loc)
	first := time.Date(local.Year(), local.Month()-time.Month(r.Months), 1, 0, 0, 0, 0, time.UTC)
	day := min(local.Day(), first.AddDate(0, 1, -1).Day()) // the 31st of a shorter month is its last day
	hour, minute, second := local.Clock()
	return time.Date(first.Year(), first.Month(), day, hour, minute, second, local.Nanosecond(), loc)
}
