package setup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
)

// files are settings as people have them.
var files = []struct {
	name, tool, file, text string
}{
	{"settings that are not there", "claude-code", claudeFile, ""},
	{"settings with comments", "claude-code", claudeFile, "{\n  // mine\n  \"model\": \"opus\", /* large */\n  \"permissions\": {\"allow\": [\"Bash\"]} // last\n}\n"},
	{"settings of another system, with a mark and its line ends", "claude-code", claudeFile, "\xef\xbb\xbf{\r\n\t\"env\": {\r\n\t\t\"X\": \"1\",\r\n\t},\r\n}\r\n"},
	{"settings that point elsewhere", "claude-code", claudeFile, `{"env":{"ANTHROPIC_AUTH_TOKEN":"sk-other-secret-123456","ANTHROPIC_BASE_URL":"https://elsewhere.example"}}`},
	{"a TOML file that is not there", "codex", codexFile, ""},
	{"a TOML file with a provider of its own", "codex", codexFile, "# mine\nmodel = \"gpt-5.6\"\nmodel_provider = 'other' # why\n\n[model_providers.other]\nname = \"Other\"\nbase_url = \"https://other.example/v1\"\n\n[projects.\"/src\"]\ntrust_level = \"trusted\""},
}

func TestThereAndBack(t *testing.T) {
	for _, tt := range files {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			if tt.text != "" {
				h.put(tt.file, tt.text, 0o640)
			}
			done := h.connect(tt.tool)
			if done.Card.State != Connected || done.Card.KeyName != done.Card.Name {
				t.Errorf("card = %+v, want it connected with a key of its name", done.Card)
			}
			text := h.text(tt.file)
			if key, _, ok := h.opt.Access.Owner(secretIn(t, text)); !ok || key.ID != done.Card.KeyID {
				t.Errorf("the key in the file is %v, want %s", key, done.Card.KeyID)
			}
			if again := h.connect(tt.tool); h.text(tt.file) != text || again.Card.KeyID != done.Card.KeyID {
				t.Errorf("connecting twice made %s of it", h.text(tt.file))
			}
			h.undo(tt.tool)
			if tt.text == "" {
				if _, err := os.Stat(h.path(tt.file)); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("a file that was made is still there: %v", err)
				}
				return
			}
			if got := h.text(tt.file); got != tt.text {
				t.Errorf("there and back is %q, want %q", got, tt.text)
			}
			if info, err := os.Stat(h.path(tt.file)); err != nil || info.Mode().Perm() != 0o640 {
				t.Errorf("mode = %v, %v, want 0640", info.Mode(), err)
			}
		})
	}
}

