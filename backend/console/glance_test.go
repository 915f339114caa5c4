package console

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"weir/backend/gateway"
)

// limited makes a key with limits that has spent so much.
func (b *books) limited(name, spent string, limits ...string) string {
	b.t.Helper()
	k := ask[NewKey](b, "keys.add", AddKey{Name: name, Limits: limits})
	b.add(b.now, paid(k.ID, "ch_1", "m", spent, spent))
	return k.ID
}

func TestGlance(t *testing.T) {
	b := openBooks(t, "Europe/Berlin", instant(t, "2026-11-21T12:00:00Z"))
	ask[Quota](b, "account.limit", LimitAccount{[]string{"100usd/month", "1000calls/day"}})
	b.add(b.now.AddDate(0, 0, -3), paid("key_old", "ch_1", "m", "10", "10"))
	full := b.limited("Full", "5", "5usd/day", "100usd/total")
	near := b.limited("Near", "4", "5usd/day")
	b.limited("Unlimited", "1")
	paused := b.limited("Paused", "5", "5usd/day")
	ask[Key](b, "keys.pause", byID{paused})
	unpriced := paid(near, "ch_1", "odd", "0", "0")
	unpriced.Bill.Total, unpriced.Bill.WithoutCache = nil, nil
	b.add(b.now, unpriced)
	b.add(b.now, paid("key_old", "ch_1", "m", "1", "5"))
	b.add(b.now.Add(1), gateway.Call{KeyID: "key_old", Model: "m"})
	b.door.Open = false
	b.Relay.Pause(true)
	g := ask[Glance](b, "glance.get", nil)
	var quotas []string
	for _, q := range g.Quotas {
		quotas = append(quotas, fmt.Sprintf("%s %s/%s %d near %v grave %v", q.Name, q.Limit.Amount, q.Limit.Window, q.Permille, q.Near, q.Grave))
	}
	want := []string{
		"Full 5/day 1000 near true grave true",
		"Near 5/day 800 near true grave false",
		"Account 100/month 260 near false grave false",
	}
	if got := strings.Join(quotas, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("quotas =\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	if *g.Quotas[0].KeyID != full || g.Quotas[2].KeyID != nil {
		t.Errorf("quotas belong to %v and %v", g.Quotas[0].KeyID, g.Quotas[2].KeyID)
	}
	if g.SpentTodayUSD != "16" || g.SpentMonthUSD != "26" || *g.SavedTodayUSD != "4" || *g.SavedTodayPermille != 200 || g.UnpricedToday != 1 || g.UnpricedMonth != 1 {
		t.Errorf("spent %s and %s, saved %v, %d unpriced", g.SpentTodayUSD, g.SpentMonthUSD, *g.SavedTodayUSD, g.UnpricedToday)
	}
	if g.Simulated || g.Running != 1 || !g.Paused || !g.Healthy || g.Door.Open || g.LastCall == nil || g.LastCall.State != "open" {
		t.Errorf("glance = %+v", g)
	}
}

func TestTheLimitThatRefusesIsTheOneThatIsShown(t *testing.T) {
	key := "key_1"
	limit := func(id string, permille int, hard bool) KeyLimit {
		return KeyLimit{KeyID: &key, Name: "Codex", Permille: permille, Limit: Limit{ID: id, Hard: hard}}
	}
	for _, tt := range []struct {
		name   string
		limits []KeyLimit
		want   string
		grave  bool
	}{
		{"the fullest", []KeyLimit{limit("a", 900, true), limit("b", 800, true)}, "a", false},
		{"one that only warns is never grave", []KeyLimit{limit("a", 1200, false), limit("b", 900, true)}, "a", false},
		{"one that refuses calls goes before it", []KeyLimit{limit("a", 1200, false), limit("b", 1000, true)}, "b", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if q := glanceQuotas(tt.limits)[0]; q.Limit.ID != tt.want || q.Grave != tt.grave || !q.Near {
				t.Errorf("shown is %+v, want %s", q, tt.want)
			}
		})
	}
}

