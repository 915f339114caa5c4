package wire

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestSet(t *testing.T) {
	for _, tt := range []struct{ name, doc, path, value, want string }{
		{"a value takes another's place, and nothing else changes", `{ "a" : 1e2 , "b":[ 1] }`, "a", `2`, `{ "a" : 2 , "b":[ 1] }`},
		{"a new one comes last", `{"a":1 }`, "b", `"x"`, `{"a":1,"b":"x" }`},
		{"into an empty object", ` {} `, "b", `1`, ` {"b":1} `},
		{"deep down", `{"a":{"b":{"c":1},"d":2}}`, "a.b.c", `null`, `{"a":{"b":{"c":null},"d":2}}`},
		{"missing objects are made", `{"a":{}}`, "a.b.c", `1`, `{"a":{"b":{"c":1}}}`},
		{"so are those that are null", `{"a":null}`, "a.b", `1`, `{"a":{"b":1}}`},
		{"what is no object stays", `{"a":"x"}`, "a.b", `1`, `{"a":"x"}`},
		{"so does a list", `{"a":[{"b":1}]}`, "a.b", `2`, `{"a":[{"b":1}]}`},
		{"an escaped key is met", `{"\u0061":1}`, "a", `2`, `{"\u0061":2}`},
		{"another case is another key", `{"A":1}`, "a", `2`, `{"A":1,"a":2}`},
		{"of two the last counts", `{"a":1,"a":2}`, "a", `3`, `{"a":1,"a":3}`},
		{"the first goes with its comma", `{ "a":1, "b":2}`, "a", "", `{ "b":2}`},
		{"the last goes with the comma before", `{"a":1, "b":2 }`, "b", "", `{"a":1 }`},
		{"one between two", `{"a":1,"b":2,"c":3}`, "b", "", `{"a":1,"c":3}`},
		{"the only one", `{ "a":1 }`, "a", "", `{  }`},
		{"both of two", `{"a":1,"b":2,"a":3}`, "a", "", `{"b":2}`},
		{"all of three", `{"a":1, "a":2 ,"a":3}`, "a", "", `{}`},
		{"those in front and behind", `{ "a":1 , "a":2, "b":3 , "a":4,"c":5,"a":6 }`, "a", "", `{ "b":3,"c":5 }`},
		{"deep down goes too", `{"a":{"b":1}}`, "a.b", "", `{"a":{}}`},
		{"what is not there needs not go", `{"a":1}`, "b.c", "", `{"a":1}`},
		{"a list is left alone", `[1]`, "a", `1`, `[1]`},
		{"nothing is left alone", ``, "a", `1`, ``},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var value []byte
			if tt.value != "" {
				value = []byte(tt.value)
			}
			if got := string(Set([]byte(tt.doc), tt.path, value)); got != tt.want {
				t.Errorf("Set(%s, %s, %s) = %s, want %s", tt.doc, tt.path, tt.value, got, tt.want)
			}
		})
	}
}

// TestSetManyTimes: a key that stands there very often costs no more than one that does once.
func TestSetManyTimes(t *testing.T) {
	doc := []byte(`{"m":0` + strings.Repeat(`,"a":1`, 200_000) + `}`)
	if got := string(Set(doc, "a", nil)); got != `{"m":0}` {
		t.Errorf("Set leaves %d bytes", len(got))
	}
}

// FuzzSet sees that JSON stays JSON, and that a value that was set is found.
func FuzzSet(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[1,{"c":"\ud83d"}]},"a":null}`), "a.b", true)
	f.Add([]byte(`{"a" : 1 , "b":2}`), "a", false)
	f.Fuzz(func(t *testing.T, doc []byte, path string, set bool) {
		for _, c := range path {
			if c != '.' && (c < 'a' || c > 'z') {
				t.Skip()
			}
		}
		if _, err := Scan(doc, nil); err != nil {
			t.Skip()
		}
		var value []byte
		if set {
			value = []byte(`[7]`)
		}
		got := Set(doc, path, value)
		if _, err := Scan(got, nil); err != nil {
			t.Fatalf("Set(%q, %q) = %q, which is no JSON: %v", doc, path, got, err)
		}
		if again := Set(got, path, value); string(again) != string(got) {
			t.Fatalf("a second time %q became %q", got, again)
		}
		if json.Valid(doc) && !json.Valid(got) {
			t.Fatalf("%q became %q", doc, got)
		}
	})
}
