package provider

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// What a gateway's site may say of itself.
const (
	inDollars = `{"success":true,"message":"","data":{"quota_per_unit":500000,"display_in_currency":true}}`
	inYuan    = `{"success":true,"data":{"quota_per_unit":500000,"display_in_currency":true,"quota_display_type":"CNY"}}`
	inTokens  = `{"success":true,"data":{"quota_per_unit":500000,"quota_display_type":"TOKENS"}}`
	inUnits   = `{"success":true,"data":{"quota_per_unit":500000,"display_in_currency":false}}`
	inCoins   = `{"success":true,"data":{"quota_per_unit":500000,"quota_display_type":"CUSTOM"}}`
)

func tokenUsage(unlimited, granted, used, left string) string {
	return `{"code":true,"message":"ok","data":{"object":"token_usage","total_granted":` + granted + `,"total_used":` + used +
		`,"total_available":` + left + `,"unlimited_quota":` + unlimited + `}}`
}

func grantedTo(usd string) string {
	return `{"object":"billing_subscription","has_payment_method":true,"soft_limit_usd":` + usd + `,"hard_limit_usd":` + usd + `,"access_until":0}`
}

func spentSoFar(hundredths string) string {
	return `{"object":"list","total_usage":` + hundredths + `}`
}

// TestBalances are the answers of each kind, with numbers of our own. What is wanted is the
// amounts as JSON; empty means that there is nothing to read.
func TestBalances(t *testing.T) {
	for _, tt := range []struct {
		name, provider string
		n              int // which of its questions
		bodies         []string
		want           string
	}{
		{"a key with a limit", "openrouter", 0, []string{`{"data":{"label":"k","limit":10,"limit_remaining":3.2,"limit_reset":"monthly","usage":481.5}}`},
			`[{"kind":"key_limit","currency":"USD","total":"10","used":"6.8","left":"3.2"}]`},
		{"a limit of nothing is a limit", "openrouter", 0, []string{`{"data":{"limit":0,"limit_remaining":0}}`},
			`[{"kind":"key_limit","currency":"USD","total":"0","used":"0","left":"0"}]`},
		{"a limit that was passed", "openrouter", 0, []string{`{"data":{"limit":5,"limit_remaining":-0.00000125}}`},
			`[{"kind":"key_limit","currency":"USD","total":"5","used":"5.00000125","left":"-0.00000125"}]`},
		{"a key without a limit says null", "openrouter", 0, []string{`{"data":{"limit":null,"limit_remaining":null,"usage":12}}`},
			`[{"kind":"key_limit","currency":"","unlimited":true}]`},
		{"nothing said of a limit is not no limit", "openrouter", 0, []string{`{"data":{"usage":12}}`}, ``},
		{"a remainder that is missing is not nothing", "openrouter", 0, []string{`{"data":{"limit":10}}`}, ``},
		{"credits are what was bought less what was used", "openrouter", 1, []string{`{"data":{"total_credits":100.5,"total_usage":25.75}}`},
			`[{"kind":"account","currency":"USD","total":"100.5","used":"25.75","left":"74.75"}]`},
		{"floats that are written as they are", "openrouter", 1, []string{`{"data":{"total_credits":10,"total_usage":1e-7}}`},
			`[{"kind":"account","currency":"USD","total":"10","used":"0.0000001","left":"9.9999999"}]`},
		{"an account in two currencies", "deepseek", 0, []string{`{"is_available":true,"balance_infos":[{"currency":"CNY","total_balance":"110.00","granted_balance":"10.00"},{"currency":"USD","total_balance":"2.50"}]}`},
			`[{"kind":"account","currency":"CNY","left":"110"},{"kind":"account","currency":"USD","left":"2.5"}]`},
		{"an account with nothing in it says so", "deepseek", 0, []string{`{"is_available":false,"balance_infos":[{"currency":"USD","total_balance":"0.00"}]}`},
			`[{"kind":"account","currency":"USD","left":"0"}]`},
		{"no currency at all is no zero", "deepseek", 0, []string{`{"is_available":false,"balance_infos":[]}`}, ``},
		{"an unknown currency is no dollar", "deepseek", 0, []string{`{"balance_infos":[{"currency":"XTS","total_balance":"1"}]}`}, ``},
		{"a number that is none", "deepseek", 0, []string{`{"balance_infos":[{"currency":"USD","total_balance":"NaN"}]}`}, ``},
		{"a number with spaces", "deepseek", 0, []string{`{"balance_infos":[{"currency":"USD","total_balance":" 1"}]}`}, ``},
		{"a number with commas", "deepseek", 0, []string{`{"balance_infos":[{"currency":"USD","total_balance":"1,000"}]}`}, ``},
		{"a number beyond all money", "deepseek", 0, []string{`{"balance_infos":[{"currency":"USD","total_balance":"1e400000000"}]}`}, ``},
		{"a list of something else", "deepseek", 0, []string{`{"balance_infos":[7]}`}, ``},
		{"dollars abroad", "moonshot", 0, []string{`{"code":0,"data":{"available_balance":49.58894,"voucher_balance":46.58893,"cash_balance":3.00001},"status":true}`},
			`[{"kind":"account","currency":"USD","left":"49.58894"}]`},
		{"yuan at home", "moonshot-cn", 0, []string{`{"code":0,"data":{"available_balance":49.58894}}`}, `[{"kind":"account","currency":"CNY","left":"49.58894"}]`},
		{"an account in debt", "moonshot", 0, []string{`{"code":0,"data":{"available_balance":-0.5}}`}, `[{"kind":"account","currency":"USD","left":"-0.5"}]`},
		{"an error with a good status", "moonshot", 0, []string{`{"code":5,"error":{"message":"no"}}`}, ``},
		{"given and paid together", "siliconflow", 0, []string{`{"code":20000,"status":true,"data":{"balance":"0.88","chargeBalance":"88.00","totalBalance":"88.88"}}`},
			`[{"kind":"account","currency":"USD","left":"88.88"}]`},
		{"the same in yuan", "siliconflow-cn", 0, []string{`{"data":{"totalBalance":"88.88"}}`}, `[{"kind":"account","currency":"CNY","left":"88.88"}]`},
		{"units of a site are made dollars", "new-api", 0, []string{tokenUsage("false", "1000000", "12345", "987655"), inYuan},
			`[{"kind":"key_limit","currency":"USD","total":"2","used":"0.02469","left":"1.97531"}]`},
		{"a key without a limit has no number, whatever stands there", "new-api", 0, []string{tokenUsage("true", "0", "990000", "-990000"), inDollars},
			`[{"kind":"key_limit","currency":"","unlimited":true}]`},
		{"what a unit is worth has to be known", "new-api", 0, []string{tokenUsage("false", "1000000", "0", "1000000"), `{"success":false}`}, ``},
		{"a refusal with a good status", "new-api", 0, []string{`{"success":false,"message":"token not found"}`, inDollars}, ``},
		{"an older site, in its dollars", "new-api", 1, []string{grantedTo("12.5"), spentSoFar("123.4"), inDollars},
			`[{"kind":"key_limit","currency":"USD","total":"12.5","used":"1.234","left":"11.266"}]`},
		{"an older site, in its yuan", "new-api", 1, []string{grantedTo("12.5"), spentSoFar("123.4"), inYuan},
			`[{"kind":"key_limit","currency":"CNY","total":"12.5","used":"1.234","left":"11.266"}]`},
		{"a huge number is no money", "new-api", 1, []string{grantedTo("100000000"), spentSoFar("4200"), inDollars},
			`[{"kind":"key_limit","currency":"","unlimited":true}]`},
		{"nor is one that a site has made yuan of", "new-api", 1, []string{grantedTo("730000000"), spentSoFar("4200"), inYuan},
			`[{"kind":"key_limit","currency":"","unlimited":true}]`},
		{"a site that shows tokens", "new-api", 1, []string{grantedTo("200000000"), spentSoFar("5000000000"), inTokens},
			`[{"kind":"key_limit","currency":"USD","total":"400","used":"100","left":"300"}]`},
		{"its huge number is the same", "new-api", 1, []string{grantedTo("100000000"), spentSoFar("5000000000"), inTokens},
			`[{"kind":"key_limit","currency":"","unlimited":true}]`},
		{"a site with coins of its own", "new-api", 1, []string{grantedTo("12.5"), spentSoFar("123.4"), inCoins}, ``},
		{"One API in dollars", "one-api", 0, []string{grantedTo("5"), spentSoFar("150"), inDollars},
			`[{"kind":"key_limit","currency":"USD","total":"5","used":"1.5","left":"3.5"}]`},
		{"One API in units", "one-api", 0, []string{grantedTo("2500000"), spentSoFar("75000000"), inUnits},
			`[{"kind":"key_limit","currency":"USD","total":"5","used":"1.5","left":"3.5"}]`},
		{"One API with an error", "one-api", 0, []string{`{"error":{"message":"no","type":"one_api_error"}}`, spentSoFar("0"), inDollars}, ``},
		{"a usage below nothing", "one-api", 0, []string{grantedTo("5"), spentSoFar("-1"), inDollars}, ``},
		{"another Weir's key", "weir", 0, []string{`{"hard_limit_usd":5,"answers_for":"key","unlimited":false}`, spentSoFar("0.000000000123")},
			`[{"kind":"key_limit","currency":"USD","total":"5","used":"0.00000000000123","left":"4.99999999999877"}]`},
		{"another Weir's account", "weir", 0, []string{`{"hard_limit_usd":20,"answers_for":"account","unlimited":false}`, spentSoFar("500")},
			`[{"kind":"account","currency":"USD","total":"20","used":"5","left":"15"}]`},
		{"another Weir without a budget", "weir", 0, []string{`{"hard_limit_usd":null,"answers_for":"account","unlimited":true}`, spentSoFar("500")},
			`[{"kind":"account","currency":"","unlimited":true}]`},
		{"another Weir that counts tokens", "weir", 0, []string{`{"hard_limit_usd":null,"answers_for":"key","unlimited":false}`, spentSoFar("500")}, ``},
		{"a text that ends early", "moonshot", 0, []string{`{"data":{"available_balance":4`}, ``},
		{"more than one text", "moonshot", 0, []string{`{"data":{"available_balance":4}} {}`}, ``},
		{"a web page", "moonshot", 0, []string{`<!doctype html>`}, ``},
		{"nothing", "moonshot", 0, []string{``}, ``},
		{"null", "moonshot", 0, []string{`null`}, ``},
		{"a list", "moonshot", 0, []string{`[]`}, ``},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, _ := ByID(tt.provider)
			var bodies [][]byte
			for _, b := range tt.bodies {
				bodies = append(bodies, []byte(b))
			}
			got := ""
			if amounts, ok := p.Balances[tt.n].Read(bodies); ok {
				text, err := json.Marshal(amounts)
				if err != nil {
					t.Fatal(err)
				}
				got = string(text)
			}
			if got != tt.want {
				t.Errorf("Read = %s, want %s", got, tt.want)
			}
		})
	}
}

