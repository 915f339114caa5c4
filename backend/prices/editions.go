package prices

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/billing"
	"weir/billing/edition"
	"weir/frontend/src/i18n"
)

// An Edition is a published catalogue that was fetched or handed in.
type Edition struct {
	Version   int64
	State     string // checked, active, kept, gone
	CreatedOn string
	SignedBy  string // fingerprint
	From      string // the address that it came from; empty: it was handed in
	CheckedAt time.Time
	AppliedAt time.Time // zero: it never was
	Before    int64     // the version that it took the place of; 0: the shipped one

	digest string
}

// States of an edition.
const (
	Checked = "checked" // its signature and contents are in order; it waits for a click
	Active  = "active"
	Kept    = "kept" // it was active, and can be again
	Gone    = "gone" // it was active; only its number is remembered
)

// keptEditions is how many editions keep their contents, the active one among them.
const keptEditions = 3

const (
	editionColumns = `version, state, digest, created_on, signed_by, came_from, checked_at, applied_at, before`
	selectEditions = `SELECT ` + editionColumns + ` FROM price_edition ORDER BY version DESC`
	selectEdition  = `SELECT ` + editionColumns + ` FROM price_edition WHERE version = ?`
	selectBody     = `SELECT body FROM price_edition WHERE version = ? AND body IS NOT NULL`
	selectHighest  = `SELECT ifnull(max(version), 0) FROM price_edition WHERE state <> 'checked'`
	dropChecked    = `DELETE FROM price_edition WHERE state = 'checked'`
	insertEdition  = `INSERT INTO price_edition (version, state, body, digest, created_on, signed_by, came_from, checked_at) VALUES (?, 'checked', ?, ?, ?, ?, ?, ?)`
	retireActive   = `UPDATE price_edition SET state = 'kept' WHERE state = 'active'`
	makeActive     = `UPDATE price_edition SET state = 'active', applied_at = ?, before = ? WHERE version = ? AND body IS NOT NULL`
	makeGone       = `UPDATE price_edition SET state = 'gone', body = NULL WHERE state = 'kept' AND version NOT IN
		(SELECT version FROM price_edition WHERE state = 'active' OR state = 'kept' ORDER BY state = 'active' DESC, applied_at DESC, version DESC LIMIT ?)`
)

func scanEdition(row interface{ Scan(...any) error }) (e Edition, err error) {
	var checked int64
	var applied, before sql.NullInt64
	err = row.Scan(&e.Version, &e.State, &e.digest, &e.CreatedOn, &e.SignedBy, &e.From, &checked, &applied, &before)
	e.CheckedAt, e.Before = instant(checked), before.Int64
	if applied.Valid {
		e.AppliedAt = instant(applied.Int64)
	}
	return e, err
}

// Editions are all that Weir has had, the newest first.
func (p *Prices) Editions(ctx context.Context) ([]Edition, error) {
	rows, err := p.st.Read().QueryContext(ctx, selectEditions)
	if err != nil {
		return nil, fmt.Errorf("read catalogues: %w", err)
	}
	defer rows.Close()
	var all []Edition
	for rows.Next() {
		e, err := scanEdition(rows)
		if err != nil {
			return nil, fmt.Errorf("read a catalogue: %w", err)
		}
		all = append(all, e)
	}
	return all, rows.Err()
}

// InForce is the version of the catalogue in force, and whether it is the shipped one.
func (p *Prices) InForce() (version int64, shipped bool) {
	s := p.snapshot.Load()
	return s.base.Version, s.active == 0
}

func (p *Prices) edition(ctx context.Context, version int64) (Edition, error) {
	e, err := scanEdition(p.st.Read().QueryRowContext(ctx, selectEdition, version))
	if errors.Is(err, sql.ErrNoRows) {
		return e, notFound(i18n.T("error.prices.no_edition", "version", version))
	}
	if err != nil {
		return e, fmt.Errorf("read a catalogue: %w", err)
	}
	return e, nil
}

