package access

import (
	"context"
	"regexp"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
)

func open(t *testing.T, home string, now *time.Time) (*Access, *store.Store) {
	t.Helper()
	st, err := store.Open(context.Background(), home)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(context.Background(), st, func() time.Time { return *now })
	if err != nil {
		t.Fatal(err)
	}
	return a, st
}

func admitted(a *Access, secret string) string {
	g, e, reason := a.Admit(secret)
	if e != nil {
		return reason
	}
	return g.KeyName
}

func TestAdmit(t *testing.T) {
	ctx, home, now := context.Background(), t.TempDir(), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	a, st := open(t, home, &now)
	k, secret, err := a.Create(ctx, Spec{Name: "Codex", Models: []string{"m"}, ExpiresAt: now.Add(100 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^sk-weir-[0-9a-zA-Z]{49}$`).MatchString(secret) || secret[:len(k.Prefix)] != k.Prefix || len(k.Prefix) != 12 {
		t.Errorf("secret %s, prefix %s", secret, k.Prefix)
	}
	want := func(what, secret, verdict string) {
		t.Helper()
		if got := admitted(a, secret); got != verdict {
			t.Errorf("%s: %s, want %s", what, got, verdict)
		}
	}
	want("a new key", secret, "Codex")
	want("no key", "", "no_key")
	want("a part of it", secret[:20], "unknown_key")
	if g, _, _ := a.Admit(secret); !g.Allows("m") || g.Allows("n") {
		t.Errorf("grant %+v", g)
	}
	_, fresh, err := a.Rotate(ctx, k.ID, Grace)
	if err != nil {
		t.Fatal(err)
	}
	want("the new secret", fresh, "Codex")
	want("the old one within its grace", secret, "Codex")
	now = now.Add(Grace)
	want("the old one after it", secret, "unknown_key")
	if err := a.SaveUses(ctx); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	a, st = open(t, home, &now)
	defer st.Close()
	want("after a restart", fresh, "Codex")
	if got, err := a.Key(k.ID); err != nil || got.LastUsedAt.IsZero() {
		t.Errorf("last used %v, %v", got.LastUsedAt, err)
	}
	for _, step := range []struct {
		state   gateway.KeyState
		verdict string
	}{{gateway.KeyPaused, "paused_key"}, {gateway.KeyActive, "Codex"}} {
		if _, err := a.SetState(ctx, k.ID, step.state); err != nil {
			t.Fatal(err)
		}
		want(string(step.state), fresh, step.verdict)
	}
	now = now.Add(100 * time.Hour)
	want("after its end", fresh, "expired_key")
	if _, err := a.SetState(ctx, k.ID, gateway.KeyRevoked); err != nil {
		t.Fatal(err)
	}
	want("revoked", fresh, "revoked_key")
	if _, err := a.SetState(ctx, k.ID, gateway.KeyActive); err == nil {
		t.Error("a revoked key was resumed")
	}
	if _, _, err := a.Rotate(ctx, k.ID, Grace); err == nil {
		t.Error("a revoked key was rotated")
	}
}