func TestGlanceOfNothing(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-21T12:00:00Z"))
	g := ask[Glance](b, "glance.get", nil)
	if !g.Simulated || g.SpentTodayUSD != "0" || g.SavedTodayUSD != nil || g.SavedTodayPermille != nil || g.LastCall != nil ||
		len(g.Quotas) != 1 || g.Quotas[0].Limit != nil || g.Quotas[0].KeyID != nil {
		t.Errorf("glance of nothing = %+v", g)
	}
	simulated := paid("key_1", gateway.Sandbox, "sandbox/m", "2", "3")
	simulated.Simulated = true
	b.add(b.now, simulated)
	if g := ask[Glance](b, "glance.get", nil); !g.Simulated || g.SpentTodayUSD != "2" {
		t.Errorf("glance of a sandbox call = %+v, want its simulated $2", g)
	}
	b.add(b.now, paid("key_1", "ch_1", "m", "5", "5"))
	if g := ask[Glance](b, "glance.get", nil); g.Simulated || g.SpentTodayUSD != "5" {
		t.Errorf("glance after a real call = %+v, want its $5 alone", g)
	}
}

func TestAttention(t *testing.T) {
	ctx := context.Background()
	b := openBooks(t, "UTC", instant(t, "2026-11-21T12:00:00Z"))
	add := func(name string, enabled bool, state gateway.ChannelState, why string) {
		t.Helper()
		ch, err := b.Channels.Add(ctx, gateway.Channel{Name: name, Provider: "openai", Enabled: enabled, Models: []string{}}, "")
		if err == nil {
			_, err = b.Channels.SetState(ctx, ch.ID, state, why)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := ask[Overview](b, "overview.get", nil).Attention; got == nil || len(got) != 0 {
		t.Errorf("attention where all is well = %v, want an empty list", got)
	}
	add("Works", true, gateway.ChannelOK, "")
	add("Off", false, gateway.ChannelBadKey, "It refused the key.")
	add("Refuses", true, gateway.ChannelBadKey, "It refused the key.")
	add("Away", true, gateway.ChannelUnreachable, "Nobody answers.")
	b.limited("Near", "4", "5usd/day", "400usd/month")
	b.limited("Full", "5", "5usd/day")
	for _, model := range []string{"odd", "odder", "odder"} {
		c := paid("key_1", "ch_1", model, "0", "0")
		c.Bill.Total, c.Bill.WithoutCache = nil, nil
		b.add(b.now, c)
		b.add(b.now.AddDate(0, 0, -2), c) // not in the span
	}
	b.Relay.Pause(true)
	why := "Another program has the port."
	b.door = Door{Message: &why}
	v := ask[Overview](b, "overview.get", nil)
	want := []string{
		"grave port : Another program has the port.",
		"grave provider Refuses: It refused the key.",
		"grave provider Away: Nobody answers.",
		"grave limit Full 1000 of 5/day",
		"paused ",
		"limit Near 800 of 5/day",
		"unpriced odder 2",
		"unpriced odd 1",
	}
	if got := attentionText(v.Attention); got != strings.Join(want, "\n") {
		t.Errorf("attention =\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	if names := limitNames(v.Limits); names != "Full 1000, Near 800, Near 10" {
		t.Errorf("limits = %s", names)
	}
}

// attentionText is a line for each.
func attentionText(all []Attention) string {
	var lines []string
	for _, a := range all {
		line := fmt.Sprintf("%s %s", a.Kind, a.Name)
		if a.Grave {
			line = "grave " + line
		}
		if a.Message != nil {
			line += ": " + *a.Message
		}
		if a.Limit != nil {
			line += fmt.Sprintf(" %d of %s/%s", a.Permille, a.Limit.Amount, a.Limit.Window)
		}
		if a.Count != 0 {
			line += fmt.Sprint(" ", a.Count)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func limitNames(limits []KeyLimit) string {
	var all []string
	for _, l := range limits {
		all = append(all, fmt.Sprint(l.Name, " ", l.Permille))
	}
	return strings.Join(all, ", ")
}

func TestAccountLimits(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-21T12:00:00Z"))
	b.add(b.now, paid("key_1", "ch_1", "m", "20", "20"))
	q := ask[Quota](b, "account.limit", LimitAccount{[]string{"120usd/month"}})
	if q.AnswersFor != "account" || q.Unlimited || len(q.Limits) != 1 || q.Limits[0].Spent != "20" || q.Limits[0].Left != "100" {
		t.Errorf("quota with a budget = %+v", q)
	}
	b.refuses("account.limit", `{"limits":["much"]}`, "limits")
	if q := ask[Quota](b, "account.limit", LimitAccount{[]string{}}); !q.Unlimited || len(q.Limits) != 0 {
		t.Errorf("quota without a budget = %+v", q)
	}
	uses, err := b.Ledger.Uses(context.Background(), gateway.ScopeAccount, "", false)
	if err = errors.Join(err, b.Ledger.Check(context.Background())); err != nil || len(uses) != 0 {
		t.Errorf("uses = %v, %v", uses, err)
	}
}