// file reads an edition's file as it was handed in.
func (p *Prices) file(ctx context.Context, version int64) ([]byte, error) {
	var packed []byte
	err := p.st.Read().QueryRowContext(ctx, selectBody, version).Scan(&packed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound(i18n.T("error.prices.no_edition", "version", version))
	}
	if err != nil {
		return nil, fmt.Errorf("read a catalogue: %w", err)
	}
	file, err := unpack(packed)
	if err != nil {
		return nil, &gateway.Error{Kind: gateway.Conflict, Field: "version", Err: err, Message: i18n.T("error.prices.damaged_copy", "version", version)}
	}
	return file, nil
}

// Check looks at a file that somebody published, and keeps it until it is applied or another is
// looked at. It changes no price.
func (p *Prices) Check(ctx context.Context, file []byte, from string) (Edition, error) {
	p.change.Lock()
	defer p.change.Unlock()
	e, err := p.open(ctx, file)
	if err != nil {
		return Edition{}, said(err)
	}
	sum := sha256.Sum256(file)
	digest := hex.EncodeToString(sum[:])
	packed, err := pack(file)
	if err != nil {
		return Edition{}, err
	}
	if known, err := p.edition(ctx, e.Version); err == nil && known.digest == digest && known.State != Checked && known.State != Gone {
		if known.State == Active && !p.snapshot.Load().lacks(e.Version) {
			return Edition{}, refuse("file", i18n.T("error.prices.in_force", "version", e.Version))
		}
		return known, p.mend(ctx, e.Version, packed)
	}
	if err := p.follows(ctx, e); err != nil {
		return Edition{}, said(err)
	}
	at := p.now()
	err = p.st.Do(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(dropChecked); err != nil {
			return err
		}
		_, err := tx.Exec(insertEdition, e.Version, packed, digest, e.CreatedOn, e.Key, from, at.UnixMilli())
		return err
	})
	if err != nil {
		return Edition{}, fmt.Errorf("keep a catalogue: %w", err)
	}
	return p.edition(ctx, e.Version)
}

// open checks a file by the keys that are trusted now.
func (p *Prices) open(ctx context.Context, file []byte) (*edition.Edition, error) {
	trusted, err := p.Keys(ctx)
	if err != nil {
		return nil, err
	}
	keys := make([]edition.Key, len(trusted))
	for i, k := range trusted {
		keys[i] = k.Key
	}
	return edition.Open(file, keys, p.now())
}

// follows refuses an edition that is older than one that was in force, or rewrites the past.
func (p *Prices) follows(ctx context.Context, e *edition.Edition) error {
	var highest int64
	if err := p.st.Read().QueryRowContext(ctx, selectHighest).Scan(&highest); err != nil {
		return fmt.Errorf("look for the newest catalogue: %w", err)
	}
	s := p.snapshot.Load()
	if highest = max(highest, s.shipped.Version); e.Version <= highest {
		return &edition.Fault{Code: edition.Downgrade, About: fmt.Sprint(highest)}
	}
	return e.Follow(s.base)
}

// A Difference is what an edition would change.
type Difference struct {
	Edition Edition
	Changes []edition.Change
	Terms   []edition.TermChange
	Book    *billing.Book // the one that would be in force
}

// Difference says what applying an edition would change. It changes nothing.
func (p *Prices) Difference(ctx context.Context, version int64) (Difference, error) {
	s := *p.snapshot.Load()
	d, next, err := p.candidate(ctx, s, version)
	if err != nil {
		return d, err
	}
	if d.Changes, err = edition.Compare(s.base, next.base); err != nil {
		return d, err
	}
	d.Terms = edition.CompareTerms(s.base, next.base)
	d.Book, err = billing.NewBook(next.layers())
	return d, err
}

