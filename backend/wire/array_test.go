package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

func TestArraySplitter(t *testing.T) {
	for _, tt := range []struct {
		name, stream string
		frames       []string
		rest         string
	}{
		{"each object is a frame, the bracket the last", "[{\"a\":1}\n,\r\n{\"b\":[{}]}\n]\n", []string{`[{"a":1}`, "\n,\r\n{\"b\":[{}]}", "\n]"}, ""},
		{"an empty array has only its end", "[]", []string{"[]"}, ""},
		{"texts hide brackets", `[{"a":"}]\"\\"},{"b":"[{"}]`, []string{`[{"a":"}]\"\\"}`, `,{"b":"[{"}`, "]"}, ""},
		{"what was cut is left", `[{"a":1},{"b"`, []string{`[{"a":1}`}, `,{"b"`},
		{"one that is cut before its end has no end", `[{"a":1}`, []string{`[{"a":1}`}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for step := 1; step <= len(tt.stream); step++ {
				var s ArraySplitter
				raw := ""
				var frames []string
				for at := 0; at < len(tt.stream); at += step {
					err := s.Feed([]byte(tt.stream[at:min(at+step, len(tt.stream))]), func(f Frame) {
						raw += string(f.Raw)
						if f.HasData {
							frames = append(frames, string(f.Raw))
						}
						if f.HasData && string(f.Data) != "]" && !json.Valid(f.Data) {
							t.Errorf("in pieces of %d: the data is %q", step, f.Data)
						}
					})
					if err != nil {
						t.Fatal(err)
					}
				}
				if raw+string(s.Rest()) != tt.stream {
					t.Errorf("in pieces of %d: the bytes are %q", step, raw)
				}
				if !slices.Equal(frames, tt.frames) || string(s.Rest()) != tt.rest || s.Begun() != (len(tt.frames) > 0 && tt.stream != "[]") {
					t.Errorf("in pieces of %d: got %q and %q, want %q and %q", step, frames, s.Rest(), tt.frames, tt.rest)
				}
			}
		})
	}
}

func TestArraySplitterRefusesEndlessObjects(t *testing.T) {
	s := ArraySplitter{Max: 100}
	err := s.Feed(append([]byte(`[{"a":"`), bytes.Repeat([]byte("x"), 200)...), func(Frame) { t.Error("a frame came") })
	if err != ErrFrameTooLong {
		t.Errorf("got %v, want %v", err, ErrFrameTooLong)
	}
}

func TestBeginsArray(t *testing.T) {
	for doc, want := range map[string]bool{"[": true, " \n[1]": true, "{": false, "": false, "data: [": false} {
		if got := BeginsArray([]byte(doc)); got != want {
			t.Errorf("BeginsArray(%q) = %v, want %v", doc, got, want)
		}
	}
}

func FuzzArraySplitter(f *testing.F) {
	f.Add([]byte("[{\"a\":\"]\"}\n,{\"b\":[1,{}]}]\n"), 3)
	f.Fuzz(func(t *testing.T, stream []byte, step int) {
		step = max(1, step%64)
		var s ArraySplitter
		var raw []byte
		var found []string
		for at := 0; at < len(stream); at += step {
			_ = s.Feed(stream[at:min(at+step, len(stream))], func(f Frame) {
				raw = append(raw, f.Raw...)
				if f.HasData && string(f.Data) != "]" {
					found = append(found, string(f.Data))
				}
			})
		}
		if string(raw)+string(s.Rest()) != string(stream) {
			t.Fatalf("the bytes of the frames are not those of %q", stream)
		}
		var objects []map[string]any
		if json.Unmarshal(stream, &objects) == nil && bytes.Count(stream, []byte("null")) == 0 && len(objects) != len(found) {
			t.Fatalf("%d frames, want %d: %s", len(found), len(objects), fmt.Sprint(found))
		}
	})
}
