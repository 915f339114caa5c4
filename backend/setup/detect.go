package setup

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A foundProgram is where an assistant's binary lies. It is never run: its version is read from what lies beside it.
type foundProgram struct {
	path, version string // empty: not found, not known
}

// program looks for an assistant on the PATH and where installers put it.
func program(opt Options, t tool) foundProgram {
	names := []string{t.binary}
	if opt.OS == "windows" {
		names = []string{t.binary + ".exe", t.binary + ".cmd"}
	}
	for _, dir := range folders(opt) {
		for _, name := range names {
			path := filepath.Join(dir, name)
			if info, err := os.Stat(path); err == nil && !info.IsDir() && (opt.OS == "windows" || info.Mode()&0o111 != 0) {
				return foundProgram{path, version(path, t)}
			}
		}
	}
	return foundProgram{}
}

// folders are those of the PATH, and then the usual ones: a program that was started by a desktop has a short PATH.
func folders(opt Options) []string {
	dirs := filepath.SplitList(opt.Getenv("PATH"))
	if opt.User != "" {
		for _, under := range []string{".local/bin", ".npm-global/bin", ".bun/bin", ".volta/bin", ".claude/local", "bin"} {
			dirs = append(dirs, filepath.Join(opt.User, filepath.FromSlash(under)))
		}
		nvm, _ := filepath.Glob(filepath.Join(opt.User, ".nvm", "versions", "node", "*", "bin"))
		slices.Reverse(nvm)
		dirs = append(dirs, nvm...)
	}
	switch opt.OS {
	case "darwin":
		dirs = append(dirs, "/opt/homebrew/bin", "/usr/local/bin")
	case "windows":
		dirs = append(dirs, filepath.Join(opt.Getenv("APPDATA"), "npm"))
	default:
		dirs = append(dirs, "/usr/local/bin", "/home/linuxbrew/.linuxbrew/bin")
	}
	return dirs
}

// numbered finds a version in a path such as …/versions/2.1.330 or …/Cellar/codex/0.169.0/bin/codex.
var numbered = regexp.MustCompile(`[/\\](\d+\.\d+\.\d+)([/\\]|$)`)

// version reads which one a binary is, from the npm package that it lies in or from the path that it leads to.
func version(path string, t tool) string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return ""
	}
	for _, name := range t.packages {
		// npm on Windows puts scripts beside node_modules instead of links.
		if v := packageVersion(filepath.Join(filepath.Dir(real), "node_modules", filepath.FromSlash(name)), name); v != "" {
			return v
		}
	}
	dir := filepath.Dir(real)
	for range 4 {
		for _, name := range t.packages {
			if v := packageVersion(dir, name); v != "" {
				return v
			}
		}
		dir = filepath.Dir(dir)
	}
	if m := numbered.FindStringSubmatch(real); m != nil && !strings.Contains(real, "node_modules") {
		return m[1]
	}
	return ""
}

// packageVersion returns the version that a folder's package.json has for a package of that name.
func packageVersion(dir, name string) string {
	text, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil {
		return ""
	}
	var p struct{ Name, Version string }
	if json.Unmarshal(text, &p) != nil || p.Name != name {
		return ""
	}
	return p.Version
}
