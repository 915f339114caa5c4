package notify

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"weir/backend/console"
	"weir/backend/gateway"
)

const (
	today    = "2026-11-20T23:00:00.000Z"
	tomorrow = "2026-11-21T23:00:00.000Z"
)

// at is a limit of five dollars a day of which so many thousandths are spent.
func at(permille int, resets string) console.KeyLimit {
	l := console.KeyLimit{Name: "Codex", Limit: console.Limit{ID: "lim_1", Unit: "usd", Amount: "5", Extra: "0", Window: "day", Spent: "4.503457750012", Hard: true}}
	for _, mark := range []int{80, 90, 100} {
		if permille >= 10*mark {
			l.Limit.Mark = mark
		}
	}
	if resets != "" {
		l.Limit.ResetsAt = &resets
	}
	return l
}

// tell returns what is told of limits one after the other, as notices remember it.
func tell(told map[string]mark, looks []console.KeyLimit) (titles []string) {
	for _, l := range looks {
		for _, what := range dueLimits(told, []console.KeyLimit{l}) {
			told[what.id] = what.mark
			titles = append(titles, strings.TrimPrefix(what.title, "Codex has "))
		}
	}
	return titles
}

func TestLimitsAreToldOnce(t *testing.T) {
	const eighty, ninety, all = "used 80% of its limit", "used 90% of its limit", "reached its limit"
	for _, tt := range []struct {
		name  string
		looks []console.KeyLimit
		want  []string
	}{
		{"below the first threshold", []console.KeyLimit{at(0, today), at(799, today)}, nil},
		{"each threshold once", []console.KeyLimit{at(799, today), at(800, today), at(850, today), at(899, today), at(900, today), at(999, today), at(1000, today), at(1192, today)}, []string{eighty, ninety, all}},
		{"thresholds that are jumped over tell the highest alone", []console.KeyLimit{at(100, today), at(950, today), at(960, today)}, []string{ninety}},
		{"and never the lower ones after it", []console.KeyLimit{at(1000, today), at(1000, today)}, []string{all}},
		{"a new window tells again", []console.KeyLimit{at(1000, today), at(10, tomorrow), at(800, tomorrow), at(801, tomorrow)}, []string{all, eighty}},
		{"a new window that begins full tells at once", []console.KeyLimit{at(900, today), at(900, tomorrow)}, []string{ninety, ninety}},
		{"a total has one window", []console.KeyLimit{at(900, ""), at(910, ""), at(1000, "")}, []string{ninety, all}},
		{"a limit that was raised tells again when it is used up again", []console.KeyLimit{at(1000, ""), at(500, ""), at(800, ""), at(1000, "")}, []string{all, eighty, all}},
		{"raised a little, it does not tell what is still so", []console.KeyLimit{at(1000, today), at(850, today), at(860, today), at(900, today)}, []string{all, ninety}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tell(map[string]mark{}, tt.looks); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", tt.want) {
				t.Errorf("told %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEachLimitIsToldForItself(t *testing.T) {
	one, other := at(800, today), at(900, today)
	other.Limit.ID, other.Name = "lim_2", "Claude Code"
	due := dueLimits(map[string]mark{"lim_1": {today, 800}}, []console.KeyLimit{one, other})
	if len(due) != 1 || due[0].id != "lim_2" || due[0].title != "Claude Code has used 90% of its limit" {
		t.Errorf("due = %+v, want the second limit alone", due)
	}
}

func TestWhatANoticeSays(t *testing.T) {
	usd, tokens, calls := at(800, today), at(1000, today), at(900, today)
	tokens.Limit.Unit, tokens.Limit.Spent, tokens.Limit.Amount, tokens.Limit.Window = "tokens", "100000", "100000", "month"
	calls.Limit.Unit, calls.Limit.Spent, calls.Limit.Amount, calls.Limit.Window = "calls", "45", "50", "total"
	for want, l := range map[string]console.KeyLimit{
		"$4.50 of $5 today.":             usd,
		"45 calls of 50 calls in total.": calls,
		"100,000 tokens of 100,000 tokens this month. New calls are refused until it resets or you raise it.": tokens,
	} {
		if due := dueLimits(map[string]mark{}, []console.KeyLimit{l}); due[0].text != want {
			t.Errorf("text = %q, want %q", due[0].text, want)
		}
	}
}

func TestALimitThatOnlyWarnsRefusesNothing(t *testing.T) {
	l := at(1000, today)
	l.Limit.Hard, l.Limit.Extra = false, "2"
	due := dueLimits(map[string]mark{}, []console.KeyLimit{l})
	if due[0].title != "Codex has used up a limit that only warns" || due[0].text != "$4.50 of $7 today." {
		t.Errorf("told %+v", due[0])
	}
}

func TestFastSpendingIsToldOnce(t *testing.T) {
	key := "key_1"
	of := func(spent, times string, paused bool) console.Burn {
		return console.Burn{KeyID: &key, Name: "Codex", SpentUSD: spent, Minutes: 10, UsualUSD: "1.2", Times: times, Paused: paused}
	}
	account := console.Burn{Name: "Account", SpentUSD: "9", Minutes: 10, Times: "0.0"}
	told := map[string]mark{"ch_1": {Permille: 1000}}
	var texts []string
	for _, burns := range [][]console.Burn{
		nil,
		{of("6", "5.0", false)},
		{of("7", "5.8", false)},
		{of("7.5", "6.2", true), account},
		{account},
		{of("8", "6.6", true)},
	} {
		for _, what := range dueBurns(told, burns) {
			told[what.id] = what.mark
			texts = append(texts, what.title+": "+what.text)
		}
	}
	want := []string{
		"Codex spends much faster than usual: $6 in 10 minutes, 5 times the usual.",
		"Account spends much faster than usual: $9 in 10 minutes, more than it ever did.",
		"Codex spends much faster than usual: $8 in 10 minutes, 6.6 times the usual. It was paused.",
	}
	if fmt.Sprintf("%q", texts) != fmt.Sprintf("%q", want) {
		t.Errorf("told %q, want %q", texts, want)
	}
	if _, known := told["ch_1"]; !known || len(told) != 2 {
		t.Errorf("what is remembered is %v, want the provider and the key", told)
	}
}

func TestProvidersAreToldOnce(t *testing.T) {
	channel := func(state gateway.ChannelState, enabled bool) gateway.Channel {
		return gateway.Channel{ID: "ch_1", Name: "Work", State: state, Enabled: enabled}
	}
	for _, tt := range []struct {
		name  string
		looks []gateway.Channel
		want  int
	}{
		{"a key that works", []gateway.Channel{channel(gateway.ChannelOK, true)}, 0},
		{"a provider that is away is no matter of its key", []gateway.Channel{channel(gateway.ChannelUnreachable, true)}, 0},
		{"a refused key, once", []gateway.Channel{channel(gateway.ChannelBadKey, true), channel(gateway.ChannelBadKey, true)}, 1},
		{"not while the provider is off", []gateway.Channel{channel(gateway.ChannelBadKey, false)}, 0},
		{"again after it was taken", []gateway.Channel{channel(gateway.ChannelBadKey, true), channel(gateway.ChannelOK, true), channel(gateway.ChannelBadKey, true)}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			told, n := map[string]mark{}, 0
			for _, ch := range tt.looks {
				for _, what := range dueProviders(told, []gateway.Channel{ch}) {
					told[what.id] = what.mark
					n++
					if what.title != "Work refuses its key" {
						t.Errorf("title = %q", what.title)
					}
				}
			}
			if n != tt.want {
				t.Errorf("told %d times, want %d", n, tt.want)
			}
		})
	}
}

func TestNamesAreNoMarkup(t *testing.T) {
	if got, want := plain("--help\n\x1b[31mred"), "help [31mred"; got != want {
		t.Errorf("plain = %q, want %q", got, want)
	}
	if runtime.GOOS == "linux" {
		if got, want := markup("a <b>bold</b> & wide name"), "a &lt;b&gt;bold&lt;/b&gt; &amp; wide name"; got != want {
			t.Errorf("markup = %q, want %q", got, want)
		}
	}
	if got, want := unsafe.Replace("$(calc) `x` ]]>"), "＄(calc) 'x' "; got != want {
		t.Errorf("unsafe = %q, want %q", got, want)
	}
}
