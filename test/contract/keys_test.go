package contract

import (
	"strings"
	"testing"
	"time"
)

func TestKeys(t *testing.T) {
	a := serve(t)
	if got := a.do(t, "keys", "list").list(t); len(got) != 0 {
		t.Errorf("a new home lists %d keys", len(got))
	}
	key := a.addKey(t)
	id, secret := prefixed(t, key, "key_"), text(t, key, "secret")
	has(t, key, "id", "name", "secret", "prefix", "limits", "state")
	is(t, key, object{"name": "laptop", "state": "active", "limits": []any{}})
	if prefix := text(t, key, "prefix"); !strings.HasPrefix(secret, "sk-weir-") || !strings.HasPrefix(secret, prefix) || len(prefix) != len("sk-weir-ab12") {
		t.Errorf("secret and prefix = %q… and %q, want sk-weir-… and its first 12 characters", secret[:8], prefix)
	}
	works := func(secret string, status int) {
		t.Helper()
		a.post(t, chatPath, secret, sandboxChat).answers(t, status)
	}
	works(secret, 200)
	works("sk-weir-nobody", 401)

	is(t, a.do(t, "keys", "pause", id).object(t), object{"id": id, "state": "paused"})
	works(secret, 401)
	is(t, a.do(t, "keys", "resume", id).object(t), object{"id": id, "state": "active"})
	works(secret, 200)

	rotated := a.do(t, "keys", "rotate", id).object(t)
	is(t, rotated, object{"id": id, "name": "laptop", "state": "active"})
	fresh := text(t, rotated, "secret")
	if fresh == secret {
		t.Error("the rotated key has its old secret")
	}
	works(fresh, 200)

	is(t, a.do(t, "keys", "revoke", id).object(t), object{"id": id, "state": "revoked"})
	works(fresh, 401)
	works(secret, 401)

	r := a.do(t, "keys", "list")
	if strings.Contains(r.stdout, secret) || strings.Contains(r.stdout, fresh) {
		t.Error("the list holds a secret")
	}
	listed := r.list(t)
	if len(listed) != 1 {
		t.Fatalf("%d keys, want 1", len(listed))
	}
	has(t, listed[0], "id", "name", "prefix", "limits", "state")
	if _, ok := listed[0]["secret"]; ok {
		t.Error("the list has a field secret")
	}
	for _, verb := range []string{"pause", "rotate", "revoke"} {
		is(t, weir(t, a.home, "", "keys", verb, "key_none", "--json").exits(t, 1).failure(t), object{"kind": "not_found"})
	}
}

func TestKeyIsBounded(t *testing.T) {
	a := serve(t)
	t.Run("to its models", func(t *testing.T) {
		secret := text(t, a.addKey(t, "--models", "sandbox/gpt-5"), "secret")
		a.post(t, chatPath, secret, sandboxChat).answers(t, 200)
		a.post(t, messagesPath, secret, sandboxTalk).answers(t, 403)
	})
	t.Run("to its time", func(t *testing.T) {
		key := a.addKey(t, "--expires", "2099-01-01T00:00:00Z")
		is(t, key, object{"expires_at": "2099-01-01T00:00:00.000Z"})
		a.post(t, chatPath, text(t, key, "secret"), sandboxChat).answers(t, 200)
	})
}

