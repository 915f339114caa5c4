package console

import (
	"slices"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/billing"
)

func TestKeyOptions(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	g := ask[Group](b, "groups.add", raw(`{"name":" Team "}`))
	made := ask[NewKey](b, "keys.add", raw(`{"name":"Codex","models":["claude-*"],"denied_models":[" *opus* "],"networks":["10.1.2.3/8","127.0.0.1"],
		"group_id":"`+g.ID+`","clamp":true,"most_per_call_usd":"2.5","pace":{"requests":60,"running":4},"pause_on_burn":true}`))
	want := made.Key
	if made.Models[0] != "claude-*" || made.DeniedModels[0] != "*opus*" || !slices.Equal(made.Networks, []string{"10.0.0.0/8", "127.0.0.1/32"}) ||
		orEmpty(made.GroupID) != g.ID || !made.Clamp || orEmpty(made.MostPerCallUSD) != "2.5" || *made.Pace.Requests != 60 || made.Pace.Tokens != nil ||
		*made.Pace.Running != 4 || !made.PauseOnBurn {
		t.Errorf("the new key is %+v", made)
	}
	for _, tt := range []struct {
		name, change string
		edit         func(*Key)
	}{
		{"nothing", ``, func(*Key) {}},
		{"refused models", `,"denied_models":[]`, func(k *Key) { k.DeniedModels = []string{} }},
		{"networks", `,"networks":["fd00::1/16"]`, func(k *Key) { k.Networks = []string{"fd00::/16"} }},
		{"a network written as IPv6 is that of IPv4", `,"networks":["::ffff:10.0.0.0/104"]`, func(k *Key) { k.Networks = []string{"10.0.0.0/8"} }},
		{"no group", `,"group_id":""`, func(k *Key) { k.GroupID = nil }},
		{"a group", `,"group_id":"` + g.ID + `"`, func(k *Key) { k.GroupID = &g.ID }},
		{"no clamp", `,"clamp":false`, func(k *Key) { k.Clamp = false }},
		{"any cost", `,"most_per_call_usd":""`, func(k *Key) { k.MostPerCallUSD = nil }},
		{"a pace is set whole", `,"pace":{"tokens":1000}`, func(k *Key) { n := int64(1000); k.Pace = Pace{Tokens: &n} }},
		{"any pace", `,"pace":{}`, func(k *Key) { k.Pace = Pace{} }},
		{"no pause", `,"pause_on_burn":false`, func(k *Key) { k.PauseOnBurn = false }},
	} {
		tt.edit(&want)
		same(t, tt.name, ask[Key](b, "keys.update", raw(`{"id":"`+made.ID+`"`+tt.change+`}`)), want)
	}
	for _, tt := range []struct{ name, change, field string }{
		{"an empty name of a model", `"models":[""]`, "models"},
		{"one of two lines", `"denied_models":["a\nb"]`, "denied_models"},
		{"one that is too long", `"models":["` + strings.Repeat("m", 600) + `"]`, "models"},
		{"a network that is none", `"networks":["10.0.0.0/33"]`, "networks"},
		{"a name of a network", `"networks":["localhost"]`, "networks"},
		{"a group that is not there", `"group_id":"grp_none"`, "group_id"},
		{"a negative amount", `"most_per_call_usd":"-1"`, "most_per_call_usd"},
		{"no amount", `"most_per_call_usd":"much"`, "most_per_call_usd"},
		{"nothing at all", `"most_per_call_usd":"0"`, "most_per_call_usd"},
		{"a negative pace", `"pace":{"requests":-1}`, "pace"},
	} {
		for op, head := range map[string]string{"keys.update": `"id":"` + made.ID + `"`, "keys.add": `"name":"x"`} {
			if v := refused(t, b, op, "{"+head+","+tt.change+"}"); v.Kind == string(gateway.Internal) || *v.Field != tt.field {
				t.Errorf("%s, %s: %+v, field %s", op, tt.name, v, *v.Field)
			}
		}
	}
	same(t, "after what was refused", ask[[]Key](b, "keys.list", nil)[0], want)
}

