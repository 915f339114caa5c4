package access

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
)

func wants[T any](v T) *T { return &v }

func TestUpdate(t *testing.T) {
	ctx, now := context.Background(), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	a, st := open(t, t.TempDir(), &now)
	defer st.Close()
	made, secret, err := a.Create(ctx, Spec{Name: "Codex", Models: []string{"m"}, ExpiresAt: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change Change
		edit   func(*gateway.Key)
	}{
		{"what is left out stays", Change{}, func(*gateway.Key) {}},
		{"the name", Change{Name: wants("Codex 2")}, func(k *gateway.Key) { k.Name = "Codex 2" }},
		{"its own name in another case", Change{Name: wants("CODEX 2")}, func(k *gateway.Key) { k.Name = "CODEX 2" }},
		{"the models", Change{Models: wants([]string{"n", "o"})}, func(k *gateway.Key) { k.Models = []string{"n", "o"} }},
		{"any model", Change{Models: wants([]string{})}, func(k *gateway.Key) { k.Models = []string{} }},
		{"no end", Change{ExpiresAt: wants(time.Time{})}, func(k *gateway.Key) { k.ExpiresAt = time.Time{} }},
		{"another end", Change{ExpiresAt: wants(now.Add(2 * time.Hour))}, func(k *gateway.Key) { k.ExpiresAt = now.Add(2 * time.Hour) }},
		{"the rest", Change{AllowUnpriced: wants(true), OnLimit: wants(gateway.Cut)}, func(k *gateway.Key) { k.AllowUnpriced, k.OnLimit = true, gateway.Cut }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.edit(&made)
			got, err := a.Update(ctx, made.ID, tt.change)
			if err != nil || !reflect.DeepEqual(got, made) {
				t.Errorf("got %+v, %v, want %+v", got, err, made)
			}
		})
	}
	if got := admitted(a, secret); got != "CODEX 2" {
		t.Errorf("its secret is %s", got)
	}
}

func TestChangesThatAreRefused(t *testing.T) {
	ctx, now := context.Background(), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	a, st := open(t, t.TempDir(), &now)
	defer st.Close()
	ids := map[string]string{}
	for _, name := range []string{"Codex", "Claude"} {
		k, _, err := a.Create(ctx, Spec{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = k.ID
	}
	refused := func(what string, err error, kind gateway.Kind, field string) {
		t.Helper()
		var e *gateway.Error
		if !errors.As(err, &e) || e.Kind != kind || e.Field != field {
			t.Errorf("%s: got %v, want %s of %s", what, err, kind, field)
		}
	}
	_, err := a.Update(ctx, ids["Claude"], Change{Name: wants("")})
	refused("no name", err, gateway.Invalid, "name")
	_, err = a.Update(ctx, ids["Claude"], Change{Name: wants("a\nb")})
	refused("a name of two lines", err, gateway.Invalid, "name")
	_, _, err = a.Create(ctx, Spec{Name: strings.Repeat("x", gateway.LongestName+1)})
	refused("a new key whose name is too long", err, gateway.Invalid, "name")
	_, err = a.Update(ctx, "key_none", Change{})
	refused("a key that is not there", err, gateway.NotFound, "id")
	if _, err := a.SetState(ctx, ids["Codex"], gateway.KeyRevoked); err != nil {
		t.Fatal(err)
	}
	_, err = a.Update(ctx, ids["Codex"], Change{Name: wants("x")})
	refused("a revoked key", err, gateway.Conflict, "id")
	if _, _, err := a.Create(ctx, Spec{Name: "Claude"}); err != nil {
		t.Errorf("a second key of one name: %v, want it made", err)
	}
}

func TestRotateWithGrace(t *testing.T) {
	ctx, now := context.Background(), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	a, st := open(t, t.TempDir(), &now)
	defer st.Close()
	k, first, err := a.Create(ctx, Spec{Name: "Codex"})
	if err != nil {
		t.Fatal(err)
	}
	rotate := func(grace time.Duration) (secret string) {
		t.Helper()
		if k, secret, err = a.Rotate(ctx, k.ID, grace); err != nil {
			t.Fatal(err)
		}
		return secret
	}
	works := func(what, secret string, ok bool) {
		t.Helper()
		if got := admitted(a, secret) == "Codex"; got != ok {
			t.Errorf("%s is accepted: %v", what, got)
		}
	}
	second := rotate(48 * time.Hour)
	if !k.OldSecretUntil.Equal(now.Add(48*time.Hour)) || k.Prefix != second[:prefixLen] {
		t.Errorf("the old one works until %v, prefix %s", k.OldSecretUntil, k.Prefix)
	}
	third := rotate(time.Hour)
	if !k.OldSecretUntil.Equal(now.Add(time.Hour)) {
		t.Errorf("a later rotation leaves the old ones until %v", k.OldSecretUntil)
	}
	works("the first", first, true)
	works("the second", second, true)
	now = now.Add(time.Hour)
	works("the second after its grace", second, false)
	if k, err := a.Key(k.ID); err != nil || !k.OldSecretUntil.IsZero() {
		t.Errorf("after the grace: until %v, %v", k.OldSecretUntil, err)
	}
	fourth := rotate(0)
	works("the third, without grace", third, false)
	works("the fourth", fourth, true)
	if !k.OldSecretUntil.IsZero() {
		t.Errorf("without grace: until %v", k.OldSecretUntil)
	}
}
