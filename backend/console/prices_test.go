package console

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"weir/billing"
	"weir/billing/edition"
)

func TestThePriceListHasEveryModelOnce(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-22T12:00:00Z"))
	b.settlePriced("openai", "openai", "gpt-5-2025-08-07", thousand, nil)
	seen, total, cursor := map[string]bool{}, 0, ""
	for {
		page := ask[PricePage](b, "prices.list", PriceQuestion{Cursor: cursor, Limit: 400})
		if total == 0 && (page.Rows[0].Model != "gpt-5" || page.Rows[0].Used != 1) {
			t.Errorf("the first row = %+v, want the model that was used", page.Rows[0])
		}
		for _, r := range page.Rows {
			key := r.List + " " + strings.ToLower(r.Model)
			if seen[key] || r.ListName == "" || len(r.Rates) == 0 {
				t.Errorf("row %+v stands twice or is empty", r)
			}
			seen[key] = true
		}
		total += len(page.Rows)
		if page.Cursor == nil {
			if total != page.Total || total < 1000 || !page.Shipped || page.Problem != nil {
				t.Errorf("%d rows of %d, %+v", total, page.Total, page.Lists)
			}
			break
		}
		cursor = *page.Cursor
	}
	if page := ask[PricePage](b, "prices.list", PriceQuestion{Search: "v4-flash", List: "deepseek"}); page.Total != 1 || len(page.Rows[0].Windows) != 2 {
		t.Errorf("search = %+v, want one model with its hours", page.Rows)
	}
	if page := ask[PricePage](b, "prices.list", PriceQuestion{Used: true}); page.Total != 1 {
		t.Errorf("used = %d rows, want one", page.Total)
	}
	b.refuses("prices.list", `{"cursor":"x"}`, "cursor")
}

func TestAPriceOfYoursThroughTheConsole(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-22T12:00:00Z"))
	set := ask[PriceSet](b, "prices.set", SetPrice{PricedModel: PricedModel{"openai", "gpt-5"}, Rates: map[string]string{"input": " 2 ", "output": "8", "cache_read": ""}, Note: "contract"})
	if set.Past || set.Row == nil || set.Row.Layer != "you" || set.Row.Rates["input"] != "2" || len(set.Row.Rates) != 2 {
		t.Errorf("set = %+v", set)
	}
	from := "2026-11-01T00:00:00+01:00"
	if set := ask[PriceSet](b, "prices.set", SetPrice{PricedModel: PricedModel{"openai", "gpt-5-mini"}, Rates: map[string]string{"input": "2"}, From: &from}); !set.Past {
		t.Errorf("set = %+v, want it to say that it begins in the past", set)
	}
	b.now = b.now.Add(time.Hour)
	if reset := ask[PriceSet](b, "prices.reset", PricedModel{"openai", "gpt-5"}); reset.Ended != 1 || reset.Row.Layer != "catalogue" {
		t.Errorf("reset = %+v", reset)
	}
	d := ask[PriceDetail](b, "prices.show", PricedModel{"openai", "gpt-5-2025-08-07"})
	if len(d.History) < 2 || d.History[0].Layer != "you" || d.History[0].ValidTo == nil || *d.History[0].Note != "contract" || len(d.Conditions) == 0 || len(d.Names) < 2 {
		t.Errorf("detail = %+v", d)
	}
	if d := ask[PriceDetail](b, "prices.show", PricedModel{"openai", "gpt-5-mimi"}); d.Row != nil || len(d.Similar) == 0 || d.Similar[0].Model != "gpt-5-mini" {
		t.Errorf("detail of no model = %+v", d)
	}
	for args, field := range map[string]string{
		`{"provider":"openai","model":"m","rates":{"input":"-1"}}`:                                           "rates.input",
		`{"provider":"openai","model":"m","rates":{"input":"0.0000000001"}}`:                                 "rates.input",
		`{"provider":"openai","model":"m","rates":{"imput":"1"}}`:                                            "rates.imput",
		`{"provider":"openai","model":"m","rates":{"input":"1"},"from":"yesterday"}`:                         "from",
		`{"provider":"openai","model":"m","rates":{"input":"1"},"from":"2001-01-01T00:00:00Z"}`:              "from",
		`{"provider":"","model":"m","rates":{"input":"1"}}`:                                                  "provider",
		`{"provider":"openai","model":"m","rates":{"input":""}}`:                                             "rates",
		`{"provider":"openai","model":"m","rates":{"input":"1"},"tiers":[{"prompt":0,"op":">","rates":{}}]}`: "tiers.0",
	} {
		b.refuses("prices.set", args, field)
	}
}

