//go:build !windows

package autostart

import "strings"

func desktopText(executable string) string {
	return "[Desktop Entry]\n" +
		"Type=Application\n" +
		"Name=Weir\n" +
		"Exec=" + quote(executable) + " " + hidden + "\n" +
		"Terminal=false\n" +
		"X-GNOME-Autostart-enabled=true\n"
}

var (
	// Within quotes four characters are escaped, "%" would begin a field code, and then the
	// whole value is a string, in which a backslash is written twice
	// (Desktop Entry Specification 1.5, "The Exec key" and "Possible value types").
	quoting   = strings.NewReplacer(`"`, `\\"`, "`", "\\\\`", "$", `\\$`, `\`, `\\\\`, "%", "%%", "\n", `\n`, "\t", `\t`, "\r", `\r`)
	unquoting = strings.NewReplacer(`\\"`, `"`, "\\\\`", "`", `\\$`, "$", `\\\\`, `\`, "%%", "%", `\n`, "\n", `\t`, "\t", `\r`, "\r")
)

func quote(executable string) string { return `"` + quoting.Replace(executable) + `"` }

// parseDesktop reads the program of an entry. Desktops switch an entry off by a key in it.
func parseDesktop(text []byte) (executable string, off bool) {
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "Exec":
			executable = program(value)
		case "Hidden":
			off = off || value == "true"
		case "X-GNOME-Autostart-enabled":
			off = off || value == "false"
		}
	}
	return executable, off
}

// program is the first word of an Exec line.
func program(exec string) string {
	if !strings.HasPrefix(exec, `"`) {
		word, _, _ := strings.Cut(exec, " ")
		return unquoting.Replace(word)
	}
	rest := exec[1:]
	for at := 0; at < len(rest); at++ {
		switch {
		case strings.HasPrefix(rest[at:], `\\`):
			at += 2 // what is escaped cannot end the word
			if strings.HasPrefix(rest[at:], `\\`) {
				at++
			}
		case rest[at] == '"':
			return unquoting.Replace(rest[:at])
		}
	}
	return ""
}
