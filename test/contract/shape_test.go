package contract

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

var (
	moneyShape = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$`)
	picoShape  = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	timeShape  = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
)

// callFields are the fields of a call, each there also when its value is not known.
var callFields = strings.Fields(`id started_at ended_at key_id key_name channel_id provider dialect operation
	model upstream_model stream http_status state basis end simulated price_status meters lines cost_usd cost_pico_usd
	charge_usd min_usd max_usd without_cache_usd saved_usd reported_usd price_card flags attempts usage error`)

var limitFields = strings.Fields(`id unit amount window spent held left starts_at resets_at hard`)

var lineFields = strings.Fields(`what quantity unit rate_usd per cost_usd`)

var providerFields = strings.Fields(`id name type dialect base_url models enabled state message`)

// checkShape looks at every money string and every time in a value. Raw usage is the
// upstream's own and is left alone.
func checkShape(t *testing.T, where string, v any) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			checkShape(t, fmt.Sprintf("%s[%d]", where, i), e)
		}
	case object:
		for name, e := range v {
			if name == "usage" {
				continue
			}
			if want := shapeOf(name); want != nil && e != nil {
				if s, ok := e.(string); !ok || !want.MatchString(s) || s == "-0" {
					t.Errorf("%s: %s = %#v, want a string like %s", where, name, e, want)
				}
			}
			checkShape(t, where+"."+name, e)
		}
	}
}

// shapeOf returns what the name of a field promises of its value.
func shapeOf(name string) *regexp.Regexp {
	switch {
	case strings.HasSuffix(name, "_pico_usd"):
		return picoShape
	case strings.HasSuffix(name, "_usd"):
		return moneyShape
	case strings.HasSuffix(name, "_at"):
		return timeShape
	}
	switch name {
	case "amount", "spent", "held", "left":
		return moneyShape
	case "quantity", "per":
		return picoShape
	}
	return nil
}

// has fails the test for each field that is missing, null ones being there.
func has(t *testing.T, o object, fields ...string) {
	t.Helper()
	for _, f := range fields {
		if _, ok := o[f]; !ok {
			t.Errorf("no field %q in %v", f, o)
		}
	}
}

// text returns a field that must be a string.
func text(t *testing.T, o object, field string) string {
	t.Helper()
	s, ok := o[field].(string)
	if !ok {
		t.Fatalf("%s = %#v, want a string, in %v", field, o[field], o)
	}
	return s
}

// child returns a field that must be an object.
func child(t *testing.T, o object, field string) object {
	t.Helper()
	c, ok := o[field].(object)
	if !ok {
		t.Fatalf("%s = %#v, want an object, in %v", field, o[field], o)
	}
	return c
}

// children returns a field that must be an array of objects.
func children(t *testing.T, o object, field string) []object {
	t.Helper()
	has(t, o, field)
	return objects(t, o[field])
}

// objects returns the elements of an array, which must be objects; null is no array.
func objects(t *testing.T, v any) []object {
	t.Helper()
	array, ok := v.([]any)
	if !ok {
		t.Fatalf("%#v, want an array", v)
	}
	list := make([]object, len(array))
	for i, e := range array {
		if list[i], ok = e.(object); !ok {
			t.Fatalf("element %d is %#v, want an object", i, e)
		}
	}
	return list
}

// is compares fields with what they must say; numbers are compared by their text.
func is(t *testing.T, o object, want object) {
	t.Helper()
	for field, w := range want {
		has(t, o, field)
		if got := o[field]; fmt.Sprint(got) != fmt.Sprint(w) || (got == nil) != (w == nil) {
			t.Errorf("%s = %#v, want %#v", field, got, w)
		}
	}
}

// prefixed fails the test unless the object's id begins with the prefix.
func prefixed(t *testing.T, o object, prefix string) string {
	t.Helper()
	id := text(t, o, "id")
	if !strings.HasPrefix(id, prefix) || len(id) <= len(prefix) {
		t.Errorf("id = %q, want %s…", id, prefix)
	}
	return id
}
