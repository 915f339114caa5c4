// Command pricebook imports list prices from the genai-prices data set into
// billing/book/catalog.jsonl, one card per line, so that each change can be
// reviewed as a diff, and what it did not take over into DROPPED.txt beside it.
// A book that was changed, by the import or by hand, gets its next version.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// The data set, at an exact version, and the day on which it was published.
const (
	npmPackage = "@pydantic/genai-prices@0.1.8"
	sourceName = "genai-prices 0.1.8"
	checkedOn  = "2026-09-23"
)

//go:embed dump.mjs
var dumpScript []byte

func main() {
	out := flag.String("out", "billing/book/catalog.jsonl", "where the catalogue goes")
	from := flag.String("from", "", "a dump made before, instead of installing the package")
	only := flag.Bool("seal", false, "import nothing: give the book its next version after a change by hand")
	flag.Parse()
	var err error
	if !*only {
		err = run(*out, *from)
	}
	if err == nil {
		err = seal(filepath.Dir(*out), time.Now(), os.Stderr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pricebook:", err)
		os.Exit(1)
	}
}

func run(out, from string) error {
	dump, err := readDump(from)
	if err != nil {
		return err
	}
	var providers []provider
	dec := json.NewDecoder(bytes.NewReader(dump))
	dec.UseNumber()
	if err := dec.Decode(&providers); err != nil {
		return fmt.Errorf("read the dump: %w", err)
	}
	cards, notes := convert(providers)
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	for _, c := range cards {
		if err := enc.Encode(c); err != nil {
			return fmt.Errorf("write card %s: %w", c.ID, err)
		}
	}
	kept, err := keepFormer(out, cards)
	if err != nil {
		return fmt.Errorf("keep former cards: %w", err)
	}
	dropped := report(notes)
	for line := range bytes.Lines(dropped) {
		if !bytes.HasPrefix(line, []byte("  ")) && len(line) > 1 {
			fmt.Fprint(os.Stderr, string(line))
		}
	}
	fmt.Fprintf(os.Stderr, "%d cards, %d kept of those before, %d bytes\n", len(cards), kept, text.Len())
	if err := os.WriteFile(filepath.Join(filepath.Dir(out), "DROPPED.txt"), dropped, 0o644); err != nil {
		return err
	}
	return os.WriteFile(out, text.Bytes(), 0o644)
}

// readDump installs the package into a folder of its own, without running any of
// its scripts, and has its data printed.
func readDump(from string) ([]byte, error) {
	if from != "" {
		return os.ReadFile(from)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "pricebook")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "dump.mjs"), dumpScript, 0o600); err != nil {
		return nil, err
	}
	npm := exec.CommandContext(ctx, "npm", "install", "--prefix", dir, "--ignore-scripts", "--no-audit", "--no-fund", npmPackage)
	npm.Stderr = os.Stderr
	if err := npm.Run(); err != nil {
		return nil, fmt.Errorf("install %s: %w", npmPackage, err)
	}
	node := exec.CommandContext(ctx, "node", append([]string{"dump.mjs"}, providerIDs()...)...)
	node.Dir, node.Stderr = dir, os.Stderr
	dump, err := node.Output()
	if err != nil {
		return nil, fmt.Errorf("dump the prices: %w", err)
	}
	return dump, nil
}
