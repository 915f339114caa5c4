package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"weir/billing"
)

// A note is something of the data set that was left out, or not taken over as it stands.
type note struct{ kind, text string }

// Kinds of notes, in the order of the report.
const (
	openEnded  = "Open-ended beginnings: only exact ids and dated spellings of them are taken over"
	patterns   = "Patterns: only the ids that they spell out are taken over"
	claimed    = "Ids that two models claim: they belong to neither"
	stranger   = "Ids that are another model's: not taken over"
	noID       = "Models without an exact id: left out"
	noPrices   = "Models without prices: left out"
	byHour     = "Prices by the hour: left out"
	future     = "Prices dated after the data set: left out until somebody has looked at them"
	unreadable = "Prices that cannot be read: left out"
	noMeter    = "Charges that no meter counts: left out, and every bill of the card is an estimate"
	dirt       = "Prices with the dirt of floats: rounded to nine decimals"
	dates      = "Bare dates: read as the first instant of the vendor's day"
)

var kinds = []string{openEnded, patterns, claimed, stranger, noID, noPrices, byHour, future, unreadable, noMeter, dirt, dates}

// report writes the notes by kind, each with its count.
func report(notes []note) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "What the import of %s did not take over as it stands. Written by make prices.\n", sourceName)
	for _, kind := range kinds {
		var lines []string
		for _, n := range notes {
			if n.kind == kind {
				lines = append(lines, "  "+n.text)
			}
		}
		slices.Sort(lines)
		lines = slices.Compact(lines)
		fmt.Fprintf(&out, "\n%s: %d\n", kind, len(lines))
		if len(lines) > 0 {
			out.WriteString(strings.Join(lines, "\n") + "\n")
		}
	}
	return out.Bytes()
}

// keepFormer puts the cards of the catalogue before that the new one has not behind those that
// are kept for the bills that name them.
func keepFormer(catalogue string, cards []billing.Card) (kept int, err error) {
	before, err := os.ReadFile(catalogue)
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	path := filepath.Join(filepath.Dir(catalogue), "former.jsonl")
	former, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return 0, err
	}
	has := map[string]bool{}
	for _, c := range cards {
		has[c.ID] = true
	}
	for line := range bytes.Lines(former) {
		var c billing.Card
		if err := json.Unmarshal(line, &c); err != nil {
			return 0, fmt.Errorf("read %s: %w", path, err)
		}
		has[c.ID] = true
	}
	for line := range bytes.Lines(before) {
		var c billing.Card
		if err := json.Unmarshal(line, &c); err != nil {
			return 0, fmt.Errorf("read %s: %w", catalogue, err)
		}
		if !has[c.ID] {
			former, kept = append(former, line...), kept+1
		}
	}
	if kept == 0 {
		return 0, nil
	}
	return kept, os.WriteFile(path, former, 0o644)
}
