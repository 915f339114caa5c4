package prices

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/billing/edition"
	"weir/frontend/src/i18n"
)

// A TrustedKey is one whose catalogues may be applied.
type TrustedKey struct {
	edition.Key
	Yours   bool // the user trusts it; else the program does
	AddedAt time.Time
}

const (
	selectKeys = `SELECT public_key, name, until, added_at FROM price_key ORDER BY added_at, fingerprint`
	insertKey  = `INSERT INTO price_key (fingerprint, public_key, name, until, added_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET name = excluded.name, until = excluded.until`
	deleteKey = `DELETE FROM price_key WHERE fingerprint = ?`
)

// Keys are all that are trusted: the program's, then the user's.
func (p *Prices) Keys(ctx context.Context) ([]TrustedKey, error) {
	var all []TrustedKey
	for _, k := range p.keys {
		all = append(all, TrustedKey{Key: k})
	}
	rows, err := p.st.Read().QueryContext(ctx, selectKeys)
	if err != nil {
		return nil, fmt.Errorf("read trusted keys: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		k := TrustedKey{Yours: true}
		var text string
		var added int64
		if err := rows.Scan(&text, &k.Name, &k.Until, &added); err != nil {
			return nil, fmt.Errorf("read a trusted key: %w", err)
		}
		if k.Public, err = edition.ParseKey(text); err != nil {
			return nil, fmt.Errorf("read a trusted key: %w", err)
		}
		k.AddedAt = instant(added)
		all = append(all, k)
	}
	return all, rows.Err()
}

// Trust takes a publisher's key: catalogues that it signed can be applied from then on.
func (p *Prices) Trust(ctx context.Context, text, name, until string) (TrustedKey, error) {
	k := TrustedKey{Yours: true, AddedAt: p.now()}
	var err error
	if k.Public, err = edition.ParseKey(text); err != nil {
		return k, refuse("key", i18n.T("error.prices.key"))
	}
	k.Name, k.Until = strings.TrimSpace(name), strings.TrimSpace(until)
	if k.Name == "" || len(k.Name) > mostName {
		return k, refuse("name", i18n.T("error.prices.key_name"))
	}
	if _, err := time.Parse(time.DateOnly, k.Until); k.Until != "" && err != nil {
		return k, refuse("until", i18n.T("error.prices.day", "day", k.Until))
	}
	if slices.ContainsFunc(p.keys, func(own edition.Key) bool { return own.Fingerprint() == k.Fingerprint() }) {
		return k, &gateway.Error{Kind: gateway.Conflict, Field: "key", Message: i18n.T("error.prices.key_known")}
	}
	err = p.st.Do(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(insertKey, k.Fingerprint(), k.Text(), k.Name, k.Until, k.AddedAt.UnixMilli())
		return err
	})
	if err != nil {
		return k, fmt.Errorf("trust a key: %w", err)
	}
	return k, nil
}

var errNoKey = errors.New("no such key")

// Untrust forgets a key of the user's. A catalogue that it signed and that is in force stays so.
func (p *Prices) Untrust(ctx context.Context, fingerprint string) error {
	err := p.st.Do(ctx, func(tx *store.Tx) error {
		res, err := tx.Exec(deleteKey, strings.ToLower(strings.ReplaceAll(fingerprint, " ", "")))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, errNoKey)
		}
		return nil
	})
	if errors.Is(err, errNoKey) {
		return notFound(i18n.T("error.prices.no_key"))
	}
	if err != nil {
		return fmt.Errorf("forget a key: %w", err)
	}
	return nil
}
