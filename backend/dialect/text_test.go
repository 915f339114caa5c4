package dialect

import (
	"encoding/json"
	"strings"
	"testing"

	"weir/backend/gateway"
	"weir/backend/wire"
)

func TestKeys(t *testing.T) {
	for _, tt := range []struct{ name, doc, want string }{
		{"every depth is looked at", `{"a":{"b":[{"c":1}]}}`, "a{ b[ c1 "},
		{"spaces do not hide a key", "{\"a\" \n:\t1}", "a1 "},
		{"a text is no key", `{"a":"\"b\":{}","c":":"}`, `a" c" :" `},
		{"a cut text may end anywhere", `{"a":1,"b":`, "a1 b "},
		{"a colon without a key is nothing", `:":"`, ""},
		{"a very long name is passed over", `{"` + strings.Repeat("x", 100) + `":1,"a":2}`, "a2 "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			for name, value := range Keys([]byte(tt.doc)) {
				got += string(name) + string(value[:min(1, len(value))]) + " "
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestKeysEndsEarly(t *testing.T) {
	n := 0
	for range Keys([]byte(`{"a":1,"b":2}`)) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d keys after the first was enough", n)
	}
}

func TestFaulty(t *testing.T) {
	for value, want := range map[string]bool{"": false, "null": false, `""`: false, "{}": false, "false": false, `{"code":1}`: true, `"no"`: true, "true": true} {
		if got := Faulty(wire.Field{Raw: []byte(value)}); got != want {
			t.Errorf("Faulty(%s) = %v, want %v", value, got, want)
		}
	}
}

func TestEveryKindHasAStatus(t *testing.T) {
	for _, k := range []gateway.Kind{gateway.Internal, gateway.Invalid, gateway.TooLarge, gateway.Unauthorized, gateway.Forbidden,
		gateway.NotFound, gateway.QuotaExceeded, gateway.Unpriced, gateway.RateLimited, gateway.Overloaded, gateway.NoChannel,
		gateway.BadUpstream, gateway.Unreachable, gateway.Timeout, gateway.StreamIncomplete, gateway.Canceled, gateway.Locked,
		gateway.Storage, gateway.Conflict} {
		if _, ok := rows[k]; !ok {
			t.Errorf("%s has no row", k)
		}
	}
	if got := Status("something new"); got != 500 {
		t.Errorf("an unknown kind answers %d, want 500", got)
	}
}

func FuzzKeys(f *testing.F) {
	f.Add([]byte(`{"a":{"b" :[{"c":"\"d\":1"}]}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		found := map[string]bool{}
		for name, value := range Keys(doc) {
			if len(name) > maxKey || len(value) > len(doc) {
				t.Fatalf("%q: %q %q", doc, name, value)
			}
			found[string(name)] = true
		}
		var top map[string]json.RawMessage
		if json.Unmarshal(doc, &top) != nil {
			return
		}
		for name := range top {
			plain := len(name) < maxKey && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' })
			if plain && strings.Contains(string(doc), `"`+name+`"`) && !found[name] && !strings.Contains(string(doc), `\u`) {
				t.Fatalf("%q: the key %q was not found", doc, name)
			}
		}
	})
}
