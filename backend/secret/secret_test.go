package secret

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"weir/backend/gateway"
)

func open(t *testing.T, home string) *Box {
	t.Helper()
	b := Open(home, false, slog.New(slog.DiscardHandler))
	<-b.unlock()
	return b
}

func TestSealed(t *testing.T) {
	ctx, home := context.Background(), t.TempDir()
	b := open(t, home)
	if s := b.State(); s.KeptIn != "file" || s.Locked || s.Message == "" {
		t.Fatalf("State() = %+v, want an opened key file that is spoken of", s)
	}
	sealed, err := b.Seal(ctx, "channel", "ch_1", "secret", []byte("sk-ant-1"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("sk-ant")) {
		t.Error("the sealed text shows the secret")
	}
	again := open(t, home)
	if plain, err := again.Open(ctx, "channel", "ch_1", "secret", sealed); err != nil || string(plain) != "sk-ant-1" {
		t.Errorf("Open after a restart = %q, %v", plain, err)
	}
	if _, err := again.Open(ctx, "channel", "ch_2", "secret", sealed); err == nil {
		t.Error("a secret of one row opened in another")
	}
	if _, err := open(t, t.TempDir()).Open(ctx, "channel", "ch_1", "secret", sealed); err == nil {
		t.Error("a secret opened in another home")
	}
	for _, name := range []string{keyName, recordName} {
		info, err := os.Stat(filepath.Join(home, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v, want 0600", name, info.Mode(), err)
		}
	}
}

func TestKeychainHomeNeverFallsBack(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "nobody"))
	home := t.TempDir()
	if err := (places{home: home}).write(record{"01HOME", inKeychain}); err != nil {
		t.Fatal(err)
	}
	b := open(t, home)
	_, err := b.Seal(context.Background(), "channel", "ch_1", "secret", []byte("x"))
	var ge *gateway.Error
	if !errors.As(err, &ge) || ge.Kind != gateway.Locked || ge.RetryAfter == 0 {
		t.Errorf("Seal = %v, want a Locked error with advice when to retry", err)
	}
	if _, err := os.Stat(filepath.Join(home, keyName)); err == nil {
		t.Error("a key file was made for a home whose key is in the keychain")
	}
	if s := b.Unlock(context.Background()); !s.Locked || s.KeptIn != "keychain" {
		t.Errorf("State() = %+v", s)
	}
}
