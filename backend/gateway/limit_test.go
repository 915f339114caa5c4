package gateway

import (
	"math"
	"net/netip"
	"testing"
)

func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		name, pattern, model string
		want                 bool
	}{
		{"a name is itself", "gpt-5", "gpt-5", true},
		{"and not its beginning", "gpt-5", "gpt-5-mini", false},
		{"case counts", "gpt-5", "GPT-5", false},
		{"a star is any text", "*", "anything/at:all", true},
		{"also none", "gpt-5*", "gpt-5", true},
		{"at the end", "claude-*", "claude-sonnet-4-5", true},
		{"in front", "*-mini", "gpt-5-mini", true},
		{"not beyond the end", "*-mini", "gpt-5-mini-2026", false},
		{"in the middle", "claude-*-4-5", "claude-haiku-4-5", true},
		{"two of them", "*sonnet*", "anthropic/claude-sonnet-4", true},
		{"in their order", "*a*b", "b-a", false},
		{"each text once", "a*a", "a", false},
		{"the last text is the last", "a*b*b", "abb", true},
		{"no other sign means anything", "gpt-?[45].*", "gpt-5.1", false},
		{"an empty pattern is no name's", "", "gpt-5", false},
	} {
		if got := Matches(tt.pattern, tt.model); got != tt.want {
			t.Errorf("%s: Matches(%q, %q) = %v", tt.name, tt.pattern, tt.model, got)
		}
	}
}

func TestAllows(t *testing.T) {
	for _, tt := range []struct {
		name            string
		allowed, denied []string
		model           string
		want            bool
	}{
		{"without a list every model", nil, nil, "gpt-5", true},
		{"with one those on it", []string{"claude-*", "gpt-5"}, nil, "gpt-5", true},
		{"and no other", []string{"claude-*"}, nil, "gpt-5", false},
		{"a refused one is refused", nil, []string{"*opus*"}, "claude-opus-4", false},
		{"also where it is allowed", []string{"claude-opus-4"}, []string{"*opus*"}, "claude-opus-4", false},
		{"others are not", nil, []string{"*opus*"}, "claude-sonnet-4", true},
		{"a refused one is refused however it is written", nil, []string{"*Opus*"}, "Claude-OPUS-4", false},
		{"an allowed one is not", []string{"gpt-5"}, nil, "GPT-5", false},
	} {
		if got := (Grant{Models: tt.allowed, Denied: tt.denied}).Allows(tt.model); got != tt.want {
			t.Errorf("%s: Allows(%q) = %v", tt.name, tt.model, got)
		}
	}
}

func TestFrom(t *testing.T) {
	lan := []netip.Prefix{netip.MustParsePrefix("192.168.1.0/24"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("127.0.0.1/32")}
	for _, tt := range []struct {
		name, addr string
		networks   []netip.Prefix
		want       bool
	}{
		{"from anywhere without networks", "8.8.8.8", nil, true},
		{"from a network", "192.168.1.7", lan, true},
		{"not from another", "192.168.2.7", lan, false},
		{"an address of version 4 in the other's clothes", "::ffff:192.168.1.7", lan, true},
		{"with a zone", "fd00::1%eth0", lan, true},
		{"one machine", "127.0.0.1", lan, true},
		{"loopback is no exception", "::1", lan, false},
	} {
		if got := (Grant{Networks: tt.networks}).From(netip.MustParseAddr(tt.addr)); got != tt.want {
			t.Errorf("%s: From(%s) = %v", tt.name, tt.addr, got)
		}
	}
	if (Grant{Networks: lan}).From(netip.Addr{}) {
		t.Error("an address that is not known is in a network")
	}
}

func TestMark(t *testing.T) {
	for _, tt := range []struct {
		name                       string
		amount, extra, spent, held int64
		want                       int
	}{
		{"nothing is spent", 100, 0, 0, 0, 0},
		{"less than four fifths", 100, 0, 79, 0, 0},
		{"four fifths", 100, 0, 80, 0, 80},
		{"nine tenths", 100, 0, 90, 0, 90},
		{"all", 100, 0, 100, 0, 100},
		{"more than all", 100, 0, 300, 0, 100},
		{"what is held does not count", 100, 0, 10, 90, 0},
		{"a window that was topped up reaches farther", 100, 100, 100, 0, 0},
		{"of few the mark is rounded up", 3, 0, 2, 0, 0},
		{"so that all of them is all", 3, 0, 3, 0, 100},
		{"the largest amounts do not overflow", math.MaxInt64 / 2, 0, math.MaxInt64 / 2, 0, 100},
	} {
		u := LimitUse{Limit: Limit{Amount: tt.amount}, Extra: tt.extra, Spent: tt.spent, Held: tt.held}
		if got := u.Mark(); got != tt.want {
			t.Errorf("%s: Mark = %d, want %d", tt.name, got, tt.want)
		}
	}
}
