package setup

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
)

func TestStates(t *testing.T) {
	for _, tt := range []struct {
		name  string
		have  func(h *house)
		tool  string
		state State
		owner string
		says  string
	}{
		{"nothing there", func(*house) {}, "claude-code", NotInstalled, "", ""},
		{"a folder of settings alone", func(h *house) { h.put(".claude/x", "", 0o600) }, "claude-code", NotConnected, "", ""},
		{"a program alone", func(h *house) { h.put(".local/bin/codex", "", 0o755) }, "codex", NotConnected, "", ""},
		{"another gateway", func(h *house) {
			h.put(claudeFile, `{"env": {"ANTHROPIC_BASE_URL": "http://localhost:15721", "ANTHROPIC_AUTH_TOKEN": "PROXY_MANAGED"}}`, 0o600)
		}, "claude-code", Elsewhere, "CC Switch", ""},
		{"an unknown local program", func(h *house) {
			h.put(codexFile, "model_provider = \"x\"\n[model_providers.x]\nbase_url = \"http://127.0.0.1:5555/v1\"\n", 0o600)
		}, "codex", Elsewhere, "", ""},
		{"another provider", func(h *house) { h.put(codexFile, "openai_base_url = \"https://gateway.example/v1\"\n", 0o600) }, "codex", NotConnected, "", ""},
		{"a file that cannot be read", func(h *house) { h.put(claudeFile, "{", 0o600) }, "claude-code", Unreadable, "", "line 1"},
		{"Weir by hand", func(h *house) { h.put(claudeFile, `{"env": {"ANTHROPIC_BASE_URL": "http://localhost:9347"}}`, 0o600) }, "claude-code", NotConnected, "Weir", "already"},
		{"connected", func(h *house) { h.connect("claude-code") }, "claude-code", Connected, "Weir", ""},
		{"connected, and the key paused", func(h *house) {
			if _, err := h.opt.Access.SetState(context.Background(), h.connect("codex").Card.KeyID, gateway.KeyPaused); err != nil {
				h.t.Fatal(err)
			}
		}, "codex", Connected, "Weir", "paused"},
		{"connected, and the key rotated since", func(h *house) {
			if _, _, err := h.opt.Access.Rotate(context.Background(), h.connect("codex").Card.KeyID, time.Hour); err != nil {
				h.t.Fatal(err)
			}
		}, "codex", Drifted, "Weir", "new secret"},
		{"no home folder", func(h *house) { h.opt.User = "" }, "codex", NotInstalled, "", "home folder"},
		{"a folder named from where nobody knows", func(h *house) { h.env["CODEX_HOME"] = "../elsewhere" }, "codex", NotInstalled, "", "whole path"},
		{"taken away by another program", func(h *house) {
			h.connect("claude-code")
			h.put(claudeFile, `{}`, 0o600)
		}, "claude-code", Drifted, "", "since"},
		{"taken over by another gateway", func(h *house) {
			h.connect("claude-code")
			h.put(claudeFile, `{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:3456"}}`, 0o600)
		}, "claude-code", Elsewhere, "Claude Code Router", ""},
		{"a relay that moved", func(h *house) {
			h.connect("claude-code")
			h.at = "http://127.0.0.1:9400"
		}, "claude-code", Drifted, "", "9400"},
		{"disconnected", func(h *house) {
			h.put(".claude/x", "", 0o600)
			h.connect("claude-code")
			h.undo("claude-code")
		}, "claude-code", NotConnected, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			tt.have(h)
			c := h.shown(tt.tool)
			if c.State != tt.state || c.Owner != tt.owner || !strings.Contains(c.Message, tt.says) || tt.says == "" && c.Message != "" {
				t.Errorf("card = %s, owner %q, %q, want %s, owner %q, %q", c.State, c.Owner, c.Message, tt.state, tt.owner, tt.says)
			}
		})
	}
}

func TestConnectingAgain(t *testing.T) {
	h := newHouse(t)
	h.put(claudeFile, files[3].text, 0o600)
	first := h.connect("claude-code").Card.KeyID
	old := secretIn(t, h.text(claudeFile))
	h.at = "http://127.0.0.1:9400"
	if c := h.connect("claude-code").Card; c.KeyID != first || c.State != Connected || secretIn(t, h.text(claudeFile)) != old {
		t.Errorf("after a move the card is %+v, want the same key and secret", c)
	}
	h.put(claudeFile, `{"env": {}}`, 0o600)
	if c := h.connect("claude-code").Card; c.KeyID != first || secretIn(t, h.text(claudeFile)) == old {
		t.Errorf("after a loss the card is %+v, want the same key with a new secret", c)
	}
	if _, _, err := h.opt.Access.Rotate(context.Background(), first, time.Hour); err != nil {
		t.Fatal(err)
	}
	rotated := secretIn(t, h.text(claudeFile))
	if c := h.connect("claude-code").Card; c.KeyID != first || c.State != Connected || secretIn(t, h.text(claudeFile)) == rotated {
		t.Errorf("after a rotation the card is %+v, want the same key with a new secret", c)
	}
	h.undo("claude-code")
	if got := h.text(claudeFile); got != `{"env": {}}` {
		t.Errorf("undone, the file is %s: it had nothing when it was connected last", got)
	}
	again := h.connect("claude-code").Card
	if k, err := h.opt.Access.Key(first); err != nil || again.KeyID != first || k.State != gateway.KeyActive {
		t.Errorf("connected again, the key is %s %s, %v, want the first, active", again.KeyID, k.State, err)
	}
	if _, _, ok := h.opt.Access.Owner(old); ok {
		t.Error("the secret from before it was disconnected works again")
	}
}

