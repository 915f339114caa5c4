package console

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

func TestCallPages(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-21T12:00:00Z"))
	b.crowd(200, b.now.Add(-50*time.Hour), b.now)
	since, until, over := b.now.Add(-30*time.Hour), b.now.Add(-5*time.Hour), "0.25"
	for _, tt := range []struct {
		name string
		args CallsPage
		fits func(gateway.Call) bool
	}{
		{"all", CallsPage{}, func(gateway.Call) bool { return true }},
		{"a time", CallsPage{Since: &since, Until: &until}, within(since, until)},
		{"a key", CallsPage{KeyID: "key_1"}, func(c gateway.Call) bool { return c.KeyID == "key_1" }},
		{"a channel", CallsPage{ChannelID: "ch_1"}, func(c gateway.Call) bool { return c.ChannelID == "ch_1" }},
		{"a model", CallsPage{Model: "model_1"}, func(c gateway.Call) bool { return c.Model == "model_1" }},
		{"running", CallsPage{State: "open"}, func(c gateway.Call) bool { return c.State == "" }},
		{"refused", CallsPage{State: "refused"}, func(c gateway.Call) bool { return c.State == gateway.Refused }},
		{"failed", CallsPage{State: "failed"}, func(c gateway.Call) bool { return c.State == gateway.Released || c.End == gateway.UpstreamCut }},
		{"unpriced", CallsPage{Unpriced: true}, func(c gateway.Call) bool { return c.State == gateway.Settled && c.Bill.Total == nil }},
		{"dear ones", CallsPage{Over: &over}, func(c gateway.Call) bool { return c.Bill.Total != nil && c.Bill.Total.Cmp(amount(over)) > 0 }},
		{"dear ones of a key that failed", CallsPage{Over: &over, KeyID: "key_2", State: "failed"}, func(c gateway.Call) bool {
			return c.KeyID == "key_2" && c.End == gateway.UpstreamCut && c.Bill.Total.Cmp(amount(over)) > 0
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.args.Limit = 30
			first := ask[CallPage](b, "calls.page", tt.args)
			var want []gateway.Call
			for _, c := range b.calls {
				if tt.fits(c) {
					want = append(want, c)
				}
			}
			sums := sumUp(b.calls, tt.fits)
			if *first.Total != int64(len(want)) || *first.SpentUSD != sums.SpentUSD || *first.UnpricedCalls != sums.UnpricedCalls {
				t.Errorf("%d calls for %s, %d unpriced, want %d, %+v", *first.Total, *first.SpentUSD, *first.UnpricedCalls, len(want), sums)
			}
			var got []string
			for p := first; len(p.Calls) > 0; {
				for _, c := range p.Calls {
					got = append(got, c.ID)
				}
				tt.args.At, tt.args.Offset = p.At, len(got)
				p = ask[CallPage](b, "calls.page", tt.args)
				if p.Total != nil || p.SpentUSD != nil || p.UnpricedCalls != nil {
					t.Error("a later page counts again")
				}
			}
			slices.SortStableFunc(want, func(x, y gateway.Call) int { return x.StartedAt.Compare(y.StartedAt) })
			slices.Reverse(want)
			var ids []string
			for _, c := range want {
				ids = append(ids, c.ID)
			}
			same(t, "calls", got, ids)
		})
	}
}

func TestCallPageArguments(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-21T12:00:00Z"))
	for _, tt := range []struct{ name, args, field string }{
		{"nothing is asked for", ``, ""},
		{"all that can be asked for", `{"since":"2026-11-21T00:00:00Z","until":"2026-11-22T00:00:00Z","key_id":"k","channel_id":"c","model":"m","state":"failed","unpriced":true,"over":"0.5","offset":7,"limit":250}`, ""},
		{"too many", `{"limit":251}`, "limit"},
		{"fewer than none", `{"limit":-1}`, "limit"},
		{"before the first", `{"offset":-1}`, "offset"},
		{"a state that does not exist", `{"state":"lost"}`, "state"},
		{"no amount", `{"over":"much"}`, "over"},
		{"less than nothing", `{"over":"-1"}`, "over"},
		{"an amount as a number", `{"over":0.5}`, "over"},
		{"a span that ends before it begins", `{"since":"2026-11-22T00:00:00Z","until":"2026-11-21T00:00:00Z"}`, "until"},
		{"an unknown call", `{"at":"call_none"}`, "at"},
	} {
		t.Run(tt.name, func(t *testing.T) { b.refuses("calls.page", tt.args, tt.field) })
	}
}

func TestTheLargestPageIsSmall(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-21T12:00:00Z"))
	for range largestPage {
		c := paid("key_01kat00000000000000000001", "ch_01kat00000000000000000001", "claude-sonnet-4-5-20250929", "0.123456789012", "0.123456789012")
		for range 7 {
			c.Bill.Lines = append(c.Bill.Lines, billing.Line{What: "cache_write_5m", Quantity: 123_456, Unit: "tokens", RateUSD: "3.75", Per: 1_000_000, Cost: c.Bill.Total})
		}
		c.Bill.Note, c.Bill.Card = strings.Repeat("Cached tokens stand beside the prompt. ", 4), "anthropic/claude-sonnet-4-5@2025-09-29"
		c.Attempts = []gateway.Attempt{{N: 1, ChannelID: c.ChannelID, HTTPStatus: 200, Result: gateway.Billed, Ms: 12_345}}
		c.Usage = json.RawMessage(`{"detail":"` + strings.Repeat("u", 500) + `"}`)
		b.add(b.now, c)
	}
	if p := ask[CallPage](b, "calls.page", CallsPage{Limit: largestPage}); len(p.Calls) != largestPage {
		t.Errorf("a page has %d calls, want %d", len(p.Calls), largestPage)
	}
	if first := ask[[]Call](b, "calls.list", CallsFilter{Limit: 1}); len(first) != 1 {
		t.Errorf("calls.list = %d calls, want 1", len(first))
	}
}
