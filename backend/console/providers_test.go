package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/test/standin"
)

const providerKey = "sk-upstream-canary"

// provided is a console with one provider at a stand-in.
func provided(t *testing.T) (*books, *standin.Server, Provider) {
	t.Helper()
	b := openBooks(t, "UTC", noon)
	up := standin.Start(t, standin.Options{APIKey: providerKey})
	p := ask[Provider](b, "providers.add", raw(`{"type":"custom-openai","name":"A","base_url":"`+up.OpenAI()+`","models":["m"],"map":{"fast":"m-mini"},
		"priority":3,"weight":2,"price_as":"openai","secret":"`+providerKey+`"}`))
	if p.State != "ok" || p.Message != nil {
		t.Fatalf("the new provider is %s, %s", p.State, orEmpty(p.Message))
	}
	return b, up, p
}

func (b *books) secret(id string) string {
	b.t.Helper()
	ch, err := b.Channels.Channel(id)
	if err != nil {
		b.t.Fatal(err)
	}
	known, err := b.Channels.Secret(b.t.Context(), ch)
	if err != nil {
		b.t.Fatal(err)
	}
	return known.Text()
}

func TestProvidersUpdate(t *testing.T) {
	b, up, want := provided(t)
	for _, tt := range []struct {
		name, change string
		edit         func(*Provider)
	}{
		{"nothing", ``, func(*Provider) {}},
		{"the name", `,"name":" B "`, func(p *Provider) { p.Name = "B" }},
		{"the models", `,"models":["x","y"],"map":{}`, func(p *Provider) { p.Models, p.Map = []string{"x", "y"}, map[string]string{} }},
		{"any model", `,"models":[]`, func(p *Provider) { p.Models = []string{} }},
		{"the order", `,"priority":-1,"weight":7`, func(p *Provider) { p.Priority, p.Weight = -1, 7 }},
		{"the prices", `,"count":"exclusive","price_as":""`, func(p *Provider) { p.Count, p.PriceAs = "exclusive", nil }},
		{"another path of its server", `,"base_url":"` + up.URL + `/openai"`, func(p *Provider) { p.BaseURL = up.URL + "/openai" }},
		{"a key that is refused", `,"secret":" sk-wrong "`, func(p *Provider) { p.State = "bad_key" }},
		{"the right one", `,"secret":"` + providerKey + `"`, func(p *Provider) { p.State = "ok" }},
		{"a key that is not tested", `,"secret":"sk-wrong","no_test":true`, func(p *Provider) { p.State = "untested" }},
		{"and is tested with the next change", `,"priority":1`, func(p *Provider) { p.Priority, p.State = 1, "bad_key" }},
		{"unless that is not tested either", `,"priority":2,"no_test":true`, func(p *Provider) { p.Priority = 2 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.edit(&want)
			var got Provider
			heard := told(b, func() { got = ask[Provider](b, "providers.update", raw(`{"id":"`+want.ID+`"`+tt.change+`}`)) })
			if (got.Message == nil) != (got.State == "ok" || got.State == "untested") {
				t.Errorf("%s says %q", got.State, orEmpty(got.Message))
			}
			if len(got.Keys) != 1 || got.Keys[0].State != got.State || orEmpty(got.Keys[0].Message) != orEmpty(got.Message) {
				t.Errorf("its key is %+v", got.Keys)
			}
			got.Message, want.Keys = nil, got.Keys
			same(t, tt.name, got, want)
			if !heard["providers"] {
				t.Errorf("the feed heard %v", heard)
			}
		})
	}
	if key := b.secret(want.ID); key != "sk-wrong" {
		t.Errorf("the stored key is %q", key)
	}
}

