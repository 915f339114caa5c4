package console

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

// span is arguments for overview.get.
func span(t testing.TB, from, to, by string) OverviewOf {
	t.Helper()
	a := OverviewOf{By: by}
	if from != "" {
		at := instant(t, from)
		a.From = &at
	}
	if to != "" {
		at := instant(t, to)
		a.To = &at
	}
	return a
}

func TestAnOverviewIsTheSumOfItsCalls(t *testing.T) {
	for _, tt := range []struct {
		name, zone, now    string
		from, to           string
		step               string
		slots              int
		beforeFrom, before string // the span that it is compared with
	}{
		{"today runs", "Europe/Berlin", "2026-10-25T14:40:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "hour", 25, "2026-10-23T22:00:00Z", "2026-10-24T13:45:00Z"},
		{"today until now", "Europe/Berlin", "2026-10-26T09:00:00Z", "2026-10-25T23:00:00Z", "2026-10-26T09:00:00Z", "hour", 10, "2026-10-24T22:00:00Z", "2026-10-25T09:00:00Z"},
		{"a day that has passed", "Europe/Berlin", "2026-10-27T09:00:00Z", "2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z", "hour", 24, "2026-10-24T23:00:00Z", "2026-10-25T23:00:00Z"},
		{"a week over a change of the clocks", "Europe/Berlin", "2026-10-28T09:00:00Z", "2026-10-21T22:00:00Z", "2026-10-28T23:00:00Z", "day", 7, "2026-10-15T11:00:00Z", "2026-10-21T22:00:00Z"},
		{"two days with half an hour less", "Australia/Lord_Howe", "2026-10-04T09:00:00Z", "2026-10-02T13:30:00Z", "2026-10-04T13:00:00Z", "hour", 48, "2026-09-30T18:00:00Z", "2026-10-02T13:30:00Z"},
		{"half-hour offset", "Asia/Kolkata", "2026-10-26T09:00:00Z", "2026-10-23T18:30:00Z", "2026-10-26T18:30:00Z", "day", 3, "2026-10-21T04:00:00Z", "2026-10-23T18:30:00Z"},
		{"odd edges are rounded outwards", "Asia/Kolkata", "2026-10-26T09:00:00Z", "2026-10-24T01:02:03Z", "2026-10-24T03:04:05Z", "hour", 3, "2026-10-23T22:45:00Z", "2026-10-24T01:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := openBooks(t, tt.zone, instant(t, tt.now))
			from, to := instant(t, tt.from), instant(t, tt.to)
			b.crowd(150, instant(t, tt.beforeFrom).Add(-time.Hour), to)
			for _, by := range []string{"", "model", "key", "provider"} {
				v := ask[Overview](b, "overview.get", span(t, tt.from, tt.to, by))
				if at := instant(t, v.From); at.After(from) || from.Sub(at) >= 15*time.Minute {
					t.Errorf("from = %s, want %s", v.From, tt.from)
				}
				if v.Timeline.Step != tt.step || len(v.Timeline.Slots) != tt.slots || v.Zone != tt.zone || v.Simulated {
					t.Errorf("%d slots of a %s in %s, want %d of a %s", len(v.Timeline.Slots), v.Timeline.Step, v.Zone, tt.slots, tt.step)
				}
				same(t, "total", v.Total, sumUp(b.calls, within(instant(t, v.From), instant(t, v.To))))
				same(t, "before", v.Before, sumUp(b.calls, within(instant(t, tt.beforeFrom), instant(t, tt.before))))
				b.compareShares(v)
				b.compareTimeline(v, by)
				b.compareMonth(v.Month)
			}
		})
	}
}

func within(from, to time.Time) func(gateway.Call) bool {
	return func(c gateway.Call) bool { return !c.StartedAt.Before(from) && c.StartedAt.Before(to) }
}