func TestWhatIsWritten(t *testing.T) {
	h := newHouse(t)
	h.connect("claude-code")
	want := "{\n  \"env\": {\n    \"ANTHROPIC_BASE_URL\": \"http://127.0.0.1:9347\",\n    \"ANTHROPIC_AUTH_TOKEN\": \"KEY\"\n  }\n}\n"
	text := h.text(claudeFile)
	if got := strings.Replace(text, secretIn(t, text), "KEY", 1); got != want {
		t.Errorf("settings.json = %s, want %s", got, want)
	}
	h.connect("codex")
	want = "model_provider = \"weir\"\n\n# >>> weir\n[model_providers.weir]\nname = \"Weir\"\nbase_url = \"http://127.0.0.1:9347/v1\"\nwire_api = \"responses\"\nexperimental_bearer_token = \"KEY\"\n# <<< weir\n"
	text = h.text(codexFile)
	if got := strings.Replace(text, secretIn(t, text), "KEY", 1); got != want {
		t.Errorf("config.toml = %s, want %s", got, want)
	}
	for _, name := range []string{claudeFile, codexFile} {
		if info, err := os.Stat(h.path(name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode of %s = %v, %v, want 0600", name, info, err)
		}
	}
	if entries, _ := os.ReadDir(h.path(".codex")); len(entries) != 1 {
		t.Errorf(".codex holds %v, want config.toml alone", entries)
	}
}

func TestNothingIsWrittenThatWasNotShown(t *testing.T) {
	h := newHouse(t)
	h.put(claudeFile, `{"model": "opus"}`, 0o600)
	p, err := h.Preview(context.Background(), "claude-code", "")
	if err != nil {
		t.Fatal(err)
	}
	if got := h.text(claudeFile); got != `{"model": "opus"}` {
		t.Errorf("a preview wrote %s", got)
	}
	if keys := h.opt.Access.Keys(); len(keys) != 0 {
		t.Errorf("a preview made %v", keys)
	}
	h.put(claudeFile, `{"model": "sonnet"}`, 0o600)
	var refused *gateway.Error
	if _, err := h.Apply(context.Background(), "claude-code", "", p.Token); !errors.As(err, &refused) || refused.Kind != gateway.Conflict {
		t.Errorf("Apply after a change = %v, want a conflict", err)
	}
	if got := h.text(claudeFile); got != `{"model": "sonnet"}` || len(h.opt.Access.Keys()) != 0 {
		t.Errorf("a refused plan left %s and %v", got, h.opt.Access.Keys())
	}
}

func TestAFileThatChangesWhileItIsWritten(t *testing.T) {
	h := newHouse(t)
	h.put(claudeFile, `{}`, 0o600)
	f, err := readFile(h.path(claudeFile))
	if err != nil {
		t.Fatal(err)
	}
	h.put(claudeFile, `{"theirs": 1}`, 0o600)
	if err := f.write([]byte(`{"ours": 1}`)); !errors.Is(err, errChanged) || h.text(claudeFile) != `{"theirs": 1}` {
		t.Errorf("write = %v and left %s, want %v and theirs", err, h.text(claudeFile), errChanged)
	}
}

func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		name, tool, file, text string
		mode                   os.FileMode
		says                   string
	}{
		{"a file that cannot be read", "claude-code", claudeFile, "{\n  \"a\" 1\n}", 0o600, "line 2, column 7"},
		{"TOML that cannot be read", "codex", codexFile, "a = 1\nb =\n", 0o600, "line 2"},
		{"a read-only file", "claude-code", claudeFile, "{}", 0o400, "read-only"},
		{"a key beside ours", "claude-code", claudeFile, `{"env": {"ANTHROPIC_API_KEY": "sk-ant-1"}}`, 0o600, "ANTHROPIC_API_KEY"},
		{"a cloud's own way", "claude-code", claudeFile, `{"env": {"CLAUDE_CODE_USE_BEDROCK": "1"}}`, 0o600, "CLAUDE_CODE_USE_BEDROCK"},
		{"an env that stands twice", "claude-code", claudeFile, `{"env": {}, "env": {}}`, 0o600, "twice"},
		{"an env that is no object", "claude-code", claudeFile, `{"env": "x"}`, 0o600, "laid out"},
		{"providers in one line", "codex", codexFile, "model_providers = {x = {name = \"x\"}}\n", 0o600, "laid out"},
		{"a profile", "codex", codexFile, "profile = \"x\"\n", 0o600, "profile"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.put(tt.file, tt.text, tt.mode)
			var refused *gateway.Error
			_, err := h.Preview(context.Background(), tt.tool, "")
			if !errors.As(err, &refused) || !strings.Contains(refused.Message, tt.says) || !strings.Contains(refused.Message, h.path(tt.file)) {
				t.Errorf("Preview = %v, want a sentence with %q and the path", err, tt.says)
			}
			if h.text(tt.file) != tt.text || len(h.opt.Access.Keys()) != 0 {
				t.Errorf("it was refused and left %s", h.text(tt.file))
			}
		})
	}
}

func TestLinksAreFollowed(t *testing.T) {
	h := newHouse(t)
	h.put("dotfiles/claude.json", "{}", 0o600)
	h.put(".claude/x", "", 0o600)
	if err := os.Symlink(h.path("dotfiles/claude.json"), h.path(claudeFile)); err != nil {
		t.Skip("no links here:", err)
	}
	h.connect("claude-code")
	if info, err := os.Lstat(h.path(claudeFile)); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v, want a link still", info, err)
	}
	if text := h.text("dotfiles/claude.json"); !strings.Contains(text, "ANTHROPIC_BASE_URL") {
		t.Errorf("the file at its end is %s", text)
	}
	h.undo("claude-code")
	if text := h.text("dotfiles/claude.json"); text != "{}" {
		t.Errorf("the file at its end is %s after all, want {}", text)
	}
}

