package tray

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"weir/backend/console"
)

// now is a Friday afternoon in Berlin.
func now(t *testing.T) time.Time {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return time.Date(2026, 11, 20, 17, 20, 0, 0, berlin)
}

// calm is a glance at a relay that works and has spent something.
func calm() console.Glance {
	return console.Glance{SpentTodayUSD: "3.6251", SpentMonthUSD: "71.2412345", Healthy: true, Door: console.Door{Open: true, Port: 9347}}
}

func ptr[T any](v T) *T { return &v }

func TestMoneyRows(t *testing.T) {
	for _, tt := range []struct {
		name                   string
		glance                 func(*console.Glance)
		title, spent, saved    string
		unpriced, unpricedPage string
	}{
		{"real money", func(*console.Glance) {}, "$3.63", "$3.63 today · $71.24 this month", "", "", ""},
		{"simulated money is named so", func(g *console.Glance) { g.Simulated, g.LastCall = true, &console.Call{} }, "$3.63", "Sandbox, not real money: $3.63 today · $71.24 this month", "", "", ""},
		{"a home without calls has no sandbox either", func(g *console.Glance) { g.Simulated = true }, "$3.63", "$3.63 today · $71.24 this month", "", "", ""},
		{"a saving with its part", func(g *console.Glance) { g.SavedTodayUSD, g.SavedTodayPermille = ptr("9.2049"), ptr(717) },
			"$3.63", "$3.63 today · $71.24 this month", "Saved by the cache — $9.20 today (71%)", "", ""},
		{"a cache that cost more than it saved", func(g *console.Glance) { g.SavedTodayUSD, g.SavedTodayPermille = ptr("-0.173"), ptr(-34) },
			"$3.63", "$3.63 today · $71.24 this month", "The cache cost $0.173 more than it saved today", "", ""},
		{"nothing saved is not worth a row", func(g *console.Glance) { g.SavedTodayUSD = ptr("0") }, "$3.63", "$3.63 today · $71.24 this month", "", "", ""},
		{"one call unpriced", func(g *console.Glance) { g.UnpricedToday, g.UnpricedMonth = 1, 1 },
			"$3.63", "$3.63 today · $71.24 this month", "", "1 call today has no known price", "/calls?span=today&unpriced=1"},
		{"many calls unpriced", func(g *console.Glance) { g.UnpricedToday, g.UnpricedMonth = 1204, 1204 },
			"$3.63", "$3.63 today · $71.24 this month", "", "1204 calls today have no known price", "/calls?span=today&unpriced=1"},
		{"what is not known is no zero", func(g *console.Glance) { g.SpentTodayUSD, g.UnpricedToday, g.UnpricedMonth = "0", 2, 2 },
			"unknown", "unknown today · $71.24 this month", "", "2 calls today have no known price", "/calls?span=today&unpriced=1"},
		{"nor is a month of it", func(g *console.Glance) { g.SpentTodayUSD, g.SpentMonthUSD, g.UnpricedMonth = "0", "0", 2 },
			"$0", "$0 today · unknown this month", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := calm()
			tt.glance(&g)
			v := Show(g, now(t))
			if v.Title != tt.title || v.Spent.Text != tt.spent || v.Saved.Text != tt.saved || v.Tooltip != "Weir · "+tt.spent {
				t.Errorf("%q, %q, %q, %q", v.Title, v.Spent.Text, v.Saved.Text, v.Tooltip)
			}
			if v.Unpriced.Text != tt.unpriced || v.Unpriced.Do.Page != tt.unpricedPage {
				t.Errorf("unpriced = %+v, want %q", v.Unpriced, tt.unpriced)
			}
		})
	}
}

// limited is a quota of five dollars a day, of which so much is spent.
func limited(name, spent string, permille int) console.GlanceQuota {
	l := console.Limit{Unit: "usd", Amount: "5", Extra: "0", Window: "day", Spent: spent, ResetsAt: ptr("2026-11-20T23:00:00.000Z"), Hard: true}
	return console.GlanceQuota{KeyID: ptr("key_1"), Name: name, Limit: &l, Permille: permille, Near: permille >= 800, Grave: permille >= 1000}
}