func TestGroups(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	one := ask[NewKey](b, "keys.add", raw(`{"name":"One"}`))
	two := ask[NewKey](b, "keys.add", raw(`{"name":"Two"}`))
	gone := ask[NewKey](b, "keys.add", raw(`{"name":"Gone"}`))
	ask[Key](b, "keys.revoke", raw(`{"id":"`+gone.ID+`"}`))
	g := ask[Group](b, "groups.add", raw(`{"name":"Team","limits":["5usd/day"],"pace":{"running":3},"key_ids":["`+one.ID+`","`+two.ID+`"]}`))
	if g.Name != "Team" || len(g.Limits) != 1 || g.Limits[0].Amount != "5" || *g.Pace.Running != 3 || len(g.KeyIDs) != 2 || g.SpentUSD != "0" {
		t.Fatalf("the group is %+v", g)
	}
	q := ask[Quota](b, "quota.get", raw(`{"key_id":"`+one.ID+`"}`))
	if q.AnswersFor != "group" || orEmpty(q.GroupID) != g.ID || q.Unlimited {
		t.Errorf("the quota of a key in it is %+v", q)
	}
	heard := told(b, func() {
		g = ask[Group](b, "groups.update", raw(`{"id":"`+g.ID+`","name":"Crew","key_ids":["`+two.ID+`"]}`))
	})
	if g.Name != "Crew" || !slices.Equal(g.KeyIDs, []string{two.ID}) || *g.Pace.Running != 3 || !heard["keys"] {
		t.Errorf("after a change it is %+v, and the feed heard %v", g, heard)
	}
	if q := ask[Quota](b, "quota.get", raw(`{"key_id":"`+one.ID+`"}`)); q.AnswersFor != "account" {
		t.Errorf("a key that left is answered for by the %s", q.AnswersFor)
	}
	g = ask[Group](b, "groups.limit", raw(`{"id":"`+g.ID+`","limits":["9calls/total","1usd/day:warn"]}`))
	if len(g.Limits) != 2 || g.Limits[1].Hard {
		t.Errorf("its limits are %+v", g.Limits)
	}
	for _, tt := range []struct{ name, op, args, field string }{
		{"a group has a name", "groups.add", `{"name":" "}`, "name"},
		{"its keys are there", "groups.add", `{"name":"x","key_ids":["key_none"]}`, "id"},
		{"and not revoked", "groups.update", `{"id":"` + g.ID + `","key_ids":["` + gone.ID + `"]}`, "id"},
		{"its limits can be read", "groups.add", `{"name":"x","limits":["5usd"]}`, "limits"},
		{"a group that is changed is there", "groups.update", `{"id":"grp_none","name":"x"}`, "group_id"},
		{"one that is limited", "groups.limit", `{"id":"grp_none","limits":[]}`, "id"},
		{"one that is removed", "groups.remove", `{"id":"grp_none"}`, "id"},
	} {
		if v := refused(t, b, tt.op, tt.args); *v.Field != tt.field {
			t.Errorf("%s: %+v, field %s", tt.name, v, *v.Field)
		}
	}
	ask[byID](b, "groups.remove", raw(`{"id":"`+g.ID+`"}`))
	if all := ask[[]Group](b, "groups.list", nil); len(all) != 0 {
		t.Errorf("after its removal there are %+v", all)
	}
	if q := ask[Quota](b, "quota.get", raw(`{"key_id":"`+two.ID+`"}`)); q.AnswersFor != "account" {
		t.Errorf("a key of a group that is gone is answered for by the %s", q.AnswersFor)
	}
}

