package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

const (
	selectSetting = `SELECT value FROM setting WHERE name = ?`
	writeSetting  = `INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`
	deleteSetting = `DELETE FROM setting WHERE name = ?`
)

// Setting returns a small fact of the house by its name, empty when nobody has set it.
func (s *Store) Setting(ctx context.Context, name string) (value string, err error) {
	err = s.Read().QueryRowContext(ctx, selectSetting, name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the setting %s: %w", name, err)
	}
	return value, nil
}

// Set writes a setting; an empty value forgets it.
func (s *Store) Set(ctx context.Context, name, value string) error {
	err := s.Do(ctx, func(tx *Tx) error {
		if value == "" {
			_, err := tx.Exec(deleteSetting, name)
			return err
		}
		_, err := tx.Exec(writeSetting, name, value)
		return err
	})
	if err != nil {
		return fmt.Errorf("write the setting %s: %w", name, err)
	}
	return nil
}