func TestAKeyOfChoice(t *testing.T) {
	h := newHouse(t)
	k, old, err := h.opt.Access.Create(context.Background(), specNamed("team"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := h.Preview(context.Background(), "codex", k.ID)
	if err != nil || !strings.Contains(p.Key, "new secret") {
		t.Fatalf("Preview = %q, %v, want it to say that the key gets a new secret", p.Key, err)
	}
	if _, err := h.Apply(context.Background(), "codex", "", p.Token); err == nil {
		t.Error("a plan for one key was carried out for another")
	}
	d, err := h.Apply(context.Background(), "codex", k.ID, p.Token)
	if err != nil || d.Card.KeyID != k.ID {
		t.Fatalf("Apply = %+v, %v, want the key %s", d.Card, err, k.ID)
	}
	if _, _, ok := h.opt.Access.Owner(old); !ok {
		t.Error("the old secret has no grace")
	}
	h.undo("codex")
	if now, err := h.opt.Access.Key(k.ID); err != nil || now.State != gateway.KeyActive {
		t.Errorf("disconnected, the person's key is %s, %v, want active", now.State, err)
	}
}

func TestVersions(t *testing.T) {
	h := newHouse(t)
	h.put(".nvm/versions/node/v22.1.0/lib/node_modules/@openai/codex/package.json", `{"name": "@openai/codex", "version": "0.169.0"}`, 0o600)
	h.put(".nvm/versions/node/v22.1.0/lib/node_modules/@openai/codex/bin/codex.js", "", 0o755)
	h.put(".nvm/versions/node/v22.1.0/bin/x", "", 0o600)
	h.put(".local/share/claude/versions/2.1.330", "", 0o755)
	h.put(".local/bin/x", "", 0o600)
	for to, from := range map[string]string{".nvm/versions/node/v22.1.0/lib/node_modules/@openai/codex/bin/codex.js": ".nvm/versions/node/v22.1.0/bin/codex", ".local/share/claude/versions/2.1.330": ".local/bin/claude"} {
		if err := os.Symlink(h.path(to), h.path(from)); err != nil {
			t.Skip("no links here:", err)
		}
	}
	for tool, want := range map[string]string{"codex": "0.169.0", "claude-code": "2.1.330"} {
		if got := h.shown(tool).Version; got != want {
			t.Errorf("version of %s = %q, want %q", tool, got, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	h := newHouse(t)
	h.put(".zshrc", "# export ANTHROPIC_API_KEY=no\nexport PATH=/x\nexport ANTHROPIC_API_KEY=sk-ant-secret\n", 0o600)
	h.env["CLAUDE_CODE_USE_VERTEX"] = "1"
	said := strings.Join(h.shown("claude-code").Warnings, "\n")
	for _, want := range []string{".zshrc, line 3", "CLAUDE_CODE_USE_VERTEX"} {
		if !strings.Contains(said, want) {
			t.Errorf("warnings = %s, want %q in them", said, want)
		}
	}
	if strings.Contains(said, "sk-ant-secret") {
		t.Errorf("a warning shows a secret: %s", said)
	}
}

func TestWhoElseReadsTheFile(t *testing.T) {
	for mode, warned := range map[os.FileMode]bool{0o600: false, 0o644: true} {
		h := newHouse(t)
		h.put(codexFile, "", mode)
		p, err := h.Preview(context.Background(), "codex", "")
		if err != nil || p.Warnings == nil || (len(p.Warnings) > 0) != warned {
			t.Errorf("at mode %o the warnings are %v, %v, want some: %v", mode, p.Warnings, err, warned)
		}
	}
}

func TestOtherFolders(t *testing.T) {
	h := newHouse(t)
	h.env["CODEX_HOME"], h.env["CLAUDE_CONFIG_DIR"] = h.path("a"), h.path("b")
	h.connect("codex")
	h.connect("claude-code")
	if h.text("a/config.toml") == "" || h.text("b/settings.json") == "" {
		t.Error("the folders of the environment were not used")
	}
	delete(h.env, "CODEX_HOME")
	if c := h.shown("codex"); c.State != Connected || c.File != h.path("a/config.toml") {
		t.Errorf("without the variable the card is %s at %s, want it where it was connected", c.State, c.File)
	}
	h.undo("codex")
}