func TestQuotaRows(t *testing.T) {
	with := func(permille int, change func(*console.Limit)) console.GlanceQuota {
		q := limited("Codex", "4", permille)
		change(q.Limit)
		return q
	}
	for _, tt := range []struct {
		name  string
		quota console.GlanceQuota
		want  string
		icon  State
	}{
		{"well within", limited("Codex", "1.84", 368), "Codex — $1.84 of $5 today, resets 00:00", Normal},
		{"just below four fifths", limited("Codex", "3.998", 799), "Codex — $4 of $5 today, resets 00:00", Normal},
		{"four fifths", limited("Codex", "4", 800), "Codex — near its limit: $4 of $5 today, resets 00:00", Near},
		{"a mark that spending has passed is said", with(812, func(l *console.Limit) { l.Spent, l.Mark = "4.06", 80 }), "Codex — past 80%: $4.06 of $5 today, resets 00:00", Near},
		{"so is the next", with(950, func(l *console.Limit) { l.Spent, l.Mark = "4.75", 90 }), "Codex — past 90%: $4.75 of $5 today, resets 00:00", Near},
		{"all is spent, and running calls fit still", with(990, func(l *console.Limit) { l.Spent, l.Mark = "4.99", 100 }), "Codex — past 90%: $4.99 of $5 today, resets 00:00", Near},
		{"what was added counts", with(571, func(l *console.Limit) { l.Extra = "2" }), "Codex — $4 of $7 today, resets 00:00", Normal},
		{"a group's", func() console.GlanceQuota {
			q := limited("Team", "3.10", 310)
			q.KeyID, q.GroupID, q.Limit.Amount = nil, ptr("grp_1"), "10"
			return q
		}(), "Team — $3.10 of $10 today, resets 00:00", Normal},
		{"one that only warns blocks nothing", func() console.GlanceQuota {
			q := limited("Codex", "5.2", 1040)
			q.Grave, q.Limit.Hard, q.Limit.Mark = false, false, 100
			return q
		}(), "Codex — used up, only warns: $5.20 of $5 today, resets 00:00", Near},
		{"nearly all", limited("Codex", "4.9995", 999), "Codex — near its limit: $5 of $5 today, resets 00:00", Near},
		{"all", limited("Codex", "5", 1000), "Codex — limit reached: $5 of $5 today, resets 00:00", Blocked},
		{"more than all", limited("Codex", "5.9619", 1192), "Codex — limit reached: $5.96 of $5 today, resets 00:00", Blocked},
		{"tokens, within a week", with(500, func(l *console.Limit) {
			l.Unit, l.Spent, l.Amount, l.Window, l.ResetsAt = "tokens", "994799", "2000000", "week", ptr("2026-11-22T23:00:00.000Z")
		}), "Codex — 994,799 of 2,000,000 tokens this week, resets Mon 00:00", Normal},
		{"calls, within a month", with(10, func(l *console.Limit) {
			l.Unit, l.Spent, l.Amount, l.Window, l.ResetsAt = "calls", "9", "900", "month", ptr("2026-11-30T23:00:00.000Z")
		}), "Codex — 9 of 900 calls this month, resets 1 Dec", Normal},
		{"a total never resets", with(10, func(l *console.Limit) { l.Spent, l.Window, l.ResetsAt = "0.05", "total", nil }), "Codex — $0.05 of $5 in total", Normal},
		{"a name of 200 characters", limited(strings.Repeat("long", 50), "1", 200), strings.Repeat("long", 9) + "lon… — $1 of $5 today, resets 00:00", Normal},
		{"no budget", console.GlanceQuota{Name: "Account"}, "Account — $71.24 this month, no budget set", Normal},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := calm()
			g.Quotas = []console.GlanceQuota{tt.quota}
			v := Show(g, now(t))
			page := "/keys"
			if tt.quota.KeyID != nil {
				page = "/keys/key_1"
			} else if tt.quota.GroupID != nil {
				page = "/keys/grp_1"
			}
			if v.Quotas[0].Text != tt.want || v.Quotas[0].Do != (Action{Verb: Open, Page: page}) || v.Icon != tt.icon {
				t.Errorf("icon %v, row %+v, want %v, %q", v.Icon, v.Quotas[0], tt.icon, tt.want)
			}
		})
	}
}

func TestFastSpendingHasARow(t *testing.T) {
	burn := console.Burn{KeyID: ptr("key_1"), Name: "Codex", SpentUSD: "6.1", Minutes: 10, UsualUSD: "1.2", Times: "5.0"}
	paused, account := burn, console.Burn{Name: "Account", SpentUSD: "9", Minutes: 10, Times: "7.5"}
	paused.Paused = true
	for _, tt := range []struct {
		name       string
		burns      []console.Burn
		want, page string
		icon       State
	}{
		{"none", nil, "", "", Normal},
		{"one key", []console.Burn{burn}, "Codex — $6.10 in 10 minutes, 5 times the usual", "/keys/key_1", Near},
		{"one that was paused", []console.Burn{paused}, "Codex — $6.10 in 10 minutes, 5 times the usual, paused", "/keys/key_1", Near},
		{"several", []console.Burn{account, burn}, "Account — $9 in 10 minutes, 7.5 times the usual; 1 more spends as fast", "/keys", Near},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := calm()
			g.Burning = tt.burns
			if v := Show(g, now(t)); v.Burning.Text != tt.want || v.Burning.Do.Page != tt.page || v.Icon != tt.icon {
				t.Errorf("row %+v, icon %v, want %q, %v", v.Burning, v.Icon, tt.want, tt.icon)
			}
		})
	}
}