func TestProvidersUpdateRefuses(t *testing.T) {
	b, up, p := provided(t)
	b.Relay.Open("http://127.0.0.1:9347", 9347)
	elsewhere := standin.Start(t, standin.Options{})
	for _, tt := range []struct{ name, change, kind, field string }{
		{"no name", `"name":""`, "invalid", "name"},
		{"no address", `"base_url":""`, "invalid", "base_url"},
		{"an address of no kind", `"base_url":"ftp://h"`, "invalid", "base_url"},
		{"Weir's own address", `"base_url":"http://localhost:9347/v1"`, "invalid", "base_url"},
		{"an unknown way to count", `"count":"twice"`, "invalid", "count"},
		{"a weight below nothing", `"weight":-1`, "invalid", "weight"},
		{"the sandbox's names", `"map":{"sandbox/m":"m"}`, "invalid", "models"},
		{"another type", `"type":"openai"`, "invalid", ""},
		{"another server without its key", `"base_url":"` + elsewhere.OpenAI() + `"`, "invalid", "secret"},
		{"a key that is refused, of somebody strict", `"secret":"sk-wrong","strict":true`, "bad_upstream", "secret"},
	} {
		if v := refused(t, b, "providers.update", `{"id":"`+p.ID+`",`+tt.change+`}`); v.Kind != tt.kind || *v.Field != tt.field {
			t.Errorf("%s: %+v, field %q", tt.name, v, *v.Field)
		}
	}
	if v := refused(t, b, "providers.update", `{"id":"ch_none"}`); v.Kind != "not_found" {
		t.Errorf("no such provider: %+v", v)
	}
	if n := elsewhere.Journal.Len(); n != 0 {
		t.Errorf("another server was asked %d times", n)
	}
	same(t, "the provider after all that", ask[[]Provider](b, "providers.list", raw(`{}`)), []Provider{p})
	moved := ask[Provider](b, "providers.update", raw(`{"id":"`+p.ID+`","base_url":"`+elsewhere.OpenAI()+`","secret":"sk-its-own"}`))
	if moved.State != "ok" || b.secret(p.ID) != "sk-its-own" || up.Journal.Len() == 0 {
		t.Errorf("with its key: %+v", moved)
	}
}

func TestAStaleAddressGetsNoKey(t *testing.T) {
	b, up, p := provided(t)
	before, err := b.Channels.Channel(p.ID)
	if err != nil {
		t.Fatal(err)
	}
	ask[Provider](b, "providers.update", raw(`{"id":"`+p.ID+`","base_url":"`+up.URL+`/openai"}`))
	if known, err := b.Channels.Secret(t.Context(), before); err == nil || len(known.Keys) > 0 {
		t.Errorf("Secret of where it was = %v, %v", known, err)
	}
}

func TestProvidersDuplicate(t *testing.T) {
	b, up, p := provided(t)
	asked := up.Journal.Len()
	got := ask[Provider](b, "providers.duplicate", raw(`{"id":"`+p.ID+`"}`))
	want := p
	want.ID, want.Name, want.Enabled, want.State = got.ID, "A copy", false, "untested"
	want.Keys = []ProviderKey{{ID: got.Keys[0].ID, Mask: "…nary", State: "untested"}}
	same(t, "the copy", got, want)
	if got.ID == p.ID || b.secret(got.ID) != providerKey || up.Journal.Len() != asked {
		t.Errorf("the copy is %s with the key %q, and its server was asked", got.ID, b.secret(got.ID))
	}
	if tested := ask[Provider](b, "providers.test", raw(`{"id":"`+got.ID+`"}`)); tested.State != "ok" {
		t.Errorf("the copy's key is %s", tested.State)
	}
	if v := refused(t, b, "providers.duplicate", `{"id":"ch_none"}`); v.Kind != "not_found" {
		t.Errorf("no such provider: %+v", v)
	}
}

func TestAForeignKeyIsNotSent(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	b.Client = unreached{t}
	p := ask[Provider](b, "providers.add", raw(`{"type":"anthropic","name":"A","secret":"sk-or-v1-canary"}`))
	if p.State != "bad_key" || !strings.Contains(orEmpty(p.Message), "OpenRouter") || strings.Contains(orEmpty(p.Message), "canary") {
		t.Errorf("%s, %s", p.State, orEmpty(p.Message))
	}
}

// unreached is a way out that nobody may take.
type unreached struct{ t *testing.T }

func (u unreached) RoundTrip(r *http.Request) (*http.Response, error) {
	u.t.Errorf("%s was asked", r.URL)
	return nil, http.ErrServerClosed
}

