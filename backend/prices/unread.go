package prices

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"weir/backend/store"
	"weir/billing"
	"weir/billing/edition"
	"weir/frontend/src/i18n"
)

// An Unread is a catalogue that was applied and is kept, but cannot be read: a newer program kept it,
// or the disk changed it. The shipped one is in force in its place.
type Unread struct {
	Version int64
	Then    int64 // the version that is in force once it is taken back
	Reason  error
}

const (
	selectActive = `SELECT version, ifnull(before, 0), body FROM price_edition WHERE state = 'active'`
	mendEdition  = `UPDATE price_edition SET body = ? WHERE version = ?`
)

// Unread returns the applied catalogue where it cannot be read; nil: it can, or none is applied.
func (p *Prices) Unread() *Unread { return p.snapshot.Load().unread }

// Sentence says to a person what is used instead, and what can be done.
func (u *Unread) Sentence(inForce int64) string {
	why := "error.prices.unread_damaged"
	if f := (*edition.Fault)(nil); errors.As(u.Reason, &f) && f.Code == edition.NewerSchema {
		why = "error.prices.unread_newer"
	}
	return i18n.T("error.prices.unread", "version", u.Version, "reason", i18n.T(why), "now", inForce, "then", u.Then)
}

// applied is the version of the edition that was applied, whether it can be read or not; 0: none is.
func (s *snapshot) applied() int64 {
	if s.unread != nil {
		return s.unread.Version
	}
	return s.active
}

// lacks says whether an edition is the applied one and cannot be read.
func (s *snapshot) lacks(version int64) bool { return s.unread != nil && s.unread.Version == version }

// readActive puts the applied edition in force, or says that it cannot be read. A newer program
// brings a newer catalogue, which takes the place of both.
func (p *Prices) readActive(ctx context.Context, s *snapshot) error {
	var version, before int64
	var packed []byte
	err := p.st.Read().QueryRowContext(ctx, selectActive).Scan(&version, &before, &packed)
	if errors.Is(err, sql.ErrNoRows) || err == nil && version <= s.shipped.Version {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the catalogue in force: %w", err)
	}
	file, err := unpack(packed)
	if err == nil {
		var e *edition.Edition
		if e, err = edition.Reopen(file); err == nil {
			s.base, s.active = e.Layers(s.shipped), e.Version
			return nil
		}
	}
	then, _ := p.beneath(ctx, s.shipped, before)
	s.unread = &Unread{Version: version, Then: then.Version, Reason: err}
	return nil
}

// beneath is what is in force once an edition is taken back: the one before it, or where that is not
// kept or cannot be read, the shipped catalogue. active is 0 for that one.
func (p *Prices) beneath(ctx context.Context, shipped billing.Layers, before int64) (base billing.Layers, active int64) {
	if before <= shipped.Version {
		return shipped, 0
	}
	file, err := p.file(ctx, before)
	if err != nil {
		return shipped, 0
	}
	e, err := edition.Reopen(file)
	if err != nil {
		return shipped, 0
	}
	return e.Layers(shipped), e.Version
}

// mend keeps the file of an edition anew, in the place of what may have been changed on the disk.
func (p *Prices) mend(ctx context.Context, version int64, packed []byte) error {
	err := p.st.Do(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(mendEdition, packed, version)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep a catalogue: %w", err)
	}
	return nil
}