// TestBalanceRequests is where each question goes, whichever form the base URL has.
func TestBalanceRequests(t *testing.T) {
	for _, tt := range []struct{ provider, base, path, want string }{
		{"openrouter", "", "/api/v1/key", "https://openrouter.ai/api/v1/key"},
		{"openrouter", "https://openrouter.ai/api", "/api/v1/credits", "https://openrouter.ai/api/v1/credits"},
		{"openrouter", "https://proxy.example/or/api/v1/", "/api/v1/key", "https://proxy.example/or/api/v1/key"},
		{"deepseek", "", "/user/balance", "https://api.deepseek.com/user/balance"},
		{"deepseek", "https://api.deepseek.com/v1", "/user/balance", "https://api.deepseek.com/user/balance"},
		{"deepseek", "https://api.deepseek.com/anthropic", "/user/balance", "https://api.deepseek.com/user/balance"},
		{"moonshot", "https://api.moonshot.ai/v1", "/v1/users/me/balance", "https://api.moonshot.ai/v1/users/me/balance"},
		{"siliconflow-cn", "", "/v1/user/info", "https://api.siliconflow.cn/v1/user/info"},
		{"new-api", "https://site.example/v1/chat/completions", "/api/usage/token/", "https://site.example/api/usage/token/"},
		{"one-api", "https://site.example", "/v1/dashboard/billing/usage", "https://site.example/v1/dashboard/billing/usage"},
	} {
		p, _ := ByID(tt.provider)
		r, err := BalanceRequest(t.Context(), p, tt.base, "s", tt.path)
		if err != nil {
			t.Fatal(err)
		}
		if r.URL.String() != tt.want || r.Method != http.MethodGet || r.Header.Get("Authorization") != "Bearer s" {
			t.Errorf("%s at %q: %s %s, want %s", tt.provider, tt.base, r.Method, r.URL, tt.want)
		}
	}
}