func (b *books) compareShares(v Overview) {
	b.t.Helper()
	in := within(instant(b.t, v.From), instant(b.t, v.To))
	for what, list := range map[string]struct {
		shares []Share
		id     func(gateway.Call) string
	}{
		"models":    {v.Models, func(c gateway.Call) string { return c.Model }},
		"keys":      {v.Keys, func(c gateway.Call) string { return c.KeyID }},
		"providers": {v.Providers, func(c gateway.Call) string { return c.ChannelID }},
	} {
		var ids []string
		for i, s := range list.shares {
			same(b.t, what+" "+s.ID, s.Sums, sumUp(b.calls, func(c gateway.Call) bool { return in(c) && list.id(c) == s.ID }))
			if i > 0 && s.ID != "" && amount(s.SpentUSD).Cmp(amount(list.shares[i-1].SpentUSD)) > 0 {
				b.t.Errorf("%s: %s comes after less", what, s.ID)
			}
			ids = append(ids, s.ID)
		}
		for _, c := range b.calls {
			if in(c) && !c.Simulated && c.State != "" && !slices.Contains(ids, list.id(c)) {
				b.t.Errorf("%s = %v, want %q among them", what, ids, list.id(c))
			}
		}
	}
}

func (b *books) compareTimeline(v Overview, by string) {
	b.t.Helper()
	list := map[string][]Share{"": v.Models, "model": v.Models, "key": v.Keys, "provider": v.Providers}[by]
	id := map[string]func(gateway.Call) string{
		"": func(c gateway.Call) string { return c.Model }, "model": func(c gateway.Call) string { return c.Model },
		"key": func(c gateway.Call) string { return c.KeyID }, "provider": func(c gateway.Call) string { return c.ChannelID },
	}[by]
	var apart []string
	for i, s := range v.Timeline.Series {
		if s.ID != "" && s.ID != list[i].ID {
			b.t.Errorf("series %d = %s, want %s", i, s.ID, list[i].ID)
		}
		apart = append(apart, s.ID)
	}
	if len(apart) > mostSeries+1 {
		b.t.Errorf("%d series", len(apart))
	}
	for i, at := range v.Timeline.Slots {
		end := v.To
		if i+1 < len(v.Timeline.Slots) {
			end = v.Timeline.Slots[i+1]
		}
		in := within(instant(b.t, at), instant(b.t, end))
		for _, s := range v.Timeline.Series {
			want := sumUp(b.calls, func(c gateway.Call) bool {
				return in(c) && (id(c) == s.ID || s.ID == "" && !slices.Contains(apart, id(c)))
			})
			same(b.t, fmt.Sprintf("%s of %q at %s", by, s.ID, at), s.Points[i], want.SpentUSD)
		}
		all := sumUp(b.calls, in)
		same(b.t, "without cache at "+at, v.Timeline.WithoutCache[i], amount(all.SpentUSD).Add(amount(all.SavedUSD)).String())
	}
}

func (b *books) compareMonth(m MonthView) {
	b.t.Helper()
	all := sumUp(b.calls, within(instant(b.t, m.StartsAt), instant(b.t, m.EndsAt)))
	if m.SpentUSD != all.SpentUSD || m.UnpricedCalls != all.UnpricedCalls || m.Budget != nil || m.ProjectedUSD == nil {
		b.t.Errorf("month = %+v, want %+v", m, all)
	}
}

