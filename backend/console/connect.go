package console

import (
	"context"

	"weir/backend/setup"
)

// A Connection is an assistant that can be pointed at Weir, and how things stand with it.
type Connection struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	State       string   `json:"state" ts:"'not_installed' | 'not_connected' | 'connected' | 'drifted' | 'elsewhere' | 'unreadable'"`
	Version     *string  `json:"version"`
	Binary      *string  `json:"binary"`
	File        string   `json:"file"`
	BaseURL     *string  `json:"base_url"` // where it points; null: its maker's own address
	Owner       *string  `json:"owner"`    // who answers there, where that is known
	KeyID       *string  `json:"key_id"`
	KeyName     *string  `json:"key_name"`
	ConnectedAt *string  `json:"connected_at"`
	LastCallAt  *string  `json:"last_call_at"` // with its key, since it was connected
	Message     *string  `json:"message"`
	Warnings    []string `json:"warnings"`
	CanUndo     bool     `json:"can_undo"`
}

// A Plan is what connecting or disconnecting an assistant would do.
type Plan = setup.Plan

// A Change is one value of a plan.
type Change = setup.Change

// A Connected is what was done.
type Connected struct {
	Plan       Plan       `json:"plan"`
	Connection Connection `json:"connection"`
	Backup     *string    `json:"backup"` // the copy of the file as it was
}

// PreviewConnect is what connect.preview takes: an access key's id where a person chose one.
type PreviewConnect struct {
	Tool  string `json:"tool"`
	KeyID string `json:"key_id,omitempty"`
	Undo  bool   `json:"undo,omitempty"`
}

// ApplyConnect is what connect.apply takes: the same, and the token of the plan that was shown.
type ApplyConnect struct {
	Tool  string `json:"tool"`
	KeyID string `json:"key_id,omitempty"`
	Token string `json:"token"`
}

// UndoConnect is what connect.undo takes.
type UndoConnect struct {
	Tool  string `json:"tool"`
	Token string `json:"token"`
}

func (c *Console) listConnections(ctx context.Context, _ none) ([]Connection, error) {
	cards, err := c.Setup.Cards(ctx)
	if err != nil {
		return nil, err
	}
	out := []Connection{}
	for _, card := range cards {
		out = append(out, viewConnection(card))
	}
	return out, nil
}

func (c *Console) previewConnect(ctx context.Context, a PreviewConnect) (Plan, error) {
	if a.Undo {
		return c.Setup.PreviewUndo(ctx, a.Tool)
	}
	return c.Setup.Preview(ctx, a.Tool, a.KeyID)
}

func (c *Console) applyConnect(ctx context.Context, a ApplyConnect) (Connected, error) {
	d, err := c.Setup.Apply(ctx, a.Tool, a.KeyID, a.Token)
	return c.connected(d, err)
}

func (c *Console) undoConnect(ctx context.Context, a UndoConnect) (Connected, error) {
	d, err := c.Setup.Undo(ctx, a.Tool, a.Token)
	return c.connected(d, err)
}

func (c *Console) connected(d setup.Done, err error) (Connected, error) {
	if err != nil {
		return Connected{}, err
	}
	c.changes.tell("keys")
	return Connected{Plan: d.Plan, Connection: viewConnection(d.Card), Backup: orNull(d.Backup)}, nil
}

func viewConnection(c setup.Card) Connection {
	return Connection{ID: c.ID, Name: c.Name, State: string(c.State), Version: orNull(c.Version), Binary: orNull(c.Binary), File: c.File,
		BaseURL: orNull(c.BaseURL), Owner: orNull(c.Owner), KeyID: orNull(c.KeyID), KeyName: orNull(c.KeyName),
		ConnectedAt: stampOrNull(c.ConnectedAt), LastCallAt: stampOrNull(c.LastCallAt), Message: orNull(c.Message),
		Warnings: list(c.Warnings), CanUndo: c.CanUndo}
}