func TestIconTellsTheWorst(t *testing.T) {
	near, full := limited("Near", "4", 800), limited("Full", "5", 1000)
	for _, tt := range []struct {
		name   string
		change func(*console.Glance)
		want   State
	}{
		{"nothing", func(*console.Glance) {}, Normal},
		{"one limit near, one full", func(g *console.Glance) { g.Quotas = []console.GlanceQuota{near, full} }, Blocked},
		{"paused", func(g *console.Glance) { g.Quotas, g.Paused = []console.GlanceQuota{full}, true }, Paused},
		{"a closed door", func(g *console.Glance) { g.Paused, g.Door.Open = true, false }, Trouble},
		{"a ledger that cannot be written", func(g *console.Glance) { g.Healthy = false }, Trouble},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := calm()
			tt.change(&g)
			if got := Show(g, now(t)).Icon; got != tt.want {
				t.Errorf("icon %v, want %v", got, tt.want)
			}
		})
	}
}

func TestLastCall(t *testing.T) {
	settled := func(cost, without, saved string) *console.Call {
		c := console.Call{ID: "call_1", State: "settled", Model: ptr("claude-sonnet-4-6"), CostUSD: ptr(cost)}
		if without != "" {
			c.WithoutCacheUSD, c.SavedUSD = ptr(without), ptr(saved)
		}
		return &c
	}
	for _, tt := range []struct {
		name string
		call *console.Call
		want string
	}{
		{"none", nil, "No calls yet"},
		{"priced", settled("0.0157266", "", ""), "Last call — claude-sonnet-4-6 $0.01573"},
		{"with what the cache saved", settled("0.0157", "0.0651", "0.0494"), "Last call — claude-sonnet-4-6 $0.0157 (saved 75%)"},
		{"a cache that was only written", settled("0.06", "0.05", "-0.01"), "Last call — claude-sonnet-4-6 $0.06"},
		{"unpriced", &console.Call{State: "settled", Model: ptr("glm")}, "Last call — glm, no known price"},
		{"running", &console.Call{State: "open", Model: ptr("glm")}, "Last call — glm, running"},
		{"failed", &console.Call{State: "released", Model: ptr("glm")}, "Last call — glm, failed"},
		{"refused, without a model", &console.Call{State: "refused"}, "Last call — no model, refused"},
		{"a model's name of 200 characters", &console.Call{State: "open", Model: ptr(strings.Repeat("m", 200))}, "Last call — " + strings.Repeat("m", 39) + "…, running"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := calm()
			g.LastCall = tt.call
			if got := Show(g, now(t)).Last.Text; got != tt.want {
				t.Errorf("last = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWhenAWindowResets(t *testing.T) {
	at := now(t)
	for _, tt := range []struct {
		name string
		in   time.Duration
		want string
	}{
		{"within an hour", 40 * time.Minute, "18:00"},
		{"within a day", 24 * time.Hour, "17:20"},
		{"within a week", 25 * time.Hour, "Sat 18:20"},
		{"as far as a weekday says which", 6 * 24 * time.Hour, "Thu 17:20"},
		{"within a month", 6*24*time.Hour + time.Minute, "26 Nov"},
	} {
		if got := reset(at.Add(tt.in), at); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	for running, want := range map[int64]string{0: "Quit Weir", 1: "Quit Weir (1 call running)", 3: "Quit Weir (3 calls running)"} {
		g := calm()
		g.Running = running
		if v := Show(g, at); v.Quit.Text != want || fmt.Sprint(v.Pause.Do.Verb) != fmt.Sprint(Pause) {
			t.Errorf("quit = %q, want %q", v.Quit.Text, want)
		}
	}
}

func TestALedgerThatFailsIsSaid(t *testing.T) {
	g := calm()
	g.Healthy = false
	v := Show(g, now(t))
	if v.Icon != Trouble || v.Address.Text != "The ledger cannot be written: new calls may be refused" {
		t.Errorf("%v, %+v", v.Icon, v.Address)
	}
}