func TestAccountAndWindows(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	ask[Quota](b, "account.limit", raw(`{"limits":["10usd/month"]}`))
	a := ask[Account](b, "account.pace", raw(`{"pace":{"tokens":1000}}`))
	if len(a.Limits) != 1 || *a.Pace.Tokens != 1000 || a.SpentUSD != "0" || !a.Simulated {
		t.Errorf("the account is %+v", a)
	}
	id := a.Limits[0].ID
	var l Limit
	heard := told(b, func() {
		l = ask[Limit](b, "limits.topup", raw(`{"id":"`+id+`","amount":"2.5 usd","reason":" a demo "}`))
	})
	if l.Extra != "2.5" || l.Left != "12.5" || l.Amount != "10" || !heard["keys"] {
		t.Errorf("topped up it is %+v, and the feed heard %v", l, heard)
	}
	ask[Limit](b, "limits.reset", raw(`{"id":"`+id+`","reason":"anew"}`))
	changes := ask[[]LimitChange](b, "limits.changes", raw(`{"id":"`+id+`"}`))
	if len(changes) != 2 || changes[0].Kind != "reset" || changes[0].Amount != "0" || changes[1].Kind != "topup" || changes[1].Amount != "2.5" ||
		changes[1].Unit != "usd" || changes[1].Reason != "a demo" || orEmpty(changes[1].WindowStartsAt) != "2026-11-01T00:00:00.000Z" {
		t.Errorf("the changes are %+v", changes)
	}
	for _, tt := range []struct{ name, op, args, field string }{
		{"an amount is a number", "limits.topup", `{"id":"` + id + `","amount":"some","reason":"x"}`, "amount"},
		{"of more than zero", "limits.topup", `{"id":"` + id + `","amount":"0","reason":"x"}`, "amount"},
		{"a reason is given", "limits.reset", `{"id":"` + id + `","reason":" "}`, "reason"},
		{"the limit is there", "limits.topup", `{"id":"lim_none","amount":"1","reason":"x"}`, "id"},
		{"no negative pace", "account.pace", `{"pace":{"tokens":-1}}`, "pace"},
	} {
		if v := refused(t, b, tt.op, tt.args); *v.Field != tt.field {
			t.Errorf("%s: %+v, field %s", tt.name, v, *v.Field)
		}
	}
}

func TestAlarm(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	if a := ask[Alarm](b, "alarm.get", nil); !a.On || a.Times != 5 || a.LeastUSD != "1" || len(a.Burning) != 0 {
		t.Errorf("a new home's alarm is %+v", a)
	}
	ask[Alarm](b, "alarm.set", raw(`{"times":3,"least_usd":"0.5"}`))
	ask[Alarm](b, "alarm.set", raw(`{"on":false}`))
	b.Ledger.SetAlarm(ledger.UsualAlarm())
	if err := b.restoreAlarm(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := ask[Alarm](b, "alarm.get", nil); a.On || a.Times != 3 || a.LeastUSD != "0.5" {
		t.Errorf("after a restart it is %+v", a)
	}
	for field, args := range map[string]string{"times": `{"times":1}`, "least_usd": `{"least_usd":"0"}`} {
		if v := refused(t, b, "alarm.set", args); *v.Field != field {
			t.Errorf("%s: %+v", args, v)
		}
	}
	if v := refused(t, b, "alarm.set", `{"times":1001}`); *v.Field != "times" {
		t.Errorf("%+v", v)
	}
}

// TestABurningKeyIsPaused: where the key says so.
func TestABurningKeyIsPaused(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	if err := b.restoreAlarm(t.Context()); err != nil {
		t.Fatal(err)
	}
	burning := ledger.Burn{Spent: billing.Pico(6e12), Usual: billing.Pico(1e12), At: time.Now()}
	for _, tt := range []struct{ options, state string }{{``, "active"}, {`,"pause_on_burn":true`, "paused"}} {
		key := ask[NewKey](b, "keys.add", raw(`{"name":"Codex"`+tt.options+`}`))
		burning.KeyID = key.ID
		b.hearBurn(burning)
		for _, k := range ask[[]Key](b, "keys.list", nil) {
			if k.ID == key.ID && k.State != tt.state {
				t.Errorf("with %q the key is %s, want %s", tt.options, k.State, tt.state)
			}
		}
	}
	burning.KeyID = ""
	b.hearBurn(burning) // the account cannot be paused by it
}
