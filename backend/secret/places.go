package secret

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/zalando/go-keyring"
	"golang.org/x/crypto/chacha20poly1305"
)

const (
	service    = "weir"
	inKeychain = "keychain"
	inFile     = "file"
	recordName = "secrets.json"
	keyName    = "secret.key"
)

// places knows where a home's data key may lie. The record beside the database says
// where it does: a home with a key in the keychain never falls back to a file.
type places struct {
	home     string
	keychain bool
}

type record struct {
	HomeID string `json:"home_id"`
	KeptIn string `json:"kept_in"`
}

func (p places) recorded() string {
	r, err := p.read()
	if err != nil {
		return inFile
	}
	return r.KeptIn
}

func (p places) read() (r record, err error) {
	b, err := os.ReadFile(filepath.Join(p.home, recordName))
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(b, &r)
}

// dataKey returns the home's 32-byte key and where it lies, making one for a new home.
func (p places) dataKey(patience time.Duration) (key []byte, keptIn string, err error) {
	r, err := p.read()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return p.create(patience)
	case err != nil:
		return nil, inFile, fmt.Errorf("read %s: %w", recordName, err)
	case r.KeptIn == inKeychain:
		key, err = fromKeychain(r.HomeID, patience)
	default:
		key, err = p.fromFile()
	}
	return key, r.KeptIn, err
}

func (p places) create(patience time.Duration) ([]byte, string, error) {
	// A key file without a record is an interrupted start: its key may be in use already.
	if key, err := p.fromFile(); err == nil {
		return key, inFile, p.write(record{ulid.Make().String(), inFile})
	}
	key := make([]byte, chacha20poly1305.KeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, inFile, err
	}
	id := ulid.Make().String()
	if p.keychain && keychainExists() && toKeychain(id, key, patience) == nil {
		return key, inKeychain, p.write(record{id, inKeychain})
	}
	if err := writeDurably(filepath.Join(p.home, keyName), []byte(base64.StdEncoding.EncodeToString(key)+"\n")); err != nil {
		return nil, inFile, err
	}
	return key, inFile, p.write(record{id, inFile})
}

func (p places) fromFile() ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(p.home, keyName))
	if err != nil {
		return nil, err
	}
	return decodeKey(string(b))
}

func (p places) write(r record) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return writeDurably(filepath.Join(p.home, recordName), append(b, '\n'))
}

func decodeKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != chacha20poly1305.KeySize {
		return nil, errors.New("the data key is damaged")
	}
	return key, nil
}

func fromKeychain(homeID string, patience time.Duration) ([]byte, error) {
	text, err := within(patience, func() (string, error) { return keyring.Get(service, homeID) })
	if err != nil {
		return nil, fmt.Errorf("keychain: %w", err)
	}
	return decodeKey(text)
}

func toKeychain(homeID string, key []byte, patience time.Duration) error {
	_, err := within(patience, func() (string, error) {
		return "", keyring.Set(service, homeID, base64.StdEncoding.EncodeToString(key))
	})
	return err
}

// within bounds a keychain request: a locked Secret Service waits for its prompt without
// an end, and go-keyring 0.2.8 cannot be cancelled.
func within(patience time.Duration, ask func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	ch := make(chan answer, 1)
	go func() {
		text, err := ask()
		ch <- answer{text, err}
	}()
	select {
	case a := <-ch:
		return a.text, a.err
	case <-time.After(patience):
		return "", errors.New("no answer within " + patience.String())
	}
}

// keychainExists is false on a Linux machine without a session bus, where asking would
// only try to start one.
func keychainExists() bool {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return true
	}
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return true
	}
	_, err := os.Stat(filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "bus"))
	return err == nil && os.Getenv("XDG_RUNTIME_DIR") != ""
}

// writeDurably replaces a file whole, readable by its owner alone, and returns once it
// is on the disk.
func writeDurably(path string, data []byte) error {
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