func TestAReaderInAnotherZoneHasDaysOfTheirOwn(t *testing.T) {
	for _, tt := range []struct {
		name, zone, now, from, to string
		beforeFrom, before        string
		month                     string
	}{
		{"ahead of the ledger", "Asia/Kolkata", "2026-11-21T09:00:00Z", "2026-11-14T18:30:00Z", "2026-11-21T18:30:00Z", "2026-11-08T04:00:00Z", "2026-11-14T18:30:00Z", "2026-10-31T18:30:00Z"},
		{"behind it, where the month is another one", "America/New_York", "2026-12-01T01:00:00Z", "2026-11-24T05:00:00Z", "2026-12-01T05:00:00Z", "2026-11-17T09:00:00Z", "2026-11-24T05:00:00Z", "2026-11-01T04:00:00Z"},
		{"today with an hour more, which the ledger's has not", "America/New_York", "2026-11-01T20:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z", "2026-10-31T04:00:00Z", "2026-10-31T19:00:00Z", "2026-11-01T04:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := openBooks(t, "Europe/Berlin", instant(t, tt.now))
			loc, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			b.crowd(120, instant(t, tt.beforeFrom).Add(-time.Hour), instant(t, tt.to))
			a := span(t, tt.from, tt.to, "")
			a.Zone = tt.zone
			v := ask[Overview](b, "overview.get", a)
			for _, at := range v.Timeline.Slots {
				if here := instant(t, at).In(loc); v.Timeline.Step == "day" && here.Format("15:04") != "00:00" {
					t.Errorf("a day begins at %v", here)
				}
			}
			same(t, "before", v.Before, sumUp(b.calls, within(instant(t, tt.beforeFrom), instant(t, tt.before))))
			if v.Zone != tt.zone || !instant(t, v.Month.StartsAt).Equal(instant(t, tt.month)) {
				t.Errorf("days of %s, a month from %s, want %s, %s", v.Zone, v.Month.StartsAt, tt.zone, tt.month)
			}
			month := sumUp(b.calls, within(instant(t, v.Month.StartsAt), instant(t, v.Month.EndsAt)))
			same(t, "month", v.Month.SpentUSD, month.SpentUSD)
			b.compareTimeline(v, "")
		})
	}
}

func TestTheMonthIsProjectedAtItsPace(t *testing.T) {
	for _, tt := range []struct {
		name, now, want string
	}{
		{"not on its first day", "2026-11-01T22:59:00Z", ""},
		{"after a day, thirtyfold", "2026-11-01T23:00:00Z", "45"},
		{"after half of it, twofold", "2026-11-15T23:00:00Z", "3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := openBooks(t, "Europe/Berlin", instant(t, tt.now))
			ask[Quota](b, "account.limit", LimitAccount{[]string{"120usd/month", "5usd/day"}})
			b.add(instant(t, "2026-11-01T12:00:00Z"), paid("key_1", "ch_1", "m", "1.5", "1.5"))
			m := ask[Overview](b, "overview.get", nil).Month
			got := ""
			if m.ProjectedUSD != nil {
				got = *m.ProjectedUSD
			}
			if got != tt.want || m.SpentUSD != "1.5" || m.StartsAt != "2026-10-31T23:00:00.000Z" || m.EndsAt != "2026-11-30T23:00:00.000Z" {
				t.Errorf("month = %+v, projected %q, want %q", m, got, tt.want)
			}
			if m.Budget == nil || m.Budget.Amount != "120" {
				t.Errorf("budget = %+v, want $120", m.Budget)
			}
		})
	}
}

func TestOverviewArguments(t *testing.T) {
	b := openBooks(t, "Europe/Berlin", instant(t, "2026-11-21T12:00:00Z"))
	for _, tt := range []struct {
		name, args, field string
	}{
		{"nothing is asked for", ``, ""},
		{"400 days", `{"from":"2025-01-01T00:00:00Z","to":"2026-02-05T00:00:00Z"}`, ""},
		{"401 days", `{"from":"2025-01-01T00:00:00Z","to":"2026-02-06T00:00:00Z"}`, "from"},
		{"all of time", `{"from":"0001-01-01T00:00:00Z","to":"9999-02-06T00:00:00Z"}`, "from"},
		{"a span that ends before it begins", `{"from":"2026-11-21T00:00:00Z","to":"2026-11-20T00:00:00Z"}`, "to"},
		{"an empty span", `{"from":"2026-11-21T00:00:00Z","to":"2026-11-21T00:00:00Z"}`, "to"},
		{"a grouping that does not exist", `{"by":"day"}`, "by"},
	} {
		t.Run(tt.name, func(t *testing.T) { b.refuses("overview.get", tt.args, tt.field) })
	}
	v := ask[Overview](b, "overview.get", nil)
	if v.From != "2026-11-20T23:00:00.000Z" || v.To != "2026-11-21T23:00:00.000Z" || !v.Simulated || v.Total.HitPermille != nil {
		t.Errorf("overview of nothing = %+v, want today's", v)
	}
	if v := ask[Overview](b, "overview.get", span(t, "2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z", "")); v.Before != nil {
		t.Errorf("a span to come is compared with %+v", *v.Before)
	}
}

