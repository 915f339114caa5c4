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
	l := console.KeyLimit{Name: "Codex", Permille: permille, Limit: console.Limit{ID: "lim_1", Unit: "usd", Amount: "5", Window: "day", Spent: "4.503457750012"}}
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

func TestWhatIsUsedOfALimit(t *testing.T) {
	for _, tt := range []struct {
		spent, held, amount string
		want                int
	}{
		{"0", "0", "5", 0},
		{"3.998", "0", "5", 799},
		{"4", "0", "5", 800},
		{"4.9995", "0", "5", 999},
		{"5", "0", "5", 1000},
		{"5.9619", "0", "5", 1192},
		{"1", "4", "5", 200}, // what is held mostly comes back
		{"much", "0", "5", 0},
		{"1", "0", "0", 0},
	} {
		if got := used(console.Limit{Spent: tt.spent, Held: tt.held, Amount: tt.amount}); got != tt.want {
			t.Errorf("used of %s, %s held, of %s = %d, want %d", tt.spent, tt.held, tt.amount, got, tt.want)
		}
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
