package setup

import (
	"os"
	"path/filepath"
	"slices"

	"weir/backend/edit"
	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// A tool is an assistant that can be connected.
type tool struct {
	id, name string
	binary   string
	packages []string // of npm, by which its version is found
	folderBy string   // the variable that names its folder
	folder   string   // in the user's home, where the variable is not set
	fileName string
	format   edit.Format
	own      []string // a branch of its file that belongs to Weir by its name
	values   func(address, secret string) []edit.Change
	now      func(text []byte) (pointing, error)
	refused  func(text []byte) (string, error) // why it cannot be connected; empty: it can
	watched  []variable
}

// A pointing is where an assistant sends its calls, and with which key.
type pointing struct {
	base, token string
}

// A variable of the environment changes where calls go, whatever the file says.
type variable struct {
	name, sentence string
}

// secretKeys are names of values that are shown by their first characters alone.
var secretKeys = []string{"ANTHROPIC_AUTH_TOKEN", "experimental_bearer_token"}

func isSecret(key []string) bool { return slices.Contains(secretKeys, key[len(key)-1]) }

// tools lists them.
func tools() []tool { return []tool{claudeCode(), codex()} }

func toolOf(id string) (tool, error) {
	for _, t := range tools() {
		if t.id == id {
			return t, nil
		}
	}
	return tool{}, &gateway.Error{Kind: gateway.NotFound, Field: "tool", Message: i18n.T("error.setup.no_tool", "tool", id)}
}

// placed says whether it can be told where the assistant's folder is. One that is named from
// wherever the assistant is started cannot be found from here.
func (t tool) placed(opt Options) bool {
	if dir := opt.Getenv(t.folderBy); dir != "" {
		return filepath.IsAbs(dir)
	}
	return opt.User != ""
}

func (t tool) dir(opt Options) string {
	if dir := opt.Getenv(t.folderBy); dir != "" {
		return dir
	}
	return filepath.Join(opt.User, t.folder)
}

func (t tool) file(opt Options) string { return filepath.Join(t.dir(opt), t.fileName) }

// configured says whether the assistant has a folder of its own, which is there once it ran.
func (t tool) configured(opt Options) bool {
	info, err := os.Stat(t.dir(opt))
	return err == nil && info.IsDir()
}

// Claude Code reads env of ~/.claude/settings.json before the shell's own variables, adds /v1/messages to the base
// URL by itself, and sends both keys when both are set (https://code.claude.com/docs/en/llm-gateway-connect,
// read 2026-11).
func claudeCode() tool {
	env := func(name string) []string { return []string{"env", name} }
	return tool{
		id: "claude-code", name: "Claude Code", binary: "claude", packages: []string{"@anthropic-ai/claude-code"},
		folderBy: "CLAUDE_CONFIG_DIR", folder: ".claude", fileName: "settings.json", format: edit.JSON,
		values: func(address, secret string) []edit.Change {
			return []edit.Change{{Key: env("ANTHROPIC_BASE_URL"), Value: address}, {Key: env("ANTHROPIC_AUTH_TOKEN"), Value: secret}}
		},
		now: func(text []byte) (p pointing, err error) {
			if p.base, err = read(edit.JSON, text, "env", "ANTHROPIC_BASE_URL"); err == nil {
				p.token, err = read(edit.JSON, text, "env", "ANTHROPIC_AUTH_TOKEN")
			}
			return p, err
		},
		refused: func(text []byte) (string, error) {
			for _, name := range []string{"ANTHROPIC_API_KEY", "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"} {
				value, err := read(edit.JSON, text, env(name)...)
				if err != nil {
					return "", err
				}
				if name == "ANTHROPIC_API_KEY" && value != "" {
					return i18n.T("error.setup.two_keys"), nil
				}
				if value != "" && value != "0" {
					return i18n.T("error.setup.cloud", "name", name), nil
				}
			}
			return "", nil
		},
		watched: []variable{
			{"ANTHROPIC_API_KEY", "error.setup.watch.key"},
			{"CLAUDE_CODE_USE_BEDROCK", "error.setup.watch.cloud"},
			{"CLAUDE_CODE_USE_VERTEX", "error.setup.watch.cloud"},
			{"CLAUDE_CODE_USE_FOUNDRY", "error.setup.watch.cloud"},
			{"CLAUDE_CONFIG_DIR", "error.setup.watch.folder"},
		},
	}
}

// Codex takes a provider of any name but its built-in ones, speaks nothing but Responses to it, and is content with a
// token in the file, so that auth.json with its login is left alone (https://developers.openai.com/codex/config-sample,
// read 2026-11).
func codex() tool {
	own := []string{"model_providers", "weir"}
	of := func(name string) []string { return append(slices.Clone(own), name) }
	return tool{
		id: "codex", name: "Codex", binary: "codex", packages: []string{"@openai/codex"},
		folderBy: "CODEX_HOME", folder: ".codex", fileName: "config.toml", format: edit.TOML, own: own,
		values: func(address, secret string) []edit.Change {
			return []edit.Change{
				{Key: []string{"model_provider"}, Value: "weir"},
				{Key: of("name"), Value: "Weir"},
				{Key: of("base_url"), Value: address + "/v1"},
				{Key: of("wire_api"), Value: "responses"},
				{Key: of("experimental_bearer_token"), Value: secret},
			}
		},
		now: codexNow,
		refused: func(text []byte) (string, error) {
			value, err := read(edit.TOML, text, "profile")
			if value != "" {
				return i18n.T("error.setup.profile", "name", value), err
			}
			return "", err
		},
		watched: []variable{{"CODEX_HOME", "error.setup.watch.folder"}},
	}
}

func codexNow(text []byte) (p pointing, err error) {
	provider, err := read(edit.TOML, text, "model_provider")
	if err != nil {
		return p, err
	}
	if provider == "" || provider == "openai" {
		p.base, err = read(edit.TOML, text, "openai_base_url")
		return p, err
	}
	if p.base, err = read(edit.TOML, text, "model_providers", provider, "base_url"); err == nil {
		p.token, err = read(edit.TOML, text, "model_providers", provider, "experimental_bearer_token")
	}
	return p, err
}

// read returns the text under a key; empty, when there is none.
func read(f edit.Format, text []byte, key ...string) (string, error) {
	if err := f.Check(text); err != nil {
		return "", err
	}
	v, err := f.Find(text, key...)
	if v == nil || err != nil {
		return "", err
	}
	return v.Text, nil
}
