package contract

import "testing"

func TestProvidersAndKeysChangeInPlace(t *testing.T) {
	u := newUpstream(t)
	a := serve(t)
	id := text(t, a.addChannel(t, "custom-openai", u.base(), "openai", "--models", "gpt-5"), "id")
	is(t, a.do(t, "providers", "update", id, "--name", "Work", "--priority", "3").object(t),
		object{"id": id, "name": "Work", "priority": 3, "models": []any{"gpt-5"}, "price_as": "openai", "state": "ok"})
	is(t, a.do(t, "providers", "update", id, "--models", "", "--no-test").object(t), object{"name": "Work", "models": []any{}, "state": "ok"})
	is(t, weir(t, a.home, "", "providers", "update", id, "--base-url", closedPort(t), "--json").exits(t, 1).failure(t), object{"kind": "invalid", "field": "secret"})
	is(t, a.do(t, "providers", "duplicate", id).object(t), object{"name": "Work copy", "enabled": false, "state": "untested", "priority": 3})

	key := a.addKey(t, "--limit", "5usd/day")
	kid := text(t, key, "id")
	is(t, a.do(t, "keys", "update", kid, "--expires", "2099-01-01T00:00:00Z", "--models", "a,b", "--on-limit", "cut").object(t),
		object{"id": kid, "name": "laptop", "expires_at": "2099-01-01T00:00:00.000Z", "models": []any{"a", "b"}, "on_limit": "cut", "old_secret_until": nil})
	changed := a.do(t, "keys", "update", kid, "--expires", "never", "--name", "desk", "--models", "").object(t)
	is(t, changed, object{"name": "desk", "expires_at": nil, "models": []any{}, "on_limit": "cut"})
	if len(children(t, changed, "limits")) != 1 {
		t.Error("the key lost its limit")
	}

	rotated := a.do(t, "keys", "rotate", kid, "--grace", "0s").object(t)
	is(t, rotated, object{"old_secret_until": nil})
	a.post(t, chatPath, text(t, key, "secret"), sandboxChat).answers(t, 401)
	a.post(t, chatPath, text(t, rotated, "secret"), sandboxChat).answers(t, 200)
}

func TestPause(t *testing.T) {
	a := serve(t)
	secret := text(t, a.addKey(t), "secret")
	is(t, a.do(t, "pause").object(t), object{"paused": true})
	refused := a.post(t, chatPath, secret, sandboxChat).answers(t, 503)
	if refused.header.Get("X-Should-Retry") != "false" {
		t.Error("a paused Weir does not say x-should-retry: false")
	}
	calls := a.do(t, "calls", "--state", "refused").list(t)
	if len(calls) != 1 {
		t.Fatalf("%d refused calls, want 1", len(calls))
	}
	is(t, child(t, calls[0], "error"), object{"kind": "paused"})
	is(t, a.do(t, "resume").object(t), object{"paused": false})
	a.post(t, chatPath, secret, sandboxChat).answers(t, 200)
}
