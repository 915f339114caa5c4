package ledger

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"slices"
	"strconv"

	"weir/backend/gateway"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// A Selection is which calls are to be priced again, and by what. Simulated calls are never among them.
type Selection struct {
	Filter   Filter // span, key, channel, model and unpriced; what else it has is not looked at
	Provider string // only calls that this kind of upstream answered
	Book     *billing.Book
	// Derive finds what a call without a price was priced by, where that was not kept with it.
	Derive func(gateway.Call) (billing.Case, bool)
}

// MostRepriced is how many calls are looked at in one repricing.
const MostRepriced = 250_000

// Reasons why a call cannot be priced again.
const (
	LeftReported  = "reported"  // the provider's figure stays
	LeftCovered   = "covered"   // a subscription paid
	LeftFree      = "free"      // it costs nothing, whatever the book says
	LeftEstimated = "estimated" // the provider counted nothing, or not all
	LeftArchived  = "archived"  // the provider's counts are not kept any more
	LeftUnknown   = "unknown"   // what else its price depends on was not kept
)

// A Preview is what a repricing would do.
type Preview struct {
	Looked   int64            // calls of the selection
	Calls    int64            // that would change
	Old, New billing.Money    // what these are charged, and would be
	Priced   int64            // of these, those that had no price
	Unpriced int64            // those that would have none any more
	Loose    int64            // those that would rest on an assumption, and did not
	Left     map[string]int64 // calls that cannot be priced again, by the reason
	Models   []ModelChange    // the largest difference first
	Token    string           // what Reprice takes: it stands for this very outcome
}

// A ModelChange is what a repricing would do to the calls of one model at one kind of upstream.
type ModelChange struct {
	Provider, Model string
	Calls, Priced   int64
	Old, New        billing.Money
}

// A plan is a preview with the rows that would change.
type plan struct {
	preview Preview
	seqs    []int64
	sums    [][8]byte // of their bills, by which each is known again
	models  map[[2]string]*ModelChange
	hash    hash.Hash
}

// PreviewRepricing says what pricing a selection again would do. It changes nothing.
func (l *Ledger) PreviewRepricing(ctx context.Context, sel Selection) (Preview, error) {
	p, err := l.drawUp(ctx, sel)
	if err != nil {
		return Preview{}, err
	}
	return p.preview, nil
}

// drawUp prices the calls of a selection, each at its own instant.
func (l *Ledger) drawUp(ctx context.Context, sel Selection) (*plan, error) {
	seqs, err := l.chosen(ctx, sel)
	if err != nil {
		return nil, err
	}
	p := &plan{models: map[[2]string]*ModelChange{}, hash: sha256.New()}
	p.preview.Looked, p.preview.Left = int64(len(seqs)), map[string]int64{}
	if err := l.draw(ctx, sel, seqs, p.take); err != nil {
		return nil, err
	}
	for _, m := range p.models {
		p.preview.Models = append(p.preview.Models, *m)
	}
	slices.SortFunc(p.preview.Models, func(a, b ModelChange) int {
		return cmp.Or(cmp.Compare(magnitude(b.New.Sub(b.Old).Pico()), magnitude(a.New.Sub(a.Old).Pico())),
			cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Model, b.Model))
	})
	p.preview.Token = strconv.FormatInt(p.preview.Calls, 10) + "-" + hex.EncodeToString(p.hash.Sum(nil)[:16])
	return p, nil
}

