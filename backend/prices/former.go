package prices

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"weir/backend/store"
	"weir/billing"
)

const (
	selectFormer = `SELECT body FROM price_former ORDER BY id`
	insertFormer = `INSERT INTO price_former (id, body) VALUES (?, ?) ON CONFLICT DO NOTHING`
)

// leftOut are the cards of a catalogue that another one has not, one per line.
func leftOut(before, after billing.Layers) (left []byte) {
	has := map[string]bool{}
	for _, text := range [][]byte{after.Catalogue, after.Overlay} {
		eachCard(text, func(id string, _ json.RawMessage) { has[id] = true })
	}
	for _, text := range [][]byte{before.Catalogue, before.Overlay} {
		eachCard(text, func(id string, card json.RawMessage) {
			if !has[id] {
				left = append(append(left, card...), '\n')
			}
		})
	}
	return left
}

// eachCard visits the cards of a text that a book was made of.
func eachCard(text []byte, visit func(id string, card json.RawMessage)) {
	for dec := json.NewDecoder(bytes.NewReader(text)); dec.More(); {
		var card json.RawMessage
		var named struct {
			ID string `json:"id"`
		}
		if dec.Decode(&card) != nil || json.Unmarshal(card, &named) != nil {
			return // a book has read it: this cannot be
		}
		visit(named.ID, card)
	}
}

func keepFormer(tx *store.Tx, cards []byte) (err error) {
	eachCard(cards, func(id string, card json.RawMessage) {
		if err == nil {
			_, err = tx.Exec(insertFormer, id, string(card))
		}
	})
	return err
}

func (p *Prices) readFormer(ctx context.Context) ([]byte, error) {
	rows, err := p.st.Read().QueryContext(ctx, selectFormer)
	if err != nil {
		return nil, fmt.Errorf("read former prices: %w", err)
	}
	defer rows.Close()
	var all []byte
	for rows.Next() {
		var body string
		if err := rows.Scan(&body); err != nil {
			return nil, fmt.Errorf("read a former price: %w", err)
		}
		all = append(append(all, body...), '\n')
	}
	return all, rows.Err()
}
