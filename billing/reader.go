package billing

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
)

// mostTokens is more than any one call can count; beyond it a report is absurd.
const mostTokens = 100_000_000

// A reader takes counters out of an upstream's usage object and notes what is wrong with them.
type reader struct {
	doc   map[string]any
	flags []string
	seen  bool // a counter that stands alone was there
}

// flag notes what is wrong. After an absurd counter nothing else matters.
func (r *reader) flag(name string) {
	if verdict(r.flags) != Rejected && !slices.Contains(r.flags, name) {
		r.flags = append(r.flags, name)
	}
}

// at reads a counter by its dot path; "list[key=value].field" sums over a list.
// Of several spellings ("a|b") the largest holds: some upstreams fill one and
// leave the other at zero.
func (r *reader) at(spellings string) (n int64, ok bool) {
	for path := range strings.SplitSeq(spellings, "|") {
		for _, v := range dig(r.doc, splitPath(path)) {
			one, there := r.count(v)
			n, ok = max(n, one), ok || there
		}
	}
	return n, ok
}

// dig walks a path and returns what lies at its end: one value, or the sum of a list's.
func dig(v any, path []string) []any {
	for i, key := range path {
		name, filter, listed := strings.Cut(key, "[")
		object, _ := v.(map[string]any)
		v = object[name]
		if listed {
			return digList(v, strings.TrimSuffix(filter, "]"), path[i+1:])
		}
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

// digList adds up a field over the elements of a list that carry key=value. An
// element that is no plain number is handed on alone, to be found absurd.
func digList(v any, filter string, rest []string) []any {
	key, want, _ := strings.Cut(filter, "=")
	list, _ := v.([]any)
	var sum int64
	found := false
	for _, e := range list {
		object, _ := e.(map[string]any)
		if have, _ := object[key].(string); have != want {
			continue
		}
		for _, one := range dig(object, rest) {
			n, fault := wholeNumber(one)
			if fault != "" {
				return []any{one}
			}
			sum, found = sum+n, true
		}
	}
	if !found {
		return nil
	}
	return []any{json.Number(strconv.FormatInt(sum, 10))}
}

func (r *reader) count(v any) (n int64, ok bool) {
	n, fault := wholeNumber(v)
	if fault != "" {
		r.flag(fault)
		return 0, false
	}
	return n, true
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

func splitPath(path string) []string { return strings.Split(path, ".") }
