package i18n

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the way from here to the module's root.
const module = "../../.."

// goOnly are the files of the catalogue that only Go reads.
var goOnly = []string{"errors.json", "cli.json", "tray.json"}

var (
	holes = regexp.MustCompile(`\{(\w+)\}`)
	// keyed finds a literal that can only be a key of ours, whoever it is handed to.
	keyed = regexp.MustCompile(`^(error|refusal|cli|tray|notify)\.[a-z0-9_]+(\.[a-z0-9_]+)*$`)
	// worded finds a literal that a person could take for a sentence.
	worded = regexp.MustCompile(`\pL{2,} |\pL\.$`)
)

// sentence finds a literal that is one, wherever it stands.
var sentence = regexp.MustCompile(`^\p{Lu}\S* .*[.]$`)

// ownWords are rooms with sentences that are no messages: the command line's reference, and
// what the sandbox's model says.
var ownWords = []string{"backend/cli/", "backend/sandbox/"}

// messages are the structs whose Message people read.
var messages = []string{"gateway.Error", "gateway.CallError", "console.ErrorView", "ErrorView"}

// A source is the module's own Go, its tests apart.
type source struct {
	fset  *token.FileSet
	files []*ast.File
}

func read(t *testing.T) source {
	t.Helper()
	s := source{fset: token.NewFileSet()}
	err := filepath.WalkDir(module, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name := d.Name(); name == "node_modules" || name == "testdata" || name == "dist" || path == filepath.Join(module, "test") || strings.HasPrefix(name, ".") && path != module {
				return filepath.SkipDir
			}
			return nil
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(s.fset, path, nil, parser.SkipObjectResolution)
		s.files = append(s.files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s source) each(visit func(ast.Node) bool) {
	for _, f := range s.files {
		ast.Inspect(f, visit)
	}
}

func (s source) at(n ast.Node) token.Position { return s.fset.Position(n.Pos()) }

// literal returns the text of a string literal.
func literal(n ast.Node) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// name writes an identifier with its package, as gateway.Error.
func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return name(e.X) + "." + e.Sel.Name
	}
	return ""
}

// call returns which function of this package is called, T or N; "" of anything else.
func call(n ast.Node) (*ast.CallExpr, string) {
	c, ok := n.(*ast.CallExpr)
	if !ok {
		return nil, ""
	}
	fn, ok := strings.CutPrefix(name(c.Fun), "i18n.")
	if !ok || fn == "Has" {
		return nil, ""
	}
	return c, fn
}

func placeholders(sentence string) []string {
	set := map[string]bool{}
	for _, m := range holes.FindAllStringSubmatch(sentence, -1) {
		set[m[1]] = true
	}
	return slices.Sorted(maps.Keys(set))
}

func TestCallsFillTheirSentences(t *testing.T) {
	s := read(t)
	found := 0
	s.each(func(n ast.Node) bool {
		c, fn := call(n)
		if c == nil || c.Ellipsis.IsValid() {
			return true
		}
		key, ok := literal(c.Args[0])
		if !ok {
			return true // a key from a table, which TestKeys knows
		}
		found++
		given, keys := c.Args[1:], []string{key}
		if fn == "N" {
			given, keys = c.Args[2:], []string{key + ".one", key + ".other"}
		}
		var names []string
		for i, arg := range given {
			if text, ok := literal(arg); i%2 == 0 && ok {
				names = append(names, text)
			} else if i%2 == 0 {
				t.Errorf("%s: a value's name is no literal", s.at(arg))
			}
		}
		if len(given)%2 != 0 {
			t.Errorf("%s: the last value has no name", s.at(c))
		}
		slices.Sort(names)
		for _, key := range keys {
			want := placeholders(T(key))
			if fn == "N" {
				want = slices.DeleteFunc(want, func(hole string) bool { return hole == "n" })
			}
			if !Has(key) {
				t.Errorf("%s: there is no sentence %q", s.at(c), key)
			} else if !slices.Equal(names, want) {
				t.Errorf("%s: %q is given %v, its placeholders are %v", s.at(c), key, names, want)
			}
		}
		return true
	})
	if found == 0 {
		t.Error("no call of T was found: the search is broken")
	}
}