// TestAPriceOfThePastSaysWhenItHolds: one that begins later is not replaced.
func TestAPriceOfThePastSaysWhenItHolds(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-22T12:00:00Z"))
	at := func(text string) *string { return &text }
	set := func(from *string) PriceSet {
		return ask[PriceSet](b, "prices.set", SetPrice{PricedModel: PricedModel{"openai", "gpt-5"}, Rates: map[string]string{"input": "2", "output": "4"}, From: from})
	}
	if now := set(nil); now.Past || len(now.Holds) != 1 || now.Holds[0].To != nil {
		t.Errorf("set = %+v, want it to hold from now on", now.Holds)
	}
	old := set(at("2026-11-01T00:00:00Z"))
	if !old.Past || len(old.Holds) != 1 || old.Holds[0].From != "2026-11-01T00:00:00.000Z" || old.Holds[0].To == nil || *old.Holds[0].To != "2026-11-22T12:00:00.000Z" {
		t.Errorf("set = %+v, want it to hold until the other one begins", old.Holds)
	}
	if reset := ask[PriceSet](b, "prices.reset", PricedModel{"openai", "gpt-5"}); reset.Holds == nil || len(reset.Holds) != 0 {
		t.Errorf("reset = %+v", reset)
	}
}

func TestAModelPricedInYuanNeedsARateOfExchangeAlone(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-22T12:00:00Z"))
	b.settlePriced("zhipuai", "zhipuai", "glm-5.3-flash", thousand, &billing.Case{Provider: "zhipuai", Endpoint: "chat/completions", Model: "glm-5.3-flash"})
	if all := ask[[]Unmatched](b, "prices.unmatched", nil); len(all) != 1 || all[0].PricedNow || !all[0].NeedsRate || len(all[0].Similar) != 0 {
		t.Fatalf("unmatched = %+v, want one that lacks nothing but a rate", all)
	}
	ask[[]ExchangeRate](b, "prices.rates.set", ExchangeRate{Day: "2026-11-20", CNYPerUSD: "7.12"})
	if all := ask[[]Unmatched](b, "prices.unmatched", nil); len(all) != 1 || !all[0].PricedNow || all[0].NeedsRate {
		t.Errorf("unmatched = %+v, want it priced from the rate on", all)
	}
}

func TestAnUnpricedModelGetsAPriceByAnAlias(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-22T12:00:00Z"))
	call := b.settlePriced("openai", "openai", "gpt-5-our", thousand, &billing.Case{Provider: "openai", Endpoint: "chat/completions", Model: "gpt-5-our"})
	all := ask[[]Unmatched](b, "prices.unmatched", nil)
	if len(all) != 1 || all[0].Model != "gpt-5-our" || all[0].Calls != 1 || all[0].Tokens != 1100 || all[0].PricedNow || len(all[0].Similar) == 0 {
		t.Fatalf("unmatched = %+v", all)
	}
	b.refuses("prices.alias.set", `{"provider":"openai","model":"gpt-5-our","like_model":"nobody"}`, "like_model")
	if aliases := ask[[]PriceAlias](b, "prices.alias.set", SetAlias{PricedModel: PricedModel{"openai", "gpt-5-our"}, LikeModel: "gpt-5"}); len(aliases) != 1 || aliases[0].LikeName != "OpenAI" {
		t.Errorf("aliases = %+v", aliases)
	}
	if all := ask[[]Unmatched](b, "prices.unmatched", nil); len(all) != 1 || !all[0].PricedNow || all[0].Alias == nil {
		t.Errorf("unmatched = %+v, want it priced from now on, its call not", all)
	}
	if old := ask[ShownCall](b, "calls.show", byID{call.ID}); old.CostUSD != nil {
		t.Errorf("the old call costs %s, want it unpriced until it is priced again", *old.CostUSD)
	}
	if next := b.settlePriced("openai", "openai", "gpt-5-our", thousand, nil); next.Bill.Total == nil || next.Bill.Total.String() != "0.00225" {
		t.Errorf("the next call = %+v, want gpt-5's price", next.Bill)
	}
	if p := ask[RepricePreview](b, "reprice.preview", RepriceCalls{Unpriced: true}); p.Calls != 1 || p.NewUSD != "0.00225" {
		t.Errorf("repricing = %+v, want the old call priced by the alias", p)
	}
}

