//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"weir/backend/local"
)

// scrollScript drives Chromium; it lies beside this program, which is started from the repository's root.
var scrollScript = filepath.Join("test", "bench", "desktop", "scroll.mjs")

// scroll lets a browser scroll the list of calls and adds what it saw. Where there is no browser, it says so.
func scroll(ctx context.Context, client *local.Client, s *sums) error {
	for _, path := range []string{scrollScript, "test/browser/node_modules"} {
		if _, err := os.Stat(path); err != nil {
			fmt.Println("scrolling was not measured:", err)
			return nil
		}
	}
	var login struct {
		URL string `json:"login_url"`
	}
	if err := client.Ask(ctx, "login.new", &login); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "node", scrollScript, login.URL)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("scroll in a browser: %w", err)
	}
	for line := range bytes.Lines(out) {
		var seen struct {
			Name, Unit string
			Values     []float64
		}
		if err := json.Unmarshal(line, &seen); err != nil {
			return fmt.Errorf("read what the browser saw, %q: %w", line, err)
		}
		for _, v := range seen.Values {
			s.add(seen.Name, seen.Unit, v)
		}
	}
	return nil
}