func TestProviderUses(t *testing.T) {
	b, up, p := provided(t)
	same(t, "nothing yet", ask[ProviderUses](b, "providers.uses", raw(`{"id":"`+p.ID+`"}`)), ProviderUses{OnlyHere: []string{"fast", "m"}, Keys: []string{}})
	key := ask[NewKey](b, "keys.add", raw(`{"name":"Codex"}`))
	b.add(noon.Add(-40*24*time.Hour), paid(key.ID, p.ID, "forgotten", "1", "1"))
	b.add(noon.Add(-2*time.Hour), paid(key.ID, p.ID, "m", "1", "1"))
	b.add(noon.Add(-time.Hour), paid(key.ID, p.ID, "old-name", "1", "1"))
	b.add(noon.Add(-time.Minute), paid(key.ID, "ch_other", "m", "1", "1"))
	failed := gateway.Call{KeyID: key.ID, ChannelID: p.ID, Model: "m", State: gateway.Released, Basis: gateway.Zero, End: gateway.Failed}
	b.add(noon.Add(-3*time.Hour), failed)
	last := "2026-11-21T11:00:00.000Z"
	want := ProviderUses{Calls30d: 3, LastCallAt: &last, OnlyHere: []string{"fast", "m", "old-name"}, Keys: []string{"Codex"}}
	uses := func(what string) {
		t.Helper()
		same(t, what, ask[ProviderUses](b, "providers.uses", raw(`{"id":"`+p.ID+`"}`)), want)
	}
	uses("after a few calls")
	other := ask[Provider](b, "providers.add", raw(`{"type":"custom-openai","name":"B","base_url":"`+up.OpenAI()+`","models":["m"],"no_test":true}`))
	want.OnlyHere = []string{"fast", "old-name"}
	uses("another serves one of them")
	ask[Provider](b, "providers.disable", raw(`{"id":"`+other.ID+`"}`))
	want.OnlyHere = []string{"fast", "m", "old-name"}
	uses("one that is disabled serves none")
	ask[Provider](b, "providers.add", raw(`{"type":"custom-anthropic","name":"C","base_url":"`+up.Anthropic()+`","no_test":true}`))
	uses("nor does one of another dialect")
	ask[Provider](b, "providers.add", raw(`{"type":"custom-openai","name":"D","base_url":"`+up.OpenAI()+`","no_test":true}`))
	want.OnlyHere = []string{}
	uses("one without a list serves all")
}

func TestPrivacy(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	same(t, "without providers", ask[[]Host](b, "privacy.get", raw(`{}`)), []Host{})
	b.Proxy = func(r *http.Request) (*url.URL, error) {
		if r.URL.Host == "127.0.0.1:8000" {
			return nil, nil
		}
		return url.Parse("http://me:pw@proxy.example:3128")
	}
	for _, args := range []string{`"type":"openai","name":"Work"`, `"type":"openai","name":"Private"`, `"type":"custom-openai","name":"Local","base_url":"http://127.0.0.1:8000"`, `"type":"anthropic","name":"Off"`} {
		p := ask[Provider](b, "providers.add", raw(`{"no_test":true,`+args+`}`))
		if p.Name == "Off" {
			ask[Provider](b, "providers.disable", raw(`{"id":"`+p.ID+`"}`))
		}
	}
	var got []string
	for _, h := range ask[[]Host](b, "privacy.get", raw(`{}`)) {
		if !strings.HasSuffix(h.Why, ".") {
			t.Errorf("%s: %q is no sentence", h.Host, h.Why)
		}
		got = append(got, h.Name+" "+h.Host)
	}
	same(t, "hosts", got, []string{"Local 127.0.0.1:8000", "Private api.openai.com", "Private proxy.example:3128", "Work api.openai.com", "Work proxy.example:3128"})
}

// TestAKeyThatACallFindsBadIsTold: the page hears of it without asking.
func TestAKeyThatACallFindsBadIsTold(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	p := ask[Provider](b, "providers.add", raw(`{"type":"openai","name":"OpenAI","no_test":true,"secret":"sk-x"}`))
	heard := told(b, func() {
		if _, err := b.Channels.SetState(t.Context(), p.ID, gateway.ChannelBadKey, "refused"); err != nil {
			t.Fatal(err)
		}
	})
	if !heard["providers"] {
		t.Errorf("the feed heard %v", heard)
	}
}