// corrected is the shipped book as a signed catalogue in which gpt-5 costs four times as much, since ever.
func corrected(t *testing.T, secret ed25519.PrivateKey) string {
	t.Helper()
	l, err := billing.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	const id = `{"id":"openai/gpt-5",`
	before, after, _ := strings.Cut(string(l.Catalogue), id)
	l.Catalogue = []byte(before + id + strings.Replace(after, `"input":"1.25"`, `"input":"5"`, 1))
	body, err := edition.Body(edition.Head{Schema: 1, Version: 2026112301, CreatedOn: "2026-11-23"}, l, []string{"openai/gpt-5"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(edition.Sign(body, secret))
}

func TestACatalogueThroughTheConsole(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-23T12:00:00Z"))
	secret := ed25519.NewKeyFromSeed([]byte(strings.Repeat("c", ed25519.SeedSize)))
	key := edition.Key{Public: secret.Public().(ed25519.PublicKey)}
	file := corrected(t, secret)
	b.settlePriced("openai", "openai", "gpt-5", thousand, &billing.Case{Provider: "openai", Endpoint: "chat/completions", Model: "gpt-5"})
	b.settlePriced("openai", "openai", "gpt-5-mini", thousand, &billing.Case{Provider: "openai", Endpoint: "chat/completions", Model: "gpt-5-mini"})

	text, err := json.Marshal(CheckPrices{File: file})
	if err != nil {
		t.Fatal(err)
	}
	b.refuses("prices.update.check", string(text), "file")
	b.refuses("prices.update.check", `{}`, "url")
	b.refuses("prices.update.source", `{"url":"http://example.org"}`, "url")
	b.refuses("prices.keys.trust", `{"key":"x","name":"Team"}`, "key")
	b.refuses("prices.keys.trust", fmt.Sprintf(`{"key":%q,"name":" "}`, key.Text()), "name")
	if u := ask[PriceUpdates](b, "prices.keys.trust", TrustKey{Key: key.Text(), Name: "Team"}); len(u.Keys) != 1 || u.Keys[0].Fingerprint != key.Fingerprint() || !u.Keys[0].Yours {
		t.Fatalf("keys = %+v", u.Keys)
	}
	d := ask[PriceDifference](b, "prices.update.check", CheckPrices{File: file})
	if len(d.Changes) != 1 || d.Changes[0].Kind != "correction" || d.Changes[0].Model != "gpt-5" || !d.Changes[0].Jumps || d.Jumps != 1 || *d.Edition.Publisher != "Team" {
		t.Fatalf("difference = %+v", d)
	}
	if d.Calls == nil || *d.Calls != 1 || *d.DeltaUSD != "0.00375" || d.Changes[0].Calls != 1 {
		t.Errorf("it touches %v calls, %v more, want one and 0.00375", d.Calls, d.DeltaUSD)
	}
	if u := ask[PriceUpdates](b, "prices.update.apply", PriceVersionOf{2026112301}); u.Shipped || u.Version != 2026112301 || u.Editions[0].State != "active" {
		t.Errorf("applied = %+v", u)
	}
	if page := ask[PricePage](b, "prices.list", PriceQuestion{Search: "gpt-5", List: "openai"}); page.Shipped || page.Rows[0].Layer != "update" {
		t.Errorf("list = %+v", page.Rows[0])
	}
	if u := ask[PriceUpdates](b, "prices.update.rollback", nil); !u.Shipped || u.Editions[0].State != "kept" {
		t.Errorf("rolled back = %+v", u)
	}
}

func TestTheHostOfCataloguesIsListed(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-22T12:00:00Z"))
	if hosts := ask[[]Host](b, "privacy.get", nil); len(hosts) != 0 {
		t.Errorf("hosts = %v, want none", hosts)
	}
	ask[PriceUpdates](b, "prices.update.source", PriceSource{URL: "https://prices.example.org/weir.jsonl"})
	if hosts := ask[[]Host](b, "privacy.get", nil); len(hosts) != 1 || hosts[0].Host != "prices.example.org" {
		t.Errorf("hosts = %v, want that of the catalogues", hosts)
	}
}

func TestYourPricesAsAFile(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-22T12:00:00Z"))
	ask[PriceSet](b, "prices.set", SetPrice{PricedModel: PricedModel{"openai", "m"}, Rates: map[string]string{"input": "2"}})
	ask[[]ExchangeRate](b, "prices.rates.set", ExchangeRate{Day: "2026-11-20", CNYPerUSD: "7.1"})
	text := b.fetch(b.listen(), ask[Download](b, "prices.file", nil))
	other := openBooks(t, "UTC", instant(t, "2026-11-22T12:00:00Z"))
	if done := ask[PricesImported](other, "prices.import", ImportPrices{File: json.RawMessage(text)}); done.Prices != 1 || done.Rates != 1 {
		t.Errorf("imported = %+v", done)
	}
	if _, ok := other.Prices.Book().Find("openai", "m", other.now); !ok {
		t.Error("the imported price does not hold")
	}
	if e := other.Call(context.Background(), "prices.import", []byte(`{"file":{"weir_own_prices":3}}`)); e.OK {
		t.Error("a file of another form was taken")
	}
}
