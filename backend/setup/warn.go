package setup

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"weir/backend/edit"
	"weir/frontend/src/i18n"
)

// warnings say who else can read a file that is about to get an access key. Its mode is its owner's business.
func (f configFile) warnings(system string) []string {
	if system == "windows" || !f.exists || f.info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return []string{i18n.T("error.setup.readable", "path", f.path, "mode", fmt.Sprintf("%04o", f.info.Mode().Perm()))}
}

// rcFiles are where shells keep what they set. They are read and never written.
func rcFiles(opt Options) []string {
	var files []string
	for _, name := range []string{".profile", ".bash_profile", ".bashrc", ".zprofile", ".zshenv", ".zshrc", ".config/fish/config.fish",
		".config/powershell/Microsoft.PowerShell_profile.ps1", "Documents/PowerShell/Microsoft.PowerShell_profile.ps1"} {
		files = append(files, filepath.Join(opt.User, filepath.FromSlash(name)))
	}
	return files
}

// warnings say which variables take an assistant elsewhere, whatever its file says.
func warnings(opt Options, t tool) []string {
	found := []string{}
	texts := map[string]string{}
	for _, path := range rcFiles(opt) {
		if text, err := os.ReadFile(path); err == nil {
			texts[path] = string(text)
		}
	}
	for _, v := range t.watched {
		if v.name != t.folderBy && opt.Getenv(v.name) != "" {
			found = append(found, i18n.T(v.sentence, "name", v.name, "place", i18n.T("error.setup.environment")))
			continue
		}
		if v.name == t.folderBy && opt.Getenv(v.name) != "" {
			continue // it is followed
		}
		for _, path := range rcFiles(opt) {
			if n := lineThatSets(texts[path], v.name); n > 0 {
				found = append(found, i18n.T(v.sentence, "name", v.name, "place", i18n.T("error.setup.line", "path", path, "line", n)))
			}
		}
	}
	if t.folderBy == "CLAUDE_CONFIG_DIR" {
		found = append(found, managedSettings(opt)...)
	}
	return found
}

// lineThatSets returns the first line of a shell file that sets a variable; 0, when none does.
func lineThatSets(text, name string) int {
	set := regexp.MustCompile(`^\s*(export\s+|set\s+(-\w+\s+)*|\$env:)?` + name + `(\s|=)`)
	n := 0
	for line := range strings.Lines(text) {
		n++
		if set.MatchString(line) {
			return n
		}
	}
	return 0
}

// managedSettings says whether somebody who runs this machine has fixed where Claude Code goes: such a file stands
// above the user's own (https://code.claude.com/docs/en/settings, read 2026-11).
func managedSettings(opt Options) []string {
	path := map[string]string{
		"linux":   "/etc/claude-code/managed-settings.json",
		"darwin":  "/Library/Application Support/ClaudeCode/managed-settings.json",
		"windows": `C:\Program Files\ClaudeCode\managed-settings.json`,
	}[opt.OS]
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	for _, name := range []string{"ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY"} {
		if v, err := edit.JSON.Find(text, "env", name); err == nil && v != nil {
			return []string{i18n.T("error.setup.watch.managed", "name", name, "place", path)}
		}
	}
	return nil
}
