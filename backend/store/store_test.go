package store

import (
	"context"
	"testing"
)

func TestOpenAndDo(t *testing.T) {
	s, err := Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	err = s.Do(context.Background(), func(tx *Tx) error {
		_, err := tx.Exec("INSERT INTO setting (name, value) VALUES (?, ?)", "a", "b")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var v string
	if err := s.Read().QueryRow("SELECT value FROM setting WHERE name = 'a'").Scan(&v); err != nil || v != "b" {
		t.Fatal(v, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