func TestNoBalance(t *testing.T) {
	p, _ := ByID("new-api")
	for _, tt := range []struct {
		name            string
		a               Answer
		refused, absent bool
		says            string
	}{
		{"a refused key", Answer{Status: 401, Body: []byte("sk-1")}, true, false, "refused the key"},
		{"a key without the right", Answer{Status: 403}, false, false, "does not let this key"},
		{"a question that is not known", Answer{Status: 404}, false, true, "no such question"},
		{"a page for everything that is not known", Answer{Status: 200, Body: []byte(" <html>")}, false, true, "no such question"},
		{"a server in trouble", Answer{Status: 502, Body: []byte("<html>")}, false, false, "trouble of its own"},
		{"a redirect", Answer{Status: 301}, false, false, "never follows"},
		{"something else", Answer{Status: 418}, false, false, "418"},
		{"a good answer without an amount", Answer{Status: 200, Body: []byte(`{}`)}, false, false, "not with an amount"},
		{"a hurry", Answer{Status: 429}, false, false, "asks to wait"},
		{"nothing", Answer{}, false, false, "could not be reached"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.a.Host = "h.example"
			no := NoBalance(p, tt.a)
			if no.Refused != tt.refused || no.Absent != tt.absent || !strings.Contains(no.Says, tt.says) || strings.Contains(no.Says, "sk-1") {
				t.Errorf("NoBalance = %+v", no)
			}
		})
	}
}
