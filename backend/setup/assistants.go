package setup

import (
	"context"
	"fmt"
)

const selectToolKeys = `SELECT tool, key_id FROM connection WHERE key_id <> ''`

// Assistants returns the names of the assistants that were connected, by the access key that each was given.
func (s *Setup) Assistants(ctx context.Context) (map[string]string, error) {
	rows, err := s.journal.store.Read().QueryContext(ctx, selectToolKeys)
	if err != nil {
		return nil, fmt.Errorf("look for the keys of assistants: %w", err)
	}
	defer rows.Close()
	names, found := map[string]string{}, map[string]string{}
	for _, t := range tools() {
		names[t.id] = t.name
	}
	for rows.Next() {
		var tool, key string
		if err := rows.Scan(&tool, &key); err != nil {
			return nil, fmt.Errorf("read the key of an assistant: %w", err)
		}
		if names[tool] != "" {
			found[key] = names[tool]
		}
	}
	return found, rows.Err()
}
