package setup

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"weir/backend/edit"
	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// PreviewUndo returns what disconnecting an assistant would do.
func (s *Setup) PreviewUndo(ctx context.Context, id string) (Plan, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, _, err := s.undoDraft(ctx, id)
	return d.Plan, err
}

// Undo disconnects an assistant as a plan says: values that are still Weir's are as they were before, and what
// somebody changed since stays.
func (s *Setup) Undo(ctx context.Context, id, token string) (Done, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, traces, err := s.undoDraft(ctx, id)
	if err != nil {
		return Done{}, err
	}
	if err := d.agreed(token); err != nil {
		return Done{}, err
	}
	text, err := d.tool.format.Revert(d.file.text, traces)
	if err != nil {
		return Done{}, refusal(d.file.path, err)
	}
	backup, err := d.file.backup(s.opt.Home, id, s.opt.Now())
	if err != nil {
		return Done{}, err
	}
	ctx = context.WithoutCancel(ctx)
	if d.row.madeFile && len(bytes.TrimSpace(text)) == 0 {
		text = nil // it was not there before
	}
	if d.file.exists && !bytes.Equal(text, d.file.text) {
		if err := d.file.write(text); err != nil {
			return Done{}, refusal(d.file.path, err)
		}
	}
	ended := *d.row
	ended.endedAt, ended.values = s.opt.Now().UTC(), nil
	err = s.journal.write(ctx, id, &ended)
	if d.pauses() {
		_, perr := s.opt.Access.SetState(ctx, d.row.keyID, gateway.KeyPaused)
		err = errors.Join(err, perr)
	}
	if err != nil {
		return Done{}, err
	}
	card, err := s.card(ctx, d.tool)
	return Done{d.Plan, card, backup}, err
}

// undoDraft decides value by value.
func (s *Setup) undoDraft(ctx context.Context, id string) (d draft, traces []edit.Trace, err error) {
	if d, err = s.begin(ctx, id); err != nil {
		return d, nil, err
	}
	d.Undo = true
	if d.row == nil || !d.row.active() {
		return d, nil, &gateway.Error{Kind: gateway.Conflict, Message: i18n.T("error.setup.not_connected", "tool", d.tool.name)}
	}
	if err := d.tool.format.Check(d.file.text); err != nil {
		return d, nil, refusal(d.file.path, err)
	}
	whole, err := d.ownUntouched()
	if err != nil {
		return d, nil, refusal(d.file.path, err)
	}
	for _, w := range d.row.values {
		if w.Branch {
			traces = append(traces, w.Trace)
			continue
		}
		v, err := d.tool.format.Find(d.file.text, w.Key...)
		if err != nil {
			return d, nil, refusal(d.file.path, err)
		}
		c := back(w, v)
		if v != nil && !whole && d.owns(w.Key) {
			c.Kind, c.New, c.Reason = "leave", nil, why("error.setup.leave.together")
		}
		if c.Kind != "leave" {
			traces = append(traces, w.Trace)
		}
		d.Changes = append(d.Changes, c)
	}
	d.Key = d.keyAfter(s)
	d.sign(d.row.connectedAt.String())
	return d, traces, nil
}

// back shows what becomes of one value.
func back(w written, v *edit.Value) Change {
	c := Change{Key: strings.Join(w.Key, "."), Kind: "leave"}
	if v == nil {
		c.Reason = why("error.setup.leave.gone")
		return c
	}
	c.Old, c.Line = show(w.Key, said(v)), &v.Line
	switch {
	case !w.is(v):
		c.Reason = why("error.setup.leave.changed")
	case w.Old == nil:
		c.Kind = "remove"
	default:
		c.Kind, c.New = "put_back", show(w.Key, strings.Trim(*w.Old, `"'`))
	}
	return c
}

func why(key string) *string {
	text := i18n.T(key)
	return &text
}

// owns says whether a key is in the branch that is Weir's by its name.
func (d *draft) owns(key []string) bool {
	own := d.tool.own
	return own != nil && len(key) > len(own) && slices.Equal(key[:len(own)], own)
}

// ownUntouched says whether that branch is as it was written. Where somebody changed it, it stays whole: half of a
// provider keeps Codex from starting ("provider name must not be empty", 0.169.0, tried 2026-11).
func (d *draft) ownUntouched() (bool, error) {
	if d.tool.own == nil {
		return true, nil
	}
	names, err := d.tool.format.Names(d.file.text, d.tool.own...)
	if err != nil {
		return false, err
	}
	for _, name := range names {
		key := append(slices.Clone(d.tool.own), name)
		v, err := d.tool.format.Find(d.file.text, key...)
		if err != nil {
			return false, err
		}
		if !slices.ContainsFunc(d.row.values, func(w written) bool { return slices.Equal(w.Key, key) && w.is(v) }) {
			return false, nil
		}
	}
	return true, nil
}

// pauses says whether the access key is of no use to anybody once the plan is carried out.
func (d *draft) pauses() bool {
	return d.row.madeKey && slices.ContainsFunc(d.Changes, func(c Change) bool {
		return (c.Kind == "remove" || c.Kind == "put_back") && isSecret(strings.Split(c.Key, "."))
	})
}

func (d *draft) keyAfter(s *Setup) string {
	k, err := s.opt.Access.Key(d.row.keyID)
	if err != nil {
		return ""
	}
	if d.pauses() && k.State == gateway.KeyActive {
		return i18n.T("error.setup.key.pause", "key", k.Name)
	}
	return i18n.T("error.setup.key.stay", "key", k.Name)
}
