package tray

import (
	"testing"
	"time"

	"weir/backend/console"
)

func TestBalanceRows(t *testing.T) {
	at := now(t)
	told := func(kind, currency, left string, age time.Duration, stale bool) console.GlanceBalance {
		return console.GlanceBalance{ProviderID: "ch_1", Name: "OpenRouter", Kind: kind, Currency: currency, Left: left,
			FetchedAt: at.Add(-age).UTC().Format("2006-01-02T15:04:05.000Z07:00"), Stale: stale}
	}
	for _, tt := range []struct {
		name string
		b    console.GlanceBalance
		want string
	}{
		{"an account", told("account", "USD", "12.4", 3*time.Minute, false), "OpenRouter — account $12.40 left — 3 min ago"},
		{"a key's limit", told("key_limit", "USD", "3.2", 0, false), "OpenRouter — key limit $3.20 left — just now"},
		{"yuan are no dollars", told("account", "CNY", "12.4", 5*time.Hour, false), "OpenRouter — account ¥12.40 left — 5 h ago"},
		{"a debt", told("account", "USD", "-0.5", 50*time.Hour, false), "OpenRouter — account −$0.50 left — 2 d ago"},
		{"nothing left, as it was told", told("account", "USD", "0", 59*time.Second, false), "OpenRouter — account $0 left — just now"},
		{"one that could not be asked since", told("account", "USD", "12.4", 119*time.Minute, true), "OpenRouter — account $12.40 left — 1 h ago, could not be asked since"},
		{"a clock that went back", told("account", "USD", "12.4", -time.Hour, false), "OpenRouter — account $12.40 left — just now"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := calm()
			g.Balances = []console.GlanceBalance{tt.b}
			rows := Show(g, at).Quotas
			if len(rows) != 1 || rows[0].Text != tt.want || rows[0].Do.Page != "/providers/ch_1" {
				t.Errorf("%+v, want %q", rows, tt.want)
			}
		})
	}
	g := calm()
	g.Balances = []console.GlanceBalance{{Name: "A", Left: "1"}}
	if rows := Show(g, at).Quotas; len(rows) != 0 {
		t.Errorf("without its age: %+v", rows)
	}
}
