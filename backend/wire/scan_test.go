package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

var names = []string{"model", "stream", "stream_options", "stream_options.include_usage"}

func TestScan(t *testing.T) {
	for _, tt := range []struct {
		name string
		doc  string
		want [4]string
	}{
		{"values are the bytes as written", `{"model" : "gpt\u002d5", "stream":true}`, [4]string{`"gpt\u002d5"`, "true"}},
		{"a key deeper down is another key", `{"a":{"model":1},"b":[{"model":2}],"model":3}`, [4]string{"3"}},
		{"a path names a key one level down", `{"stream_options":{"x":{"include_usage":1},"include_usage":false}}`,
			[4]string{"", "", `{"x":{"include_usage":1},"include_usage":false}`, "false"}},
		{"a parent that is no object has nothing inside", `{"stream_options":[{"include_usage":1}]}`, [4]string{"", "", `[{"include_usage":1}]`}},
		{"keys match without case", `{"MODEL":1,"Stream_Options":{"INCLUDE_usage":2}}`, [4]string{"1", "", `{"INCLUDE_usage":2}`, "2"}},
		{"keys match unescaped", `{"\u006dodel":1,"stream\u005Foptions":{}}`, [4]string{"1", "", "{}"}},
		{"letters that fold to ASCII match", `{"ſtream":1}`, [4]string{"", "1"}},
		{"a path is no key", `{"stream_options.include_usage":1}`, [4]string{}},
		{"unwanted keys may be there twice", `{"a":1,"a":2,"model":3}`, [4]string{"3"}},
		{"an empty object holds nothing", " {\t}\r\n", [4]string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Scan([]byte(tt.doc), names)
			if err != nil {
				t.Fatal(err)
			}
			for i, f := range got {
				if string(f.Raw) != tt.want[i] || f.Found != (tt.want[i] != "") || tt.doc[f.Start:f.End] != tt.want[i] {
					t.Errorf("%s = %q at %d:%d, want %q", names[i], f.Raw, f.Start, f.End, tt.want[i])
				}
			}
		})
	}
}

func TestScanRefuses(t *testing.T) {
	deep := func(n int) string { return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + "}" }
	for _, tt := range []struct {
		name   string
		doc    string
		reason error
		key    string
	}{
		{"a wanted key twice", `{"model":1,"model":2}`, ErrDuplicateKey, "model"},
		{"twice in another case", `{"model":1,"Model":2}`, ErrDuplicateKey, "model"},
		{"twice with an escape", `{"model":1,"mode\u006c":2}`, ErrDuplicateKey, "model"},
		{"the parent of a path twice", `{"stream_options":{},"Stream_options":{}}`, ErrDuplicateKey, "stream_options"},
		{"a path twice", `{"stream_options":{"include_usage":1,"include_usage":1}}`, ErrDuplicateKey, "stream_options.include_usage"},
		{"a list", `[{"model":1}]`, ErrNotObject, ""},
		{"a string", `"model"`, ErrNotObject, ""},
		{"nothing", ``, ErrSyntax, ""},
		{"spaces", `  `, ErrSyntax, ""},
		{"a byte order mark", "\xef\xbb\xbf{}", ErrSyntax, ""},
		{"something behind the end", `{} {}`, ErrSyntax, ""},
		{"a comma before the end", `{"a":1,}`, ErrSyntax, ""},
		{"a comma before the end of a list", `{"a":[1,]}`, ErrSyntax, ""},
		{"a missing colon", `{"a" 1}`, ErrSyntax, ""},
		{"a missing value", `{"a":}`, ErrSyntax, ""},
		{"a key without quotes", `{a:1}`, ErrSyntax, ""},
		{"a cut object", `{"a":1`, ErrSyntax, ""},
		{"a cut string", `{"a":"b`, ErrSyntax, ""},
		{"a cut escape", `{"a":"\u12`, ErrSyntax, ""},
		{"an escape that is none", `{"a":"\x41"}`, ErrSyntax, ""},
		{"an escape without hex digits", `{"a":"\u12g4"}`, ErrSyntax, ""},
		{"a control character in a string", "{\"a\":\"long enough text\nand more\"}", ErrSyntax, ""},
		{"a control character between", "{\x00}", ErrSyntax, ""},
		{"a wrong word", `{"a":nul}`, ErrSyntax, ""},
		{"NaN", `{"a":NaN}`, ErrSyntax, ""},
		{"a leading zero", `{"a":01}`, ErrSyntax, ""},
		{"a leading plus", `{"a":+1}`, ErrSyntax, ""},
		{"a bare minus", `{"a":-}`, ErrSyntax, ""},
		{"a dot without digits", `{"a":1.}`, ErrSyntax, ""},
		{"an exponent without digits", `{"a":1e+}`, ErrSyntax, ""},
		{"more than 1,000 levels", deep(1001), ErrSyntax, ""},
		{"a hundred thousand levels", strings.Repeat(`{"a":`, 1e5), ErrSyntax, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Scan([]byte(tt.doc), names)
			var fault *ScanError
			if !errors.As(err, &fault) || fault.Reason != tt.reason || fault.Key != tt.key {
				t.Errorf("got %v, want %v %q", err, tt.reason, tt.key)
			}
		})
	}
	if _, err := Scan([]byte(deep(1000)), names); err != nil {
		t.Errorf("1,000 levels: %v", err)
	}
}

func TestScanNamesTheByte(t *testing.T) {
	_, err := Scan([]byte(`{"a":1,"model":tru}`), names)
	var fault *ScanError
	if !errors.As(err, &fault) || fault.Offset != 15 {
		t.Errorf("got %v, want the fault at byte 15", err)
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{
		`{ "temperature":1.0e0, "model" : "gpt-5" , "x":{"model":"no"},"big":12345678901234567890 }`,
		`{"model":null,"stream_options":{"include_usage":[true,false]}}`,
		"{\"a\":\"\\ud800\\n\\\"\xff\", \"Model\":-0.5E-7}", `[]`, `{"stream":{}}}`, `{"a\u0000b":"\/"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		got, err := Scan(doc, names)
		shallow := bytes.Count(doc, []byte("["))+bytes.Count(doc, []byte("{")) < maxDepth
		valid := json.Valid(doc)
		if !valid && err == nil || valid && shallow && errors.Is(err, ErrSyntax) {
			t.Fatalf("Scan(%q): %v, but json.Valid is %v", doc, err, valid)
		}
		if err != nil {
			return
		}
		var m map[string]json.RawMessage
		if err := json.Unmarshal(doc, &m); err != nil {
			t.Fatalf("Scan(%q) passed, json: %v", doc, err)
		}
		for i, n := range names[:3] {
			if raw, ok := m[n]; ok && string(raw) != string(got[i].Raw) {
				t.Fatalf("%s of %q = %q, want %q", n, doc, got[i].Raw, raw)
			}
		}
	})
}

func BenchmarkScan(b *testing.B) {
	for _, tt := range []struct {
		name string
		text string
	}{
		{"prose", "A line of text such as people write, with a \\\"word\\\" in quotes and an end.\\n"},
		{"code", "\\tif err := f(x); err != nil {\\n\\t\\treturn fmt.Errorf(\\\"f: %w\\\", err)\\n\\t}\\n"},
		{"short values", `x"},{"a":1,"b":[true,null],"c":"d`},
	} {
		doc := []byte(`{"messages":[{"role":"user","content":"` + strings.Repeat(tt.text, 1<<20/len(tt.text)) + `"}],"model":"m"}`)
		b.Run(tt.name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Scan(doc, names); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