// candidate is the snapshot that applying an edition makes, without its book.
func (p *Prices) candidate(ctx context.Context, s snapshot, version int64) (Difference, snapshot, error) {
	kept, err := p.edition(ctx, version)
	if err != nil {
		return Difference{}, s, err
	}
	if kept.State == Active && !s.lacks(version) {
		return Difference{}, s, refuse("version", i18n.T("error.prices.in_force", "version", version))
	}
	if version <= s.shipped.Version {
		return Difference{}, s, said(&edition.Fault{Code: edition.Downgrade, About: fmt.Sprint(s.shipped.Version)})
	}
	file, err := p.file(ctx, version)
	if err != nil {
		return Difference{}, s, err
	}
	// Who signed what was in force before is no question any more.
	e, err := edition.Reopen(file)
	if kept.State == Checked {
		e, err = p.open(ctx, file)
	}
	if err != nil {
		return Difference{}, s, said(err)
	}
	if kept.State == Checked {
		if err := p.follows(ctx, e); err != nil {
			return Difference{}, s, said(err)
		}
	}
	left := leftOut(s.base, e.Layers(s.shipped))
	s.former = append(append([]byte(nil), s.former...), left...)
	s.base, s.active, s.unread = e.Layers(s.shipped), e.Version, nil
	return Difference{Edition: kept}, s, nil
}

// Apply puts an edition in force that was checked, or was in force before.
func (p *Prices) Apply(ctx context.Context, version int64) error {
	p.change.Lock()
	defer p.change.Unlock()
	s := *p.snapshot.Load()
	before, known := s.active, s.former
	d, next, err := p.candidate(ctx, s, version)
	if err != nil {
		return err
	}
	if s.lacks(version) {
		before = d.Edition.Before // it comes back to its own place
	}
	at := p.now().UnixMilli()
	err = p.put(ctx, next, func(tx *store.Tx) error {
		if err := keepFormer(tx, next.former[len(known):]); err != nil {
			return err
		}
		if _, err := tx.Exec(retireActive); err != nil {
			return err
		}
		if _, err := tx.Exec(makeActive, at, before, version); err != nil {
			return err
		}
		_, err := tx.Exec(makeGone, keptEditions)
		return err
	})
	if err != nil {
		return fmt.Errorf("apply a catalogue: %w", err)
	}
	return nil
}

// Rollback takes the applied edition back, also one that cannot be read: what it took the place of
// holds again, or where that is not kept any more the shipped catalogue. It returns the version in force then.
func (p *Prices) Rollback(ctx context.Context) (int64, error) {
	p.change.Lock()
	defer p.change.Unlock()
	s := *p.snapshot.Load()
	if s.applied() == 0 {
		return 0, &gateway.Error{Kind: gateway.Conflict, Message: i18n.T("error.prices.nothing_applied")}
	}
	now, err := p.edition(ctx, s.applied())
	if err != nil {
		return 0, err
	}
	was := s.base
	base, active := p.beneath(ctx, s.shipped, now.Before)
	left := leftOut(was, base)
	s.former = append(append([]byte(nil), s.former...), left...)
	s.base, s.active, s.unread = base, active, nil
	err = p.put(ctx, s, func(tx *store.Tx) error {
		if err := keepFormer(tx, left); err != nil {
			return err
		}
		if _, err := tx.Exec(retireActive); err != nil || active == 0 {
			return err
		}
		_, err := tx.Exec(`UPDATE price_edition SET state = 'active' WHERE version = ? AND body IS NOT NULL`, active)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("take a catalogue back: %w", err)
	}
	return base.Version, nil
}

// said turns the refusal of a file into a sentence.
func said(err error) error {
	var f *edition.Fault
	if !errors.As(err, &f) {
		return err
	}
	return &gateway.Error{Kind: gateway.Invalid, Field: "file", Err: err, Message: i18n.T("error.prices.file."+f.Code, "about", f.About, "detail", f.Detail)}
}

func pack(file []byte) ([]byte, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(file); err != nil {
		return nil, err
	}
	err := w.Close()
	return out.Bytes(), err
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	file, err := io.ReadAll(io.LimitReader(r, edition.MostBytes+1))
	return file, errors.Join(err, r.Close())
}
