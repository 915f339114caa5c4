package console

import (
	"context"
	"encoding/json"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// refused carries out an operation that must fail, and returns why.
func refused(t *testing.T, b *books, op, args string) ErrorView {
	t.Helper()
	e := b.Call(context.Background(), op, []byte(args))
	if e.OK {
		t.Fatalf("%s %s was carried out", op, args)
	}
	v := *e.Error
	if v.Field == nil {
		v.Field = new(string)
	}
	return v
}

// raw is arguments that a test writes out.
func raw(text string) json.RawMessage { return json.RawMessage(text) }

// told collects what the feed hears of while something is done.
func told(b *books, do func()) map[string]bool {
	heard := map[string]bool{}
	ch, stop := b.changes.subscribe()
	defer stop()
	do()
	for {
		select {
		case what := <-ch:
			heard[what] = true
		default:
			return heard
		}
	}
}

func TestKeysUpdate(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	made := ask[NewKey](b, "keys.add", raw(`{"name":"Codex","models":["m"],"expires":"2026-12-01T00:00:00Z","limits":["5usd/day"]}`))
	other := ask[NewKey](b, "keys.add", raw(`{"name":"Claude"}`))
	want := made.Key
	for _, tt := range []struct {
		name, change string
		edit         func(*Key)
	}{
		{"nothing", ``, func(*Key) {}},
		{"the name, without spaces around it", `,"name":" Codex CLI "`, func(k *Key) { k.Name = "Codex CLI" }},
		{"null leaves the name alone", `,"name":null`, func(*Key) {}},
		{"the models", `,"models":["a","b"]`, func(k *Key) { k.Models = []string{"a", "b"} }},
		{"any model", `,"models":[]`, func(k *Key) { k.Models = []string{} }},
		{"another end", `,"expires":"2027-01-01T00:00:00Z"`, func(k *Key) { end := "2027-01-01T00:00:00.000Z"; k.ExpiresAt = &end }},
		{"no end", `,"expires":null`, func(k *Key) { k.ExpiresAt = nil }},
		{"what happens at the limit", `,"on_limit":"cut"`, func(k *Key) { k.OnLimit = "cut" }},
		{"unpriced calls", `,"allow_unpriced":true`, func(k *Key) { k.AllowUnpriced = true }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.edit(&want)
			var got Key
			heard := told(b, func() { got = ask[Key](b, "keys.update", raw(`{"id":"`+made.ID+`"`+tt.change+`}`)) })
			same(t, tt.name, got, want)
			if !heard["keys"] {
				t.Errorf("the feed heard %v", heard)
			}
		})
	}
	for _, tt := range []struct{ name, op, args, kind, field string }{
		{"no name", "keys.update", `{"id":"` + made.ID + `","name":" "}`, "invalid", "name"},
		{"an end that has passed", "keys.update", `{"id":"` + made.ID + `","expires":"2026-11-21T12:00:00Z"}`, "invalid", "expires"},
		{"an end that is no time", "keys.update", `{"id":"` + made.ID + `","expires":"tomorrow"}`, "invalid", ""},
		{"an unknown policy", "keys.update", `{"id":"` + made.ID + `","on_limit":"stop"}`, "invalid", "on_limit"},
		{"no such key", "keys.update", `{"id":"key_none","name":"x"}`, "not_found", "id"},
	} {
		if v := refused(t, b, tt.op, tt.args); v.Kind != tt.kind || *v.Field != tt.field {
			t.Errorf("%s: %+v, field %s", tt.name, v, *v.Field)
		}
	}
	ask[Key](b, "keys.revoke", raw(`{"id":"`+other.ID+`"}`))
	ask[NewKey](b, "keys.add", raw(`{"name":"Claude"}`))
}

func TestKeysRotate(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	made := ask[NewKey](b, "keys.add", raw(`{"name":"Codex"}`))
	works := func(secret string) bool { _, e, _ := b.Access.Admit(secret); return e == nil }
	for _, tt := range []struct {
		name, grace, until string
	}{
		{"a day is usual", ``, "2026-11-22T12:00:00.000Z"},
		{"an hour ends older ones with it", `,"grace":"1h"`, "2026-11-21T13:00:00.000Z"},
		{"none ends them at once", `,"grace":"0s"`, ""},
		{"thirty days are the most", `,"grace":"720h"`, "2026-12-21T12:00:00.000Z"},
	} {
		old := made.Secret
		made = ask[NewKey](b, "keys.rotate", raw(`{"id":"`+made.ID+`"`+tt.grace+`}`))
		if !works(made.Secret) || works(old) != (tt.until != "") || orEmpty(made.OldSecretUntil) != tt.until {
			t.Errorf("%s: the new one works: %v, the old one: %v, until %s", tt.name, works(made.Secret), works(old), orEmpty(made.OldSecretUntil))
		}
	}
	for _, grace := range []string{"721h", "-1s", "a day", "1"} {
		if v := refused(t, b, "keys.rotate", `{"id":"`+made.ID+`","grace":"`+grace+`"}`); *v.Field != "grace" {
			t.Errorf("a grace of %s: %+v", grace, v)
		}
	}
}
