package billing

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// mostTokens is more than any one call can count; beyond it a report is absurd.
const mostTokens = 100_000_000

// A reader takes counters out of an upstream's usage object and notes what is wrong with them.
type reader struct {
	doc    map[string]any
	flags  []string
	seen   bool // a counter that stands alone was there
	beside bool // this upstream counts thinking beside the answer
	apart  bool // … and charges it at a price of its own
	laps   bool // what was written to a cache may be what was read from it
}

// flag notes what is wrong. After an absurd counter nothing else matters.
func (r *reader) flag(name string) {
	if verdict(r.flags) != Rejected && !slices.Contains(r.flags, name) {
		r.flags = append(r.flags, name)
	}
}

// A counter is where a usage object holds one count: several spellings of it, each a path.
type counter [][]step

// A step leads one object deeper; with a key it sums over the elements of a list that
// carry key=want.
type step struct{ name, key, want string }

// counterOf reads a counter such as "details.cached|cached" or "list[key=want].field".
func counterOf(text string) (c counter) {
	for spelling := range strings.SplitSeq(text, "|") {
		var path []step
		for part := range strings.SplitSeq(spelling, ".") {
			name, filter, _ := strings.Cut(part, "[")
			key, want, _ := strings.Cut(strings.TrimSuffix(filter, "]"), "=")
			path = append(path, step{name, key, want})
		}
		c = append(c, path)
	}
	return c
}

func needs(texts ...string) (all []counter) {
	for _, text := range texts {
		all = append(all, counterOf(text))
	}
	return all
}

// at reads a counter. Of several spellings the largest holds: some upstreams fill one
// and leave the other at zero.
func (r *reader) at(c counter) (n int64, ok bool) {
	for _, path := range c {
		if v := dig(r.doc, path); v != nil {
			one, there := r.count(v)
			n, ok = max(n, one), ok || there
		}
	}
	return n, ok
}

// length reads a duration in seconds, which may have a fraction: the meter counts whole ones.
func (r *reader) length(c counter) (n int64, ok bool) {
	for _, path := range c {
		number, _ := dig(r.doc, path).(json.Number)
		seconds, err := parseDecimal(string(number))
		if err != nil || seconds.IsInteger() || seconds.IsNegative() {
			continue
		}
		if up := seconds.Ceil(); up.LessThanOrEqual(decimal.NewFromInt(mostTokens)) {
			r.flag(flagSecondsUp)
			return up.IntPart(), true
		}
	}
	return r.at(c)
}

// dig walks a path and returns what lies at its end, nil where nothing does.
func dig(v any, path []step) any {
	for i, s := range path {
		object, _ := v.(map[string]any)
		v = object[s.name]
		if s.key != "" {
			return digList(v, s, path[i+1:])
		}
	}
	return v
}

// digList adds up a field over the elements of a list that carry key=want. An
// element that is no plain number is handed on alone, to be found absurd.
func digList(v any, s step, rest []step) any {
	list, _ := v.([]any)
	var sum int64
	found := false
	for _, e := range list {
		object, _ := e.(map[string]any)
		if have, _ := object[s.key].(string); have != s.want {
			continue
		}
		one := dig(object, rest)
		if one == nil {
			continue
		}
		n, fault := wholeNumber(one)
		if fault != "" {
			return one
		}
		sum, found = sum+n, true
	}
	if !found {
		return nil
	}
	return json.Number(strconv.FormatInt(sum, 10))
}

func (r *reader) count(v any) (n int64, ok bool) {
	n, fault := wholeNumber(v)
	if fault != "" {
		r.flag(fault)
	}
	return n, fault == ""
}

// wholeNumber reads a count. 1000.0 is one; 10.5, -1, "10" and 1e9 are not.
func wholeNumber(v any) (n int64, fault string) {
	number, ok := v.(json.Number)
	if !ok {
		return 0, flagNoNumber
	}
	n, err := strconv.ParseInt(string(number), 10, 64)
	if err != nil {
		f, err := strconv.ParseFloat(string(number), 64)
		if err != nil || math.Abs(f) > mostTokens {
			return 0, flagOutOfRange
		}
		if f != math.Trunc(f) {
			return 0, flagNotWhole
		}
		n = int64(f)
	}
	switch {
	case n < 0:
		return 0, flagNegative
	case n > mostTokens:
		return 0, flagOutOfRange
	}
	return n, ""
}