func TestBackups(t *testing.T) {
	h := newHouse(t)
	h.put(claudeFile, `{"first": true}`, 0o600)
	for range 15 {
		h.connect("claude-code")
		h.now = h.now.Add(time.Minute)
		h.undo("claude-code")
		h.now = h.now.Add(time.Minute)
	}
	dir := filepath.Join(h.home, "backups", "connect", "claude-code")
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != keptBackups+1 {
		t.Fatalf("%d backups, %v, want %d", len(entries), err, keptBackups+1)
	}
	first, err := os.ReadFile(filepath.Join(dir, entries[0].Name()))
	if err != nil || string(first) != `{"first": true}` || !strings.HasPrefix(entries[0].Name(), "20261122T100000.000Z-") {
		t.Errorf("the first backup is %s with %s, %v", entries[0].Name(), first, err)
	}
	info, err := entries[0].Info()
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v, want 0600", info.Mode(), err)
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	h := newHouse(t)
	h.put(claudeFile, files[3].text, 0o600)
	p, err := h.Preview(context.Background(), "claude-code", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Changes {
		if c.Old != nil && strings.Contains(*c.Old, "other-secret") {
			t.Errorf("%s shows %s", c.Key, *c.Old)
		}
	}
	h.connect("claude-code")
	if p, err = h.PreviewUndo(context.Background(), "claude-code"); err != nil {
		t.Fatal(err)
	}
	secret := secretIn(t, h.text(claudeFile))
	for _, c := range p.Changes {
		for _, text := range []*string{c.Old, c.New} {
			if text != nil && (strings.Contains(*text, secret) || strings.Contains(*text, "other-secret")) {
				t.Errorf("%s shows %s", c.Key, *text)
			}
		}
	}
	matches, err := filepath.Glob(filepath.Join(h.home, "*.db*"))
	if err != nil || len(matches) == 0 {
		t.Fatalf("no database in %s: %v", h.home, err)
	}
	for _, path := range matches {
		text, err := os.ReadFile(path)
		if err != nil || strings.Contains(string(text), secret) || strings.Contains(string(text), "other-secret") {
			t.Errorf("%s holds a secret, or cannot be read: %v", path, err)
		}
	}
}

// TestUndoLeavesWhatIsNotOurs: values that somebody changed since stay, with a word about it.
func TestUndoLeavesWhatIsNotOurs(t *testing.T) {
	for _, tt := range []struct {
		name, tool, file string
		change           func(string) string
		left             map[string]string // by key, why
		holds, lacks     string
		paused           bool
	}{
		{"a base URL that was changed stays", "claude-code", claudeFile, swap("http://127.0.0.1:9347", "https://other.example"),
			map[string]string{"env.ANTHROPIC_BASE_URL": "changed since"}, "https://other.example", placeholder, true},
		{"a key that was changed stays, and ours works on", "claude-code", claudeFile, swap("\"sk-weir-", "\"sk-ant-"),
			map[string]string{"env.ANTHROPIC_AUTH_TOKEN": "changed since"}, "sk-ant-", "127.0.0.1", false},
		{"a value that is gone is gone", "claude-code", claudeFile, func(string) string { return `{"env": {"MINE": "1"}}` },
			map[string]string{"env.ANTHROPIC_BASE_URL": "gone", "env.ANTHROPIC_AUTH_TOKEN": "gone"}, `{"env": {"MINE": "1"}}`, placeholder, false},
		{"a member beside ours stays", "claude-code", claudeFile, swap("\"env\": {", "\"env\": { \"MINE\": \"1\","),
			nil, `"MINE": "1"`, "ANTHROPIC", true},
		{"a table that somebody added to stays whole", "codex", codexFile, swap("wire_api = ", "request_max_retries = 2\nwire_api = "),
			map[string]string{"model_providers.weir.name": "added", "model_providers.weir.base_url": "added", "model_providers.weir.wire_api": "added", "model_providers.weir.experimental_bearer_token": "added"},
			"[model_providers.weir]\nname = \"Weir\"", "model_provider = ", false},
		{"a table below ours keeps it whole", "codex", codexFile, func(s string) string { return s + "[model_providers.weir.http_headers]\nX = \"1\"\n" },
			map[string]string{"model_providers.weir.name": "added", "model_providers.weir.base_url": "added", "model_providers.weir.wire_api": "added", "model_providers.weir.experimental_bearer_token": "added"},
			"[model_providers.weir]\nname = \"Weir\"", "model_provider = ", false},
		{"what Codex adds between our lines stays", "codex", codexFile, swap("# <<< weir", "\n[projects.\"/src\"]\ntrust_level = \"trusted\"\n# <<< weir"),
			nil, "[projects.\"/src\"]\ntrust_level = \"trusted\"\n", "weir", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			key := h.connect(tt.tool).Card.KeyID
			h.put(tt.file, tt.change(h.text(tt.file)), 0o600)
			done := h.undo(tt.tool)
			left := map[string]string{}
			for _, c := range done.Changes {
				if c.Kind == "leave" {
					left[c.Key] = *c.Reason
				}
			}
			for k, reason := range tt.left {
				if !strings.Contains(left[k], reason) {
					t.Errorf("%s was left because %q, want %q", k, left[k], reason)
				}
			}
			if len(left) != len(tt.left) {
				t.Errorf("left %v, want %v", left, tt.left)
			}
			text := h.text(tt.file)
			if !strings.Contains(text, tt.holds) || strings.Contains(text, tt.lacks) {
				t.Errorf("the file is %s, want %q and no %q in it", text, tt.holds, tt.lacks)
			}
			k, err := h.opt.Access.Key(key)
			if err != nil || (k.State == gateway.KeyPaused) != tt.paused {
				t.Errorf("the key is %s, %v, want paused %v", k.State, err, tt.paused)
			}
			if _, err := h.PreviewUndo(context.Background(), tt.tool); err == nil {
				t.Error("it can be undone twice")
			}
		})
	}
}

func swap(old, put string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, put, 1) }
}
