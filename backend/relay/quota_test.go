package relay

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"weir/backend/access"
	"weir/backend/gateway"
	"weir/backend/ledger"
)

// ask asks a quota question and reads numbers as they are written.
func (h *house) ask(path, secret string) (int, map[string]any) {
	h.t.Helper()
	req, err := http.NewRequest(http.MethodGet, h.url+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	if secret != "" {
		req.Header.Set("Authorization", "Bearer "+secret)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	if got := resp.Header.Get("Content-Type"); got != "application/json" {
		h.t.Errorf("%s is %q", path, got)
	}
	var out map[string]any
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.UseNumber()
	if err := dec.Decode(&out); err != nil {
		h.t.Fatalf("%s: %s: %v", path, body, err)
	}
	return resp.StatusCode, out
}

// accountLimit bounds the account.
func (h *house) accountLimit(text string) {
	h.t.Helper()
	l, err := ledger.ParseLimit(text, "UTC")
	if err == nil {
		err = h.ledger.SetLimits(context.Background(), gateway.ScopeAccount, "", []gateway.Limit{l})
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// chat makes one call that costs $0.0106 with a key: 2,000 tokens at $1.25 and 810 at $10 a million.
func (h *house) chat(secret string) {
	h.t.Helper()
	body := `{"model":"gpt-5","messages":[{"role":"user","content":"[[chaos:ok?in=2000&out=810]]"}]}`
	s := h.post("openai-chat", body, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret) })
	if s.status != http.StatusOK || cost(s.call) != "0.0106" {
		h.t.Fatalf("status %d, cost %s", s.status, cost(s.call))
	}
}

func TestQuotaQuestions(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	h.limit("0.5usd/month")
	h.accountLimit("10usd/total")
	_, other, err := h.access.Create(context.Background(), access.Spec{Name: "Unlimited", Models: []string{"gpt-5"}})
	if err != nil {
		t.Fatal(err)
	}
	h.chat(h.secret)
	h.chat(other)
	h.chat(other)
	for _, tt := range []struct{ name, path, secret, field, want string }{
		{"a limited key answers with its own limit", "/v1/dashboard/billing/subscription", h.secret, "hard_limit_usd", "0.5"},
		{"without the version too", "/dashboard/billing/subscription", h.secret, "soft_limit_usd", "0.5"},
		{"and says for whom", "/v1/dashboard/billing/subscription", h.secret, "answers_for", "key"},
		{"an unlimited key answers with the account's", "/v1/dashboard/billing/subscription", other, "hard_limit_usd", "10"},
		{"and says so", "/v1/dashboard/billing/subscription", other, "answers_for", "account"},
		{"a limited key has used what it used, in cents", "/v1/dashboard/billing/usage", h.secret, "total_usage", "1.06"},
		{"an unlimited key what the account used", "/v1/dashboard/billing/usage", other, "total_usage", "3.18"},
		{"in the days that are asked for", "/dashboard/billing/usage?start_date=2026-01-01&end_date=2999-01-01", other, "total_usage", "3.18"},
		{"nothing in others", "/v1/dashboard/billing/usage?start_date=2020-01-01&end_date=2020-12-31", other, "total_usage", "0"},
		{"from a day on", "/v1/dashboard/billing/usage?start_date=2026-01-01", h.secret, "total_usage", "1.06"},
		{"New API's units never tell more than there is", "/api/usage/token/", h.secret, "data.total_available", "244700"},
		{"used and available make the whole", "/api/usage/token", h.secret, "data.total_granted", "250000"},
		{"an unlimited key tells the account's", "/api/usage/token/", other, "data.total_granted", "5000000"},
		{"and its own models", "/api/usage/token/", other, "data.model_limits_enabled", "true"},
		{"a log is the key's own", "/api/log/token?key=" + h.secret, "", "data.length", "1"},
		{"whoever answers for its quota", "/api/log/token", other, "data.length", "2"},
		{"a row's quota is in New API's units", "/api/log/token?key=" + h.secret, "", "data.0.quota", "5300"},
		{"a day that is none is refused", "/v1/dashboard/billing/usage?start_date=yesterday", h.secret, "error.param", "start_date"},
		{"a key that does not exist is refused in OpenAI's shape", "/v1/dashboard/billing/usage", "sk-nobody", "error.code", "invalid_api_key"},
		{"and in New API's", "/api/usage/token/", "sk-nobody", "success", "false"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, got := h.ask(tt.path, tt.secret); at(got, tt.field) != tt.want {
				t.Errorf("%s = %s in %v, want %s", tt.field, at(got, tt.field), got, tt.want)
			}
		})
	}
	if calls := h.wait(3); len(calls) != 3 {
		t.Errorf("%d calls, and questions are none", len(calls))
	}
}

// at reads a field as text: "data.0.quota", "data.length".
func at(v any, path string) string {
	for _, step := range strings.Split(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[step]
		case []any:
			if step == "length" {
				v = len(in)
			} else if v = nil; len(in) > 0 {
				v = in[0]
			}
		}
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return strings.Trim(string(text), `"`)
}

func TestQuotaWithoutABudget(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	h.chat(h.secret)
	_, s := h.ask("/v1/dashboard/billing/subscription", h.secret)
	if s["hard_limit_usd"] != nil || s["unlimited"] != true {
		t.Errorf("got %v, want no number where nobody set a budget", s)
	}
	if _, u := h.ask("/v1/dashboard/billing/usage", h.secret); at(u, "total_usage") != "1.06" {
		t.Errorf("got %v", u)
	}
	_, token := h.ask("/api/usage/token/", h.secret)
	if at(token, "data.unlimited_quota") != "true" || at(token, "data.total_used") != "5300" || at(token, "data.total_available") != "0" {
		t.Errorf("got %v", token)
	}
}

// TestQuotaAtTheEnd: an exhausted key, and a paused Weir, still answer.
func TestQuotaAtTheEnd(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	h.limit("1calls/day")
	h.chat(h.secret)
	h.relay.Pause(true)
	status, token := h.ask("/api/usage/token/", h.secret)
	if status != http.StatusOK || at(token, "data.unit") != "calls" || at(token, "data.total_available") != "0" || at(token, "data.total_used") != "1" {
		t.Errorf("%d %v", status, token)
	}
	_, s := h.ask("/v1/dashboard/billing/subscription", h.secret)
	if at(s, "hard_limit_usd") != "null" || at(s, "answers_for") != "key" || at(s, "unlimited") != "false" {
		t.Errorf("got %v: the key has a limit, and none in dollars", s)
	}
}
