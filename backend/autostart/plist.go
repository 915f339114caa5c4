//go:build !windows

package autostart

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// label names the launch agent, and its file.
const label = "weir.agent"

func plistText(executable string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>` + label + `</string>
	<key>ProgramArguments</key>
	<array>
		<string>` + escaped(executable) + `</string>
		<string>` + hidden + `</string>
	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>ProcessType</key>
	<string>Interactive</string>
</dict>
</plist>
`
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

// parsePlist reads the first program argument of a launch agent, and whether it is disabled.
func parsePlist(text []byte) (executable string, off bool) {
	dec := xml.NewDecoder(bytes.NewReader(text))
	var key string
	for {
		token, err := dec.Token()
		if err != nil {
			return executable, off // the end, or no plist
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "key":
			if dec.DecodeElement(&key, &start) != nil {
				return "", false
			}
		case "string":
			var value string
			if dec.DecodeElement(&value, &start) != nil {
				return "", false
			}
			if key == "ProgramArguments" && executable == "" {
				executable = value
			}
		case "true":
			off = off || key == "Disabled"
		}
	}
}
