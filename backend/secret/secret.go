// Package secret keeps provider keys unreadable at rest: it seals them with a data key that
// lies in the system's keychain or, where there is none, in a 0600 key file.
package secret

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// patience is how long one attempt at the keychain may take: an unanswered prompt must
// not hold up a call.
const patience = 3 * time.Second

// A State says where the data key lies and whether it can be had.
type State struct {
	KeptIn  string // keychain or file
	Locked  bool
	Message string // a sentence for people; empty when there is nothing to say
}

// A Box seals and opens secrets. It is safe for concurrent use.
type Box struct {
	places places
	log    *slog.Logger

	mu      sync.Mutex
	aead    cipher.AEAD
	state   State
	trying  chan struct{} // closed when the running attempt ends; nil: none runs
	lastTry time.Time
}

// Open returns the box of a home and starts to fetch its data key in the background.
// keychain false (WEIR_KEYCHAIN=off) keeps a new home's key in the file.
func Open(home string, keychain bool, log *slog.Logger) *Box {
	b := &Box{places: places{home: home, keychain: keychain}, log: log}
	b.state = State{KeptIn: b.places.recorded(), Locked: true, Message: i18n.T("error.secret.locked")}
	b.unlock()
	return b
}

// State returns where the data key lies now.
func (b *Box) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

// Unlock tries once more to get the data key where it could not be had, for somebody who has
// just opened the keychain, and returns where it lies now.
func (b *Box) Unlock(ctx context.Context) State {
	if b.State().Locked {
		select {
		case <-b.unlock():
		case <-ctx.Done():
		}
	}
	return b.State()
}

// unlock starts an attempt at the data key unless one runs already, and returns a
// channel that is closed when it ends.
func (b *Box) unlock() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.trying != nil {
		return b.trying
	}
	done := make(chan struct{})
	b.trying, b.lastTry = done, time.Now()
	go func() {
		key, kept, err := b.places.dataKey(patience)
		b.mu.Lock()
		defer b.mu.Unlock()
		defer close(done)
		b.trying = nil
		if err != nil {
			b.log.Warn("the data key cannot be had", "kept_in", kept, "err", err)
			b.state = State{KeptIn: kept, Locked: true, Message: i18n.T("error.secret.locked")}
			return
		}
		b.aead, err = chacha20poly1305.NewX(key)
		if err != nil {
			b.log.Error("the data key cannot be used", "err", err)
			return
		}
		b.state = State{KeptIn: kept}
		if kept == inFile {
			b.state.Message = i18n.T("error.secret.in_file")
			b.log.Warn("the data key lies in a file, guarded by file permissions only")
		}
	}()
	return done
}

// cipherNow returns the opened data key, waiting for an attempt that runs and
// starting one at most every few seconds; a Locked error otherwise.
func (b *Box) cipherNow(ctx context.Context) (cipher.AEAD, error) {
	b.mu.Lock()
	aead, fresh := b.aead, b.trying == nil && time.Since(b.lastTry) < patience
	b.mu.Unlock()
	if aead != nil {
		return aead, nil
	}
	if !fresh {
		select {
		case <-b.unlock():
		case <-ctx.Done():
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.aead == nil {
		return nil, &gateway.Error{Kind: gateway.Locked, Message: i18n.T("error.secret.locked"), RetryAfter: patience}
	}
	return b.aead, nil
}

// Seal encrypts a secret for one place in the database; it opens nowhere else.
func (b *Box) Seal(ctx context.Context, table, row, column string, plain []byte) ([]byte, error) {
	aead, err := b.cipherNow(ctx)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("seal %s: %w", table, err)
	}
	return aead.Seal(nonce, nonce, plain, place(table, row, column)), nil
}

// Open decrypts what Seal returned for the same place.
func (b *Box) Open(ctx context.Context, table, row, column string, sealed []byte) ([]byte, error) {
	aead, err := b.cipherNow(ctx)
	if err != nil {
		return nil, err
	}
	if len(sealed) < aead.NonceSize() {
		return nil, fmt.Errorf("open %s %s: sealed text is too short", table, row)
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], place(table, row, column))
	if err != nil {
		return nil, fmt.Errorf("open %s %s: it was sealed with another key or for another place", table, row)
	}
	return plain, nil
}

func place(table, row, column string) []byte {
	return []byte("v1|" + table + "|" + row + "|" + column)
}