// take adds what would become of one call.
func (p *plan) take(d draft) error {
	if d.left != "" {
		p.preview.Left[d.left]++
		return nil
	}
	if d.was.same(&d.now) {
		return nil
	}
	text, err := json.Marshal(d.now)
	if err != nil {
		return fmt.Errorf("write a bill: %w", err)
	}
	p.seqs, p.sums = append(p.seqs, d.seq), append(p.sums, sumOf(text))
	p.hash.Write(append(strconv.AppendInt(nil, d.seq, 10), text...)) // a hash takes everything
	v := &p.preview
	v.Calls++
	v.Old, v.New = v.Old.Add(billing.Pico(d.was.Charge)), v.New.Add(billing.Pico(d.now.Charge))
	of := [2]string{d.call.Provider, d.call.UpstreamModel}
	m := p.models[of]
	if m == nil {
		m = &ModelChange{Provider: of[0], Model: of[1]}
		p.models[of] = m
	}
	m.Calls++
	m.Old, m.New = m.Old.Add(billing.Pico(d.was.Charge)), m.New.Add(billing.Pico(d.now.Charge))
	switch {
	case d.was.Cost == nil && d.now.Cost != nil:
		v.Priced++
		m.Priced++
	case d.was.Cost != nil && d.now.Cost == nil:
		v.Unpriced++
	case d.was.Status == string(billing.Priced) && d.now.Status == string(billing.Estimated):
		v.Loose++
	}
	return nil
}

func sumOf(bill []byte) [8]byte {
	whole := sha256.Sum256(bill)
	return [8]byte(whole[:8])
}

// chosen returns the rows of a selection, in the order in which they were written.
func (l *Ledger) chosen(ctx context.Context, sel Selection) ([]int64, error) {
	f := Filter{Since: sel.Filter.Since, Until: sel.Filter.Until, KeyID: sel.Filter.KeyID, ChannelID: sel.Filter.ChannelID,
		Model: sel.Filter.Model, Unpriced: sel.Filter.Unpriced}
	w := f.where()
	w.and("state = 'settled' AND simulated = 0")
	if sel.Provider != "" {
		w.and("provider = ?", sel.Provider)
	}
	rows, err := l.st.Read().QueryContext(ctx, "SELECT seq FROM call WHERE "+w.text+" LIMIT ?", append(w.args, MostRepriced+1)...)
	if err != nil {
		return nil, fmt.Errorf("choose calls to price again: %w", err)
	}
	defer rows.Close()
	var seqs []int64
	for rows.Next() {
		var seq int64
		if err := rows.Scan(&seq); err != nil {
			return nil, fmt.Errorf("choose calls to price again: %w", err)
		}
		seqs = append(seqs, seq)
	}
	if len(seqs) > MostRepriced {
		return nil, &gateway.Error{Kind: gateway.Invalid, Field: "since", Message: i18n.T("error.reprice.too_many", "most", MostRepriced)}
	}
	slices.Sort(seqs)
	return seqs, rows.Err()
}

// A draft is a call with the bill that it would have, or why it cannot have one.
type draft struct {
	seq      int64
	call     gateway.Call
	was, now billRow
	left     string
}

const (
	drawnAtOnce = 256
	selectDrawn = `SELECT ` + callColumns + `, priced_by, ` + billColumns + ` FROM call WHERE seq = ? AND state = 'settled'`
)

// draw hands each of the rows to take, with the bill that it would have.
func (l *Ledger) draw(ctx context.Context, sel Selection, seqs []int64, take func(draft) error) error {
	for part := range slices.Chunk(seqs, drawnAtOnce) {
		if err := l.drawPart(ctx, sel, part, take); err != nil {
			return err
		}
	}
	return nil
}

// drawPart reads some rows at once. It lets go of the file between two parts, so that its log can be emptied.
func (l *Ledger) drawPart(ctx context.Context, sel Selection, seqs []int64, take func(draft) error) error {
	tx, err := l.st.Read().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("price calls again: %w", err)
	}
	defer tx.Rollback() // nothing was written: its error says nothing
	one, err := tx.PrepareContext(ctx, selectDrawn)
	if err != nil {
		return fmt.Errorf("price calls again: %w", err)
	}
	defer one.Close()
	for _, seq := range seqs {
		d := draft{seq: seq}
		var by *pricedBy
		d.call, err = scanCall(one.QueryRowContext(ctx, seq), append([]any{text{&by}}, d.was.dests()...)...)
		if err != nil {
			return err
		}
		if err := l.priceSafely(&d, sel, by); err != nil {
			return err
		}
		if err := take(d); err != nil {
			return err
		}
	}
	return nil
}
