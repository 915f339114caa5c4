package console

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/prices"
	"weir/billing"
)

// settlePriced puts a call into the books as the relay settles one: with its usage, and with what it was priced by.
func (b *books) settlePriced(provider, prices, model string, usage string, by *billing.Case) gateway.Call {
	b.t.Helper()
	b.ids++
	c := gateway.Call{ID: fmt.Sprintf("call_p%06d", b.ids), StartedAt: b.now, KeyID: "key_1", KeyName: "Codex", Dialect: "openai-chat", Op: gateway.Chat, Model: model}
	hold, err := b.Ledger.Hold(context.Background(), ledger.Start{Call: c, Payer: ledger.Payer{KeyID: c.KeyID}, Hold: gateway.Amounts{Calls: 1}})
	if err != nil {
		b.t.Fatal(err)
	}
	c.ChannelID, c.Provider, c.Endpoint, c.UpstreamModel = "ch_1", provider, "chat/completions", model
	c.Usage, c.PricedBy = json.RawMessage(usage), by
	cs := billing.Case{Provider: prices, Endpoint: c.Endpoint, Model: model, At: c.StartedAt, Usage: c.Usage}
	c.Bill = b.Prices.Book().Bill(cs)
	if c.Bill.Total != nil {
		c.Charge = *c.Bill.Total
	}
	c.State, c.Basis, c.End, c.HTTPStatus = gateway.Settled, gateway.Exact, gateway.Finished, 200
	if !hold.End(ledger.Outcome{Call: c, Spent: gateway.Amounts{Pico: c.Charge.Pico(), Tokens: c.Bill.Usage.Tokens(), Calls: 1}}) {
		b.t.Fatal("a call was not settled")
	}
	return c
}

const thousand = `{"prompt_tokens":1000,"completion_tokens":100}`

func TestACallIsPricedAgainThroughTheConsole(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-20T12:00:00Z"))
	by := billing.Case{Provider: "openai", Endpoint: "chat/completions", Model: "house-model"}
	call := b.settlePriced("openai", "openai", "house-model", thousand, &by)
	old := b.settlePriced("custom-openai", "openai-compatible", "house-model", thousand, nil)
	if call.Bill.Total != nil || old.Bill.Total != nil {
		t.Fatal("a model of nobody's has a price")
	}
	_, err := b.Prices.Set(context.Background(), prices.NewPrice{Provider: "openai", Model: "house-model", From: b.now.Add(-time.Hour), Rates: billing.Rates{"input": "2", "output": "10"}})
	if err != nil {
		t.Fatal(err)
	}
	p := ask[RepricePreview](b, "reprice.preview", RepriceCalls{Unpriced: true})
	if p.Calls != 2 || p.Priced != 2 || p.OldUSD != "0" || p.NewUSD != "0.006" || p.DifferenceUSD != "0.006" || len(p.Models) != 2 {
		t.Fatalf("preview = %+v", p)
	}
	r := b.repriced(ask[Repricing](b, "reprice.apply", RepriceApply{RepriceCalls: RepriceCalls{Unpriced: true}, Token: p.Token, Reason: " a price was set "}))
	if r.State != "done" || r.Calls != 2 || r.NewUSD != p.NewUSD || r.Reason != "a price was set" || r.Source != "page" || !r.Selection.Unpriced {
		t.Errorf("repricing = %+v", r)
	}
	shown := ask[ShownCall](b, "calls.show", byID{call.ID})
	if *shown.CostUSD != "0.003" || shown.Repriced == nil || shown.Repriced.OldUSD != nil || *shown.Repriced.NewUSD != "0.003" || shown.Repriced.Reason != r.Reason {
		t.Errorf("the call = %+v, repriced %+v", shown, shown.Repriced)
	}
	if page := ask[CallPage](b, "calls.page", CallsPage{}); page.Calls[0].Repriced == nil || *page.SpentUSD != "0.006" {
		t.Errorf("the list = %+v", page)
	}
	b.repriced(ask[Repricing](b, "reprice.undo", RepriceUndo{ID: r.ID, Reason: "no"}))
	if shown = ask[ShownCall](b, "calls.show", byID{call.ID}); shown.CostUSD != nil || shown.Repriced != nil {
		t.Errorf("after undoing = %+v", shown)
	}
	log := ask[[]Repricing](b, "reprice.list", none{})
	if len(log) != 1 || log[0].State != "undone" || *log[0].UndoReason != "no" || log[0].UndoneAt == nil {
		t.Errorf("log = %+v", log)
	}
	if err := b.Ledger.Check(context.Background()); err != nil {
		t.Error(err)
	}
}

// repriced waits until a repricing is over: an answer does not wait for one that takes longer.
func (b *books) repriced(r Repricing) Repricing {
	b.t.Helper()
	for end := time.Now().Add(30 * time.Second); r.State != "done" && r.State != "undone"; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("it never ended: %+v", r)
		}
		for _, one := range ask[[]Repricing](b, "reprice.list", none{}) {
			if one.ID == r.ID {
				r = one
			}
		}
	}
	return r
}

