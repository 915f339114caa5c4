package setup

import (
	"context"
	"errors"

	"weir/backend/access"
	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// keyKind says how an assistant comes to its access key.
type keyKind string

const (
	keepKey   keyKind = "keep"   // the one in its file
	makeKey   keyKind = "make"   // a new one, named after it
	againKey  keyKind = "again"  // that of the last connection, with a new secret
	chosenKey keyKind = "chosen" // one that a person chose, with a new secret: nobody has the old one
)

// A keyStep is what is done for an access key.
type keyStep struct {
	kind keyKind
	key  gateway.Key // zero for a new one
	made bool        // it is the assistant's own
}

// keyStep decides on the access key.
func (s *Setup) keyStep(row *record, token, chosen string) (keyStep, error) {
	own := func(id string) bool { return row != nil && row.madeKey && row.keyID == id }
	inFile, until, known := s.opt.Access.Owner(token)
	known = known && until.IsZero() && inFile.State == gateway.KeyActive
	if chosen != "" {
		k, err := s.opt.Access.Key(chosen)
		switch {
		case err != nil:
			return keyStep{}, err
		case k.State != gateway.KeyActive:
			return keyStep{}, &gateway.Error{Kind: gateway.Conflict, Field: "key", Message: i18n.T("error.setup.key_not_active", "key", k.Name, "state", string(k.State))}
		case known && inFile.ID == chosen:
			return keyStep{keepKey, inFile, own(chosen)}, nil
		}
		return keyStep{chosenKey, k, false}, nil
	}
	if known {
		return keyStep{keepKey, inFile, own(inFile.ID)}, nil
	}
	if row != nil && row.madeKey {
		if k, err := s.opt.Access.Key(row.keyID); err == nil && (k.State == gateway.KeyActive || k.State == gateway.KeyPaused && !row.active()) {
			return keyStep{againKey, k, true}, nil
		}
	}
	return keyStep{kind: makeKey, made: true}, nil
}

func (k keyStep) sentence(t tool) string {
	name := k.key.Name
	switch k.kind {
	case keepKey:
		return i18n.T("error.setup.key.keep", "key", name)
	case againKey:
		return i18n.T("error.setup.key.again", "key", name)
	case chosenKey:
		return i18n.T("error.setup.key.chosen", "key", name)
	}
	return i18n.T("error.setup.key.make", "key", t.name)
}

// secret carries the step out and returns the key with what is to be written. A paused key stays so until it is.
func (s *Setup) secret(ctx context.Context, t tool, k keyStep, inFile string) (gateway.Key, string, error) {
	switch k.kind {
	case keepKey:
		return k.key, inFile, nil
	case makeKey:
		return s.opt.Access.Create(ctx, access.Spec{Name: t.name})
	}
	grace := access.Grace
	if k.key.State == gateway.KeyPaused {
		grace = 0 // it was disconnected, so the old secret is to stay dead
	}
	return s.opt.Access.Rotate(ctx, k.key.ID, grace)
}

// unmake takes a new key back when its secret could not be written.
func (s *Setup) unmake(ctx context.Context, k keyStep, key gateway.Key, err error) error {
	if k.kind != makeKey {
		return err
	}
	_, undo := s.opt.Access.SetState(ctx, key.ID, gateway.KeyRevoked)
	return errors.Join(err, undo)
}