// refuses fails unless an operation names a field that is at fault; an empty one means that none is.
func (b *books) refuses(op, args, field string) {
	b.t.Helper()
	e := b.Call(context.Background(), op, []byte(args))
	switch {
	case field == "" && !e.OK:
		b.t.Errorf("%s %s = %+v, want an answer", op, args, *e.Error)
	case field != "" && (e.OK || e.Error.Field == nil || *e.Error.Field != field || e.Error.Message == ""):
		text, _ := json.Marshal(e)
		b.t.Errorf("%s %s = %s, want a sentence about %s", op, args, text, field)
	}
}

func TestLongListsEndInTheRest(t *testing.T) {
	now := instant(t, "2026-11-21T12:00:00Z")
	b := openBooks(t, "UTC", now)
	for i := range 60 {
		b.add(now, paid("key_1", "ch_1", fmt.Sprintf("model_%02d", i), fmt.Sprint(60-i), "0"))
	}
	v := ask[Overview](b, "overview.get", nil)
	if n := len(v.Models); n != 51 || v.Models[0].ID != "model_00" || v.Models[50].ID != "" || v.Models[50].SpentUSD != "55" || v.Models[50].Calls != 10 {
		t.Errorf("%d models, the last %+v, want 50 and the rest", n, v.Models[n-1])
	}
	if n := len(v.Timeline.Series); n != 6 || v.Timeline.Series[5].ID != "" || v.Timeline.Series[5].Points[12] != "1540" {
		t.Errorf("%d series, the last %+v, want 5 and the rest", n, v.Timeline.Series[n-1])
	}
}

func TestNamesOfWhatIsGone(t *testing.T) {
	ctx, now := context.Background(), instant(t, "2026-11-21T12:00:00Z")
	b := openBooks(t, "UTC", now)
	ch, err := b.Channels.Add(ctx, gateway.Channel{Name: "Work account", Provider: "openai", Models: []string{}}, "")
	if err != nil {
		t.Fatal(err)
	}
	k := ask[NewKey](b, "keys.add", AddKey{Name: "Codex"})
	for _, key := range []string{k.ID, "key_gone"} {
		for _, channel := range []string{ch.ID, "ch_gone", gateway.Sandbox} {
			b.add(now, paid(key, channel, "m", "1", "1"))
		}
	}
	v := ask[Overview](b, "overview.get", span(t, "", "", "provider"))
	names := map[string]string{}
	for _, s := range slices.Concat(v.Keys, v.Providers) {
		names[s.ID] = s.Name
	}
	same(t, "names", names, map[string]string{k.ID: "Codex", "key_gone": "key_gone as it was", ch.ID: "Work account", "ch_gone": "ch_gone", "sandbox": "Sandbox"})
}

func TestPermille(t *testing.T) {
	const huge = int64(1) << 62
	for _, tt := range []struct {
		part, whole int64
		want        int
	}{{0, 1, 0}, {999_999, 1_000_000, 999}, {1, 1, 1000}, {huge, huge, 1000}, {huge, 1, 1<<31 - 1}, {-1, 3, -334}} {
		if got := permille(tt.part, tt.whole); *got != tt.want {
			t.Errorf("permille(%d, %d) = %d, want %d", tt.part, tt.whole, *got, tt.want)
		}
	}
	if permille(1, 0) != nil {
		t.Error("permille of nothing is known")
	}
	if got := projection(billing.Pico(1<<62), 1e6, 1e9); got.Pico() != 1<<63-1 {
		t.Errorf("a projection beyond all money = %v", got)
	}
}