func TestLimits(t *testing.T) {
	a := serve(t)
	key := a.addKey(t, "--limit", "2calls/day", "--limit", "5usd/month", "--limit", "100000tokens/total", "--limit", "1.50usd/week")
	id, secret := text(t, key, "id"), text(t, key, "secret")
	want := map[string]object{
		"calls":  {"amount": "2", "window": "day", "spent": "0", "held": "0", "left": "2", "hard": true},
		"tokens": {"amount": "100000", "window": "total", "spent": "0", "left": "100000", "resets_at": nil},
		"month":  {"unit": "usd", "amount": "5", "window": "month", "left": "5"},
		"week":   {"unit": "usd", "amount": "1.5", "window": "week", "left": "1.5"},
	}
	limits := children(t, key, "limits")
	if len(limits) != 4 {
		t.Fatalf("%d limits, want 4", len(limits))
	}
	for _, l := range limits {
		has(t, l, limitFields...)
		name := text(t, l, "unit")
		if name == "usd" {
			name = text(t, l, "window")
		}
		is(t, l, want[name])
		if l["window"] != "total" && !after(t, l["resets_at"], time.Now()) {
			t.Errorf("a %v limit resets at %v, want a time to come", l["window"], l["resets_at"])
		}
	}

	first := a.post(t, chatPath, secret, sandboxChat).answers(t, 200)
	if first.header.Get("X-Weir-Quota-Left") == "" {
		t.Error("a limited key is not told what is left")
	}
	a.post(t, messagesPath, secret, sandboxTalk).answers(t, 200)
	refused := a.post(t, chatPath, secret, sandboxChat).answers(t, 402)
	if refused.header.Get("X-Should-Retry") != "false" {
		t.Error("a refusal that a retry cannot mend does not say x-should-retry: false")
	}
	e := child(t, decode(t, []byte(refused.body)).(object), "error")
	has(t, e, "message", "type", "param", "code")
	e = child(t, decode(t, []byte(a.post(t, messagesPath, secret, sandboxTalk).answers(t, 402).body)).(object), "error")
	has(t, e, "message", "type")

	list := a.do(t, "calls", "--state", "refused", "--key", id).list(t)
	if len(list) != 2 {
		t.Fatalf("%d refused calls, want 2", len(list))
	}
	is(t, list[0], object{"state": "refused", "end": "refused", "http_status": 402, "basis": nil, "cost_usd": nil})
	is(t, child(t, list[0], "error"), object{"kind": "quota_exceeded"})

	changed := a.do(t, "keys", "limit", id, "--limit", "3calls/day").object(t)
	limits = children(t, changed, "limits")
	if len(limits) != 1 {
		t.Fatalf("%d limits after the change, want 1", len(limits))
	}
	is(t, limits[0], object{"unit": "calls", "amount": "3", "spent": "2", "held": "0", "left": "1"})
	a.post(t, chatPath, secret, sandboxChat).answers(t, 200)
	a.post(t, chatPath, secret, sandboxChat).answers(t, 402)
}

// after says whether a JSON time lies after the instant.
func after(t *testing.T, v any, when time.Time) bool {
	t.Helper()
	s, ok := v.(string)
	if !ok {
		return false
	}
	got, err := time.Parse(time.RFC3339, s)
	return err == nil && got.After(when)
}

func TestQuota(t *testing.T) {
	a := serve(t)
	limited, free := a.addKey(t, "--limit", "5usd/day"), a.addKey(t)
	fields := []string{"answers_for", "key_id", "unlimited", "limits", "spent_usd", "unpriced_calls"}

	whole := a.do(t, "quota").object(t)
	has(t, whole, fields...)
	is(t, whole, object{"answers_for": "account", "key_id": nil, "unlimited": true, "limits": []any{}, "spent_usd": "0", "unpriced_calls": 0})

	reply := a.post(t, chatPath, text(t, limited, "secret"), sandboxChat).answers(t, 200)
	cost := text(t, a.do(t, "calls", "show", reply.header.Get("X-Weir-Call")).object(t), "cost_usd")

	own := a.do(t, "quota", "--key", text(t, limited, "id")).object(t)
	has(t, own, fields...)
	is(t, own, object{"answers_for": "key", "key_id": limited["id"], "unlimited": false, "spent_usd": cost})
	limits := children(t, own, "limits")
	if len(limits) != 1 {
		t.Fatalf("%d limits, want 1", len(limits))
	}
	has(t, limits[0], limitFields...)
	is(t, limits[0], object{"amount": "5", "spent": cost, "held": "0"})

	theirs := a.do(t, "quota", "--key", text(t, free, "id")).object(t)
	is(t, theirs, object{"answers_for": "account", "unlimited": true, "spent_usd": cost})
	is(t, weir(t, a.home, "", "quota", "--key", "key_none", "--json").exits(t, 1).failure(t), object{"kind": "not_found"})
}
