package wire

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestSplice(t *testing.T) {
	const doc = `{ "temperature":1.0e0, "model" : "gpt-5" , "o":{ }, "big":12345678901234567890 } `
	f, err := Scan([]byte(doc), []string{"model", "o", "big"})
	if err != nil {
		t.Fatal(err)
	}
	whole := Whole([]byte(doc))
	for _, tt := range []struct {
		name  string
		edits []Edit
		want  string
	}{
		{"nothing changes without edits", nil, doc},
		{"a value is replaced", []Edit{f[0].Replace([]byte(`"x"`))},
			`{ "temperature":1.0e0, "model" : "x" , "o":{ }, "big":12345678901234567890 } `},
		{"edits come in any order", []Edit{f[2].Replace([]byte("2")), f[0].Replace([]byte("1"))},
			`{ "temperature":1.0e0, "model" : 1 , "o":{ }, "big":2 } `},
		{"a member is added to an empty object", []Edit{f[1].Insert("a", []byte("1"))},
			`{ "temperature":1.0e0, "model" : "gpt-5" , "o":{"a":1 }, "big":12345678901234567890 } `},
		{"a member is added at the end", []Edit{whole.Insert("a", []byte("1")), f[0].Replace([]byte("1"))},
			`{ "temperature":1.0e0, "model" : 1 , "o":{ }, "big":12345678901234567890,"a":1 } `},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Splice([]byte(doc), tt.edits...); string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func FuzzSplice(f *testing.F) {
	f.Add([]byte(`{ "temperature":1.0e0, "model" : "gpt-5" , "x":{"model":"no"} }`), "z")
	f.Add([]byte(`{"model":null}`), `"`)
	f.Add([]byte("{}\n"), "")
	f.Fuzz(func(t *testing.T, doc []byte, value string) {
		with, err := json.Marshal(value)
		if err != nil {
			return
		}
		was, err := Scan(doc, []string{"model", "a"})
		if err != nil {
			return
		}
		edit := Whole(doc).Insert("model", with)
		if was[0].Found {
			edit = was[0].Replace(with)
		}
		out := Splice(doc, edit)
		now, err := Scan(out, []string{"model", "a"})
		if err != nil || !bytes.Equal(now[0].Raw, with) || !bytes.Equal(now[1].Raw, was[1].Raw) {
			t.Fatalf("%q became %q: %v", doc, out, err)
		}
		back := Splice(out, Edit{edit.Start, edit.Start + len(edit.With), doc[edit.Start:edit.End]})
		if !bytes.Equal(back, doc) {
			t.Fatalf("%q became %q and back %q", doc, out, back)
		}
	})
}