func TestRepriceArguments(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-20T12:00:00Z"))
	for _, tt := range []struct{ name, op, args, kind, field string }{
		{"a reason is needed", "reprice.apply", `{"token":"x","reason":" "}`, "invalid", "reason"},
		{"a reason is no essay", "reprice.apply", `{"token":"x","reason":"` + strings.Repeat("a", 501) + `"}`, "invalid", "reason"},
		{"what was not looked at is refused", "reprice.apply", `{"token":"x","reason":"y"}`, "conflict", "token"},
		{"a span ends after it begins", "reprice.preview", `{"since":"2026-11-20T00:00:00Z","until":"2026-11-19T00:00:00Z"}`, "invalid", "until"},
		{"a misspelt condition is no condition", "reprice.preview", `{"modell":"a"}`, "invalid", ""},
		{"there must be something to undo", "reprice.undo", `{"id":"rep_1"}`, "not_found", "id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := b.Call(context.Background(), tt.op, []byte(tt.args))
			if e.OK || e.Error.Kind != tt.kind || (tt.field != "" && (e.Error.Field == nil || *e.Error.Field != tt.field)) {
				t.Errorf("%s %s = %+v, %+v", tt.op, tt.args, e, e.Error)
			}
		})
	}
}

func TestReported(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-18T12:00:00Z"))
	book := b.Prices.Book()
	models := book.Models("openrouter", b.now)
	if len(models) == 0 {
		t.Fatal("the book has no model of OpenRouter")
	}
	cost := func(usage string) billing.Money {
		return *book.Bill(billing.Case{Provider: "openrouter", Endpoint: "chat/completions", Model: "anthropic/claude-sonnet-4.6", At: b.now, Usage: json.RawMessage(usage)}).Recomputed
	}
	own := cost(`{"prompt_tokens":1000,"completion_tokens":100,"cost":1}`)
	for _, more := range []int64{0, 1_000_000, -2_000_000} {
		usage := fmt.Sprintf(`{"prompt_tokens":1000,"completion_tokens":100,"cost":%s}`, own.Add(billing.Pico(more)))
		b.settlePriced("openrouter", "openrouter", "anthropic/claude-sonnet-4.6", usage, nil)
		b.now = b.now.Add(time.Hour)
	}
	b.settlePriced("openrouter", "openrouter", "nobody/knows", `{"prompt_tokens":10,"completion_tokens":1,"cost":0.5}`, nil)
	v := ask[ReportedView](b, "reported.get", ReportedOf{})
	if v.From != "2026-10-20" || v.To != "2026-11-18" || v.Total.Calls != 3 || v.Total.Uncomputed != 1 || v.Total.DifferenceUSD != "-0.000001" || len(v.Days) != 1 || len(v.Models) != 2 {
		t.Errorf("reported = %+v", v)
	}
	if len(v.Worst) != 2 || v.Worst[0].DifferenceUSD != "-0.000002" || v.Worst[1].DifferenceUSD != "0.000001" || v.Worst[0].Name != "OpenRouter" {
		t.Errorf("worst = %+v", v.Worst)
	}
	if v = ask[ReportedView](b, "reported.get", ReportedOf{From: "2026-11-01", To: "2026-11-02"}); v.Total.Calls != 0 || len(v.Providers) != 0 || v.Total.ReportedUSD != "0" {
		t.Errorf("days without a report = %+v", v)
	}
	for _, args := range []string{`{"from":"20.11.2026"}`, `{"to":"x"}`, `{"from":"2026-11-02","to":"2026-11-01"}`, `{"from":"2020-01-01","to":"2026-11-01"}`} {
		if e := b.Call(context.Background(), "reported.get", []byte(args)); e.OK || e.Error.Kind != "invalid" {
			t.Errorf("reported.get %s = %+v", args, e)
		}
	}
	if err := b.Ledger.Check(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestReconcileThroughTheConsole(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-18T23:59:00Z"))
	b.settlePriced("openai", "openai", "gpt-4.1-mini", thousand, nil)
	b.now = b.now.Add(2 * time.Minute)
	b.settlePriced("openai", "openai", "gpt-4.1-mini", thousand, nil)
	b.settlePriced("anthropic", "anthropic", "claude-x", thousand, nil)
	file := "start_time,num_model_requests,model,input_tokens,output_tokens,input_cached_tokens\n" +
		"1794960000,1,gpt-4.1-mini-2025-04-14,1000,100,0\n1795046400,1,gpt-4.1-mini-2025-04-14,1000,101,0\n1795046400,2,gpt-5,10,1,0\n"
	v := ask[Reconciliation](b, "reconcile.import", ReconcileFile{Name: "usage.csv", Text: file})
	if v.From != "2026-11-18" || v.To != "2026-11-19" || v.Theirs.Cost != nil || v.Ours.Cost != nil {
		t.Errorf("reconciliation = %+v", v)
	}
	if v.Counts["same"] != 1 || v.Counts["differs"] != 1 || v.Counts["theirs"] != 1 || v.Counts["ours"] != 0 {
		t.Errorf("rows = %v", v.Counts)
	}
	heads := ask[[]ReconciliationHead](b, "reconcile.list", none{})
	if len(heads) != 1 || heads[0].Name != "usage.csv" || heads[0].Format != "openai_usage_csv" {
		t.Errorf("list = %+v", heads)
	}
	again := ask[Reconciliation](b, "reconcile.show", byID{v.ID})
	same(t, "shown again", again, v)
	ask[byID](b, "reconcile.remove", byID{v.ID})
	if e := b.Call(context.Background(), "reconcile.show", []byte(`{"id":"`+v.ID+`"}`)); e.OK || e.Error.Kind != "not_found" {
		t.Errorf("show after remove = %+v", e)
	}
	if e := b.Call(context.Background(), "reconcile.import", []byte(`{"name":"a","text":"a,b\n1,2\n"}`)); e.OK || e.Error.Kind != "invalid" || *e.Error.Field != "text" {
		t.Errorf("import of something else = %+v", e)
	}
}
