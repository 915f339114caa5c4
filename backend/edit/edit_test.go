package edit

import (
	"errors"
	"strings"
	"testing"
)

var (
	claude = []Change{{[]string{"env", "URL"}, "http://here"}, {[]string{"env", "TOKEN"}, "t"}}
	codex  = []Change{{[]string{"model_provider"}, "weir"}, {[]string{"model_providers", "weir", "name"}, "Weir"}, {[]string{"model_providers", "weir", "base_url"}, "http://here/v1"}}
)

func changesOf(f Format) []Change {
	if f == TOML {
		return codex
	}
	return claude
}

func TestApply(t *testing.T) {
	for _, tt := range []struct {
		name   string
		format Format
		before string
		want   string
	}{
		{"a file that is not there is made", JSON, "", "{\n  \"env\": {\n    \"URL\": \"http://here\",\n    \"TOKEN\": \"t\"\n  }\n}\n"},
		{"an empty object is opened", JSON, "{}", "{\n  \"env\": {\n    \"URL\": \"http://here\",\n    \"TOKEN\": \"t\"\n  }\n}"},
		{"what is there stays first, in its own indentation", JSON, "{\n\t\"model\": \"opus\"\n}\n", "{\n\t\"model\": \"opus\",\n\t\"env\": {\n\t\t\"URL\": \"http://here\",\n\t\t\"TOKEN\": \"t\"\n\t}\n}\n"},
		{"a line keeps its comment", JSON, "{\n  \"model\": \"opus\" // the large one\n  // the end\n}", "{\n  \"model\": \"opus\", // the large one\n  \"env\": {\n    \"URL\": \"http://here\",\n    \"TOKEN\": \"t\"\n  }\n  // the end\n}"},
		{"a trailing comma stays one", JSON, "{\n  \"a\": 1, /* b\n c */\n}", "{\n  \"a\": 1, /* b\n c */\n  \"env\": {\n    \"URL\": \"http://here\",\n    \"TOKEN\": \"t\"\n  },\n}"},
		{"values are replaced where they stand", JSON, "{\"env\":{\"URL\" : \"https://old\" , \"X\":\"1\"}}", "{\"env\":{\"URL\" : \"http://here\" , \"X\":\"1\", \"TOKEN\": \"t\"}}"},
		{"line ends are kept", JSON, "{\r\n  \"a\": 1\r\n}\r\n", "{\r\n  \"a\": 1,\r\n  \"env\": {\r\n    \"URL\": \"http://here\",\r\n    \"TOKEN\": \"t\"\r\n  }\r\n}\r\n"},
		{"a byte order mark is kept", JSON, "\xef\xbb\xbf{}", "\xef\xbb\xbf{\n  \"env\": {\n    \"URL\": \"http://here\",\n    \"TOKEN\": \"t\"\n  }\n}"},
		{"an object within a comment is none", JSON, "{ /* {\"env\": {}} */ }", "{\"env\": {\n  \"URL\": \"http://here\",\n  \"TOKEN\": \"t\"\n} /* {\"env\": {}} */ }"},

		{"a TOML file that is not there is made", TOML, "", "model_provider = \"weir\"\n\n# >>> weir\n[model_providers.weir]\nname = \"Weir\"\nbase_url = \"http://here/v1\"\n# <<< weir\n"},
		{"root keys come before the first table", TOML, "# mine\nmodel = \"gpt\" # best\n\n[tools]\nx = 1\n", "# mine\nmodel = \"gpt\" # best\nmodel_provider = \"weir\"\n\n[tools]\nx = 1\n\n# >>> weir\n[model_providers.weir]\nname = \"Weir\"\nbase_url = \"http://here/v1\"\n# <<< weir\n"},
		{"a provider that was chosen is replaced in its line", TOML, "model_provider = 'other' # why\r\n", "model_provider = \"weir\" # why\r\n\r\n# >>> weir\r\n[model_providers.weir]\r\nname = \"Weir\"\r\nbase_url = \"http://here/v1\"\r\n# <<< weir\r\n"},
		{"a table of that name is filled in", TOML, "[model_providers.weir]\nname = \"mine\"\n[z]\n", "model_provider = \"weir\"\n[model_providers.weir]\nname = \"Weir\"\nbase_url = \"http://here/v1\"\n[z]\n"},
		{"a last line without an end gets one", TOML, "a = 1", "a = 1\nmodel_provider = \"weir\"\n\n# >>> weir\n[model_providers.weir]\nname = \"Weir\"\nbase_url = \"http://here/v1\"\n# <<< weir\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, traces, err := tt.format.Apply([]byte(tt.before), changesOf(tt.format))
			if err != nil || string(got) != tt.want {
				t.Fatalf("Apply(%q) = %q, %v, want %q", tt.before, got, err, tt.want)
			}
			if again, more, err := tt.format.Apply(got, changesOf(tt.format)); err != nil || string(again) != tt.want || more != nil {
				t.Errorf("Apply twice = %q, %v, %v, want no change", again, more, err)
			}
			back, err := tt.format.Revert(got, traces)
			if err != nil || string(back) != tt.before {
				t.Errorf("Revert = %q, %v, want %q", back, err, tt.before)
			}
		})
	}
}

func TestApplyRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		format Format
		text   string
		want   error
	}{
		{"an env that is no object", JSON, `{"env": null}`, ErrShape},
		{"an env that stands twice", JSON, `{"env": {}, "env": {}}`, ErrTwice},
		{"a value that stands twice", JSON, `{"env": {"URL": "a", "URL": "b"}}`, ErrTwice},
		{"a file that is no object", JSON, `[]`, ErrShape},
		{"providers in an inline table", TOML, "model_providers = { other = { name = \"x\" } }\n", ErrShape},
		{"providers in an array of tables", TOML, "[[model_providers]]\nname = \"x\"\n", ErrShape},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, _, err := tt.format.Apply([]byte(tt.text), changesOf(tt.format)); !errors.Is(err, tt.want) {
				t.Errorf("Apply(%s) = %v, want %v", tt.text, err, tt.want)
			}
		})
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, tt := range []struct {
		name         string
		format       Format
		text         string
		line, column int
	}{
		{"JSON that does not end", JSON, "{\n  \"a\": 1,\n  \"b\" 2\n}", 3, 7},
		{"a TOML line without a value", TOML, "a = 1\nb = \n", 2, 5},
		{"a TOML key twice", TOML, "a = 1\na = 2\n", 2, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var wrong *SyntaxError
			if err := tt.format.Check([]byte(tt.text)); !errors.As(err, &wrong) || wrong.Line != tt.line || wrong.Column != tt.column {
				t.Errorf("Check(%q) = %v, want line %d, column %d", tt.text, err, tt.line, tt.column)
			}
		})
	}
}

// TestRevertAfterOthers: other programs write the same files, and what they added stays.
func TestRevertAfterOthers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		format Format
		before string
		middle func(after string) string
		want   string
	}{
		{"a member after ours keeps its object", JSON, "{}", replace("\"t\"\n", "\"t\",\n    \"MINE\": \"1\"\n"), "{\n  \"env\": {\n    \"MINE\": \"1\"\n  }\n}"},
		{"a table that was written between our lines stays", TOML, "a = 1\n", replace("# <<< weir\n", "\n[projects.\"/x\"]\ntrust = \"yes\"\n# <<< weir\n"), "a = 1\n\n[projects.\"/x\"]\ntrust = \"yes\"\n"},
		{"a key that was added to our table keeps it", TOML, "", replace("name = \"Weir\"\n", "name = \"Weir\"\nretries = 2\n"), "\n# >>> weir\n[model_providers.weir]\nretries = 2\n# <<< weir\n"},
		{"a table below ours stays", TOML, "", replace("# <<< weir\n", "# <<< weir\n[model_providers.weir.headers]\nx = \"1\"\n"), "[model_providers.weir.headers]\nx = \"1\"\n"},
		{"our words in a text of theirs are theirs", TOML, "a = '''\n# >>> weir\n'''\n", func(s string) string { return s }, "a = '''\n# >>> weir\n'''\n"},
		{"lines that lost their marks go all the same", TOML, "a = 1\n", replace("# >>> weir\n", ""), "a = 1\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			after, traces, err := tt.format.Apply([]byte(tt.before), changesOf(tt.format))
			if err != nil {
				t.Fatal(err)
			}
			got, err := tt.format.Revert([]byte(tt.middle(string(after))), traces)
			if err != nil || string(got) != tt.want {
				t.Errorf("Revert(%q) = %q, %v, want %q", tt.middle(string(after)), got, err, tt.want)
			}
		})
	}
}

func replace(old, put string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, put, 1) }
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{"", "{}", "{ }", "{\n}", `{"env":{}}`, `{"env":{"URL":1,},}`, "{\r\n \"a\":[1,2,],//x\r\n}", "{/*{*/}", "{\n//\n}", `{"env":{"A":"b"/**/}}`, "\xef\xbb\xbf{}", " {\"a\":1 /*\n*/}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { thereAndBack(t, JSON, text) })
}

func FuzzTOML(f *testing.F) {
	for _, seed := range []string{"", "a=1", "\n\n", "# x", "model_provider='x'#y", "[model_providers.weir]", "[model_providers]\n[model_providers.weir.x]", "a={b={c=1}}", "[[a]]\n[a.b]\nc=1", "a='''\n'''\r\n[b]\r\n", "\"model_provider\"=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { thereAndBack(t, TOML, text) })
}

// thereAndBack: a change either is refused or leaves, taken back, the bytes that were there.
func thereAndBack(t *testing.T, format Format, text string) {
	after, traces, err := format.Apply([]byte(text), changesOf(format))
	if err != nil {
		return
	}
	for _, c := range changesOf(format) {
		if v, err := format.Find(after, c.Key...); err != nil || v == nil || v.Text != c.Value {
			t.Fatalf("Find(%v) in %q = %v, %v", c.Key, after, v, err)
		}
	}
	if back, err := format.Revert(after, traces); err != nil || string(back) != text {
		t.Fatalf("%q became %q and then %q, %v", text, after, back, err)
	}
}
