// Package setup points assistants at Weir and back: it finds them, shows what would change in their files, changes
// only that, and remembers how to take it back. It never writes what it has not shown.
package setup

import (
	"context"
	"os"
	"runtime"
	"sync"
	"time"

	"weir/backend/access"
	"weir/backend/gateway"
	"weir/backend/secret"
	"weir/backend/store"
	"weir/frontend/src/i18n"
)

// Options are what a Setup works with.
type Options struct {
	Home    string // Weir's own, for backups
	User    string // the user's home folder
	Getenv  func(name string) string
	OS      string        // as runtime.GOOS
	Address func() string // the relay's base URL
	Store   *store.Store
	Access  *access.Access
	Box     *secret.Box
	Now     func() time.Time
}

// A Setup connects assistants of one user. It is safe for concurrent use.
type Setup struct {
	opt     Options
	journal journal

	mu sync.Mutex // held while files are read in order to be written
}

// New returns the Setup of a user.
func New(opt Options) *Setup {
	return &Setup{opt: opt, journal: journal{opt.Store, opt.Box}}
}

// Here returns the options that are read from the system that Weir runs on.
func Here() Options {
	user, err := os.UserHomeDir()
	if err != nil {
		user = "" // nothing is found without one, and nothing written
	}
	return Options{User: user, Getenv: os.Getenv, OS: runtime.GOOS, Now: time.Now}
}

// A State says how an assistant and Weir stand.
type State string

// The states of an assistant.
const (
	NotInstalled State = "not_installed"
	NotConnected State = "not_connected"
	Connected    State = "connected"
	Drifted      State = "drifted"    // it was connected, and something else changed its file since
	Elsewhere    State = "elsewhere"  // it points at another local gateway
	Unreadable   State = "unreadable" // its file cannot be read, so it is not written either
)

// A Card is what is known of one assistant.
type Card struct {
	ID, Name    string
	State       State
	Version     string // empty: not known
	Binary      string // empty: not found
	File        string // the one that is written
	BaseURL     string // where it points now; empty: its maker's own address
	Owner       string // whose that is, where it is known
	KeyID       string // the access key in its file, or the one that was there
	KeyName     string
	ConnectedAt time.Time
	LastCallAt  time.Time // of that key, since it was connected
	Message     string    // what is wrong; empty: nothing
	Warnings    []string
	CanUndo     bool
}

// Cards returns all assistants that can be connected.
func (s *Setup) Cards(ctx context.Context) ([]Card, error) {
	var cards []Card
	for _, t := range tools() {
		c, err := s.card(ctx, t)
		if err != nil {
			return nil, err
		}
		cards = append(cards, c)
	}
	return cards, nil
}

// card looks at one assistant's files as they are now.
func (s *Setup) card(ctx context.Context, t tool) (Card, error) {
	row, err := s.journal.read(ctx, t.id)
	if err != nil {
		return Card{}, err
	}
	p := program(s.opt, t)
	c := Card{ID: t.id, Name: t.name, Binary: p.path, Version: p.version, File: t.file(s.opt), Warnings: warnings(s.opt, t)}
	if row != nil {
		c.CanUndo, c.ConnectedAt, c.KeyID = row.active(), row.connectedAt, row.keyID
		if row.active() {
			c.File = row.file
		}
	}
	if !t.placed(s.opt) {
		c.State, c.Message = NotInstalled, i18n.T("error.setup.no_home", "variable", t.folderBy)
		return c, nil
	}
	f, err := readFile(c.File)
	if err != nil {
		c.State, c.Message = Unreadable, sentence(c.File, err)
		return c, nil
	}
	now, err := t.now(f.text)
	if err != nil {
		c.State, c.Message = Unreadable, sentence(c.File, err)
		return c, nil
	}
	c.BaseURL, c.Owner = shownURL(now.base), owner(now.base, now.token, s.opt.Address())
	s.judge(&c, now, row, p.path != "" || t.configured(s.opt))
	return c, nil
}

// judge says how things stand.
func (s *Setup) judge(c *Card, now pointing, row *record, installed bool) {
	key, until, known := s.opt.Access.Owner(now.token)
	was := row != nil && row.active()
	switch {
	case known && isOurs(now.base, s.opt.Address()) && !until.IsZero():
		c.State, c.KeyID, c.CanUndo = Drifted, key.ID, was
		c.Message = i18n.T("error.setup.rotated", "key", key.Name, "time", until.UTC().Format("2 January 2006 15:04 MST"))
	case known && isOurs(now.base, s.opt.Address()):
		c.State, c.KeyID, c.CanUndo = Connected, key.ID, was
		if key.State != gateway.KeyActive {
			c.Message = i18n.T("error.setup.key_state", "key", key.Name, "state", string(key.State))
		}
	case local(now.base) && !isOurs(now.base, s.opt.Address()) && !known:
		c.State = Elsewhere
	case was:
		c.State, c.Message = Drifted, drift(now, known, s.opt.Address())
	case !installed:
		c.State = NotInstalled
	default:
		c.State = NotConnected
		if isOurs(now.base, s.opt.Address()) {
			c.Message = i18n.T("error.setup.by_hand")
		}
	}
	if k, err := s.opt.Access.Key(c.KeyID); err == nil {
		c.KeyName = k.Name
		if (c.State == Connected || was) && k.LastUsedAt.After(c.ConnectedAt) {
			c.LastCallAt = k.LastUsedAt
		}
	}
}

// drift says what became of a connection.
func drift(now pointing, known bool, address string) string {
	switch {
	case known && local(now.base):
		return i18n.T("error.setup.moved", "url", now.base, "address", address)
	case isOurs(now.base, address):
		return i18n.T("error.setup.key_gone")
	}
	return i18n.T("error.setup.drifted")
}
