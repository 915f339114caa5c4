package setup

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"

	"weir/backend/edit"
	"weir/backend/gateway"
)

// Done is what was done.
type Done struct {
	Plan
	Card   Card
	Backup string // of the file as it was; empty: there was none
}

// Apply connects an assistant as a plan says, and refuses when that is no longer what would happen.
func (s *Setup) Apply(ctx context.Context, id, keyID, token string) (Done, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.draft(ctx, id, keyID)
	if err != nil {
		return Done{}, err
	}
	if err := d.agreed(token); err != nil {
		return Done{}, err
	}
	now, err := d.tool.now(d.file.text)
	if err != nil {
		return Done{}, refusal(d.file.path, err)
	}
	backup, err := d.file.backup(s.opt.Home, id, s.opt.Now())
	if err != nil {
		return Done{}, err
	}
	// From here on, a person who leaves must not leave half of it behind.
	ctx = context.WithoutCancel(ctx)
	key, secret, err := s.secret(ctx, d.tool, d.key, now.token)
	if err != nil {
		return Done{}, err
	}
	if err := s.connect(ctx, &d, key, secret); err != nil {
		return Done{}, s.unmake(ctx, d.key, key, err)
	}
	if key.State == gateway.KeyPaused {
		if _, err := s.opt.Access.SetState(ctx, key.ID, gateway.KeyActive); err != nil {
			return Done{}, err
		}
	}
	card, err := s.card(ctx, d.tool)
	return Done{d.Plan, card, backup}, err
}

// connect notes what will be written, and then writes it: a file that could not be changed is worth less than one
// that cannot be changed back.
func (s *Setup) connect(ctx context.Context, d *draft, key gateway.Key, secret string) error {
	changes := d.tool.values(s.opt.Address(), secret)
	text, traces, err := d.tool.format.Apply(d.file.text, changes)
	if err != nil {
		return refusal(d.file.path, err)
	}
	values, err := s.merge(d, changes, traces)
	if err != nil {
		return refusal(d.file.path, err)
	}
	next := &record{file: d.tool.file(s.opt), madeFile: !d.file.exists, keyID: key.ID, madeKey: d.key.made, connectedAt: s.opt.Now().UTC(), values: values}
	if d.row != nil && d.row.active() {
		next.file, next.madeFile = d.row.file, d.row.madeFile || next.madeFile
	}
	if err := s.journal.write(ctx, d.tool.id, next); err != nil {
		return err
	}
	if err := d.file.write(text); err != nil {
		return errors.Join(refusal(d.file.path, err), s.journal.write(ctx, d.tool.id, d.row))
	}
	return nil
}

// merge returns what the journal will say: values that were ours already keep what they replaced; what is new, or was
// changed by others since, has what was found now.
func (s *Setup) merge(d *draft, changes []edit.Change, traces []edit.Trace) ([]written, error) {
	var values []written
	if d.row != nil && d.row.active() {
		for _, w := range d.row.values {
			v, err := s.found(d, w.Trace)
			if err != nil {
				return nil, err
			}
			if w.Branch && traceOf(traces, w.Key) == nil || w.is(v) {
				values = append(values, w)
			}
		}
	}
	add := func(t edit.Trace) {
		if !slices.ContainsFunc(values, func(w written) bool { return slices.Equal(w.Key, t.Key) }) {
			values = append(values, written{Trace: t})
		}
	}
	for _, t := range traces {
		old, err := s.found(d, t)
		if err != nil {
			return nil, err
		}
		if old != nil && old.IsText && s.stale(old.Text) {
			t.Old = nil // what an earlier Weir wrote is no place to go back to
		}
		add(t)
	}
	if own := d.tool.own; own != nil {
		around := ""
		add(edit.Trace{Key: own, Branch: true, Around: &around})
	}
	for _, c := range changes {
		add(edit.Trace{Key: c.Key}) // it stood there already: by hand, or by a Weir that forgot it
	}
	for i, w := range values {
		if n := slices.IndexFunc(changes, func(c edit.Change) bool { return slices.Equal(c.Key, w.Key) }); n >= 0 {
			values[i].hash = sha256.Sum256([]byte(changes[n].Value))
		}
	}
	slices.SortStableFunc(values, func(a, b written) int { return branchFirst(a) - branchFirst(b) })
	return values, nil
}

// branchFirst has branches stand before what is in them, and the root before all.
func branchFirst(w written) int {
	if w.Branch {
		return len(w.Key)
	}
	return 1 << 10
}

func (s *Setup) found(d *draft, t edit.Trace) (*edit.Value, error) {
	if t.Branch {
		return nil, nil
	}
	return d.tool.format.Find(d.file.text, t.Key...)
}

// stale says whether a text is an access key of Weir's or its relay's address.
func (s *Setup) stale(text string) bool {
	return strings.HasPrefix(text, placeholder) || isOurs(text, s.opt.Address())
}

func traceOf(traces []edit.Trace, key []string) *edit.Trace {
	for i := range traces {
		if slices.Equal(traces[i].Key, key) {
			return &traces[i]
		}
	}
	return nil
}
