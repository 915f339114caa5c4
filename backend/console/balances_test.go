package console

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"weir/backend/gateway"
)

// lender is a console with a provider that tells its balances, until it is told not to.
func lender(t *testing.T, kind string, answers map[string]string) (b *books, p Provider, broken *atomic.Bool) {
	t.Helper()
	b, broken = openBooks(t, "UTC", noon), &atomic.Bool{}
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := answers[r.Header.Get("Authorization")+" "+r.URL.Path]
		if !ok {
			body, ok = answers[r.URL.Path]
		}
		if broken.Load() || !ok {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(up.Close)
	return b, ask[Provider](b, "providers.add", raw(`{"type":"`+kind+`","name":"A","base_url":"`+up.URL+`","no_test":true,"secret":"sk-or-one\nsk-or-two"}`)), broken
}

func TestBalances(t *testing.T) {
	b, p, broken := lender(t, "openrouter", map[string]string{
		"/api/v1/key":                      `{"data":{"limit":10,"limit_remaining":3.2}}`,
		"Bearer sk-or-two /api/v1/key":     `{"data":{"limit":null,"limit_remaining":null}}`,
		"Bearer sk-or-two /api/v1/credits": `{"data":{"total_credits":20,"total_usage":7.6}}`,
	})
	if p.Balance != nil {
		t.Errorf("before anybody asked: %+v", p.Balance)
	}
	var got []Provider
	heard := told(b, func() { got = ask[[]Provider](b, "providers.balance", byID{p.ID}) })
	if len(got) != 1 || !heard["providers"] {
		t.Fatalf("it answered %d, the feed heard %v", len(got), heard)
	}
	at := stamp(noon)
	amount := func(key int, kind, left, total, used string) BalanceAmount {
		a := BalanceAmount{KeyID: p.Keys[key].ID, Kind: &kind, Left: orNull(left), Total: orNull(total), Used: orNull(used), FetchedAt: &at, Unlimited: left == ""}
		if left != "" {
			a.Currency = orNull("USD")
		}
		return a
	}
	want := &Balance{BalanceAmount: amount(0, "key_limit", "3.2", "10", "6.8"),
		Also: []BalanceAmount{amount(1, "key_limit", "", "", ""), amount(1, "account", "12.4", "20", "7.6")}}
	same(t, "the answer", got[0].Balance, want)
	same(t, "the list", ask[[]Provider](b, "providers.list", raw(`{}`))[0].Balance, want)

	broken.Store(true)
	b.now = noon.Add(3 * time.Hour)
	failed := ask[[]Provider](b, "providers.balance", raw(`{}`))[0].Balance
	if orEmpty(failed.Left) != "3.2" || orEmpty(failed.FetchedAt) != at || !strings.Contains(orEmpty(failed.Error), "trouble of its own") {
		t.Errorf("a failure leaves %+v", failed.BalanceAmount)
	}
	g := ask[Glance](b, "glance.get", raw(`{}`)).Balances
	if len(g) != 1 || g[0] != (GlanceBalance{ProviderID: p.ID, Name: "A", Kind: "key_limit", Currency: "USD", Left: "3.2", FetchedAt: at, Stale: true}) {
		t.Errorf("at a glance: %+v", g)
	}
	ask[Provider](b, "providers.disable", byID{p.ID})
	if g := ask[Glance](b, "glance.get", raw(`{}`)).Balances; len(g) != 0 {
		t.Errorf("of a disabled provider, at a glance: %+v", g)
	}
	if all := ask[[]Provider](b, "providers.balance", raw(`{}`)); len(all) != 0 {
		t.Errorf("a disabled provider was asked with the others")
	}
}

// TestANeverAnswered is no zero: it has a reason and nothing else.
func TestANeverAnswered(t *testing.T) {
	b, p, _ := lender(t, "deepseek", nil)
	got := ask[[]Provider](b, "providers.balance", byID{p.ID})[0].Balance
	if got == nil || got.Left != nil || got.Kind != nil || got.Currency != nil || got.FetchedAt != nil || got.Unlimited || got.Error == nil {
		t.Errorf("%+v", got)
	}
	if g := ask[Glance](b, "glance.get", raw(`{}`)).Balances; len(g) != 0 {
		t.Errorf("at a glance: %+v", g)
	}
}

func TestBalancesRefuse(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	silent := ask[Provider](b, "providers.add", raw(`{"type":"openai","name":"A","no_test":true,"secret":"sk-1"}`))
	keyless := ask[Provider](b, "providers.add", raw(`{"type":"deepseek","name":"B","no_test":true}`))
	for id, kind := range map[string]gateway.Kind{silent.ID: gateway.Invalid, keyless.ID: gateway.Invalid, "ch_none": gateway.NotFound} {
		if v := refused(t, b, "providers.balance", `{"id":"`+id+`"}`); v.Kind != string(kind) {
			t.Errorf("%s: %+v", id, v)
		}
	}
	if all := ask[[]Provider](b, "providers.balance", raw(`{}`)); len(all) != 0 {
		t.Errorf("of nobody who tells it, %d told it", len(all))
	}
}