func TestKeys(t *testing.T) {
	s := read(t)
	used := map[string]bool{}
	s.each(func(n ast.Node) bool {
		text, ok := literal(n)
		if !ok {
			return true
		}
		used[text] = true
		if keyed.MatchString(text) && !Has(text) && !Has(text+".other") {
			t.Errorf("%s: there is no sentence %q", s.at(n), text)
		}
		return true
	})
	for _, file := range goOnly {
		for key := range catalogue(t, file) {
			stem := strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".other")
			// A key's last word may be put behind a literal such as "tray.window.".
			family := key[:strings.LastIndex(key, ".")+1]
			if !used[key] && !used[stem] && !used[family] {
				t.Errorf("%s: nobody says %q", file, key)
			}
			if !keyed.MatchString(key) {
				t.Errorf("%s: the key %q does not say whose it is", file, key)
			}
		}
	}
}

func catalogue(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile("en/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var some map[string]string
	if err := json.Unmarshal(text, &some); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return some
}

func TestKeysStandOnce(t *testing.T) {
	names, err := os.ReadDir("en")
	if err != nil {
		t.Fatal(err)
	}
	home := map[string]string{}
	for _, file := range names {
		for key := range catalogue(t, file.Name()) {
			if home[key] != "" {
				t.Errorf("%q stands in %s and in %s", key, home[key], file.Name())
			}
			home[key] = file.Name()
		}
	}
}

func TestMessagesComeFromTheCatalogue(t *testing.T) {
	s := read(t)
	found := 0
	check := func(value ast.Expr) {
		found++
		if text := spelled(value); text != "" {
			t.Errorf("%s: %q belongs into the catalogue", s.at(value), text)
		}
	}
	s.each(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if !slices.Contains(messages, name(n.Type)) {
				break
			}
			for _, e := range n.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok && name(kv.Key) == "Message" {
					check(kv.Value)
				}
			}
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				if strings.HasSuffix(name(to), ".Message") && len(n.Lhs) == len(n.Rhs) {
					check(n.Rhs[i])
				}
			}
		}
		return true
	})
	if found == 0 {
		t.Error("no message was found: the search is broken")
	}
}

func TestNoRoomHasASentenceOfItsOwn(t *testing.T) {
	s := read(t)
	s.each(func(n ast.Node) bool {
		text, ok := literal(n)
		if !ok || !sentence.MatchString(text) {
			return true
		}
		path := strings.TrimPrefix(filepath.ToSlash(s.at(n).Filename), module+"/")
		own := slices.ContainsFunc(ownWords, func(room string) bool { return strings.HasPrefix(path, room) })
		if strings.HasPrefix(path, "backend/") && !own {
			t.Errorf("%s: %q belongs into the catalogue", s.at(n), text)
		}
		return true
	})
}

// spelled returns the first words of an expression that are not read from the catalogue.
func spelled(e ast.Expr) (words string) {
	ast.Inspect(e, func(n ast.Node) bool {
		if c, _ := call(n); c != nil {
			return false
		}
		if text, ok := literal(n); ok && worded.MatchString(text) && words == "" {
			words = text
		}
		return true
	})
	return words
}

func TestSpelled(t *testing.T) {
	for source, want := range map[string]string{
		`"There is no key."`:                   "There is no key.",
		`fmt.Sprintf("There is no %s.", kind)`: "There is no %s.",
		`name + " is gone."`:                   " is gone.",
		`i18n.T("error.a.b", "name", "a b c")`: "",
		`err.Error()`:                          "",
		`""`:                                   "",
	} {
		e, err := parser.ParseExpr(source)
		if err != nil {
			t.Fatal(err)
		}
		if got := spelled(e); got != want {
			t.Errorf("spelled(%s) = %q, want %q", source, got, want)
		}
	}
}
