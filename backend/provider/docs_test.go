package provider

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

const (
	docs       = "../../docs/providers.md"
	kindsBegin = "<!-- kinds -->\n"
	kindsEnd   = "<!-- /kinds -->"
)

// formats are the dialects as people know them, in the order of the table.
var formats = []struct{ dialect, name, counted string }{
	{"openai-chat", "Chat", "inside the prompt"},
	{"responses", "Responses", "inside the prompt"},
	{"anthropic", "Messages", "beside it"},
	{"gemini", "Gemini", "inside the prompt"},
	{"openai", "", ""},
	{"rerank", "", ""},
}

// TestTheTableOfKinds keeps the table in docs/providers.md equal to the rows.
func TestTheTableOfKinds(t *testing.T) {
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), kindsBegin)
	_, tail, also := strings.Cut(rest, kindsEnd)
	if !ok || !also {
		t.Fatal("the table has no place in " + docs)
	}
	book, err := billing.ShippedBook()
	if err != nil {
		t.Fatal(err)
	}
	table := "| type | | base URL | formats | counted | priced |\n| --- | --- | --- | --- | --- | --- |\n"
	for _, p := range All() {
		if p.ID != gateway.Sandbox {
			table += fmt.Sprintf("| `%s` | %s | %s | %s | %s | %s |\n", p.ID, p.Name, address(p), offered(p), counted(p), priced(book, p))
		}
	}
	golden(t, docs, head+kindsBegin+table+kindsEnd+tail)
}

func address(p Provider) string {
	if p.BaseURL == "" {
		return "yours"
	}
	return "`" + p.BaseURL + "`"
}

// offered names a row's formats, and the operations of those that have no name as a whole.
func offered(p Provider) string {
	var all []string
	for _, f := range formats {
		lane, has := p.Lanes[f.dialect]
		switch {
		case !has:
		case f.name != "":
			all = append(all, f.name)
		default:
			for _, op := range lane.Ops {
				all = append(all, string(op))
			}
		}
	}
	return strings.Join(all, ", ")
}

// counted says where cached tokens are in what a row's endpoints report.
func counted(p Provider) string {
	var all []string
	for _, f := range formats {
		if _, has := p.Lanes[f.dialect]; has && f.counted != "" && !slices.Contains(all, f.counted) {
			all = append(all, f.counted)
		}
	}
	if len(all) > 1 {
		return all[0] + "; Messages " + all[1]
	}
	return cmp.Or(strings.Join(all, ""), "—")
}

// reports are those who say with each reply what they charged.
var reports = []string{"openrouter", "xai", "perplexity"}

// priced says where the price of a row's calls comes from.
func priced(book *billing.Book, p Provider) string {
	known := len(book.Models(p.Prices, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))) > 0
	switch {
	case p.Local:
		return "free of charge"
	case p.Login:
		return "covered by the subscription"
	case strings.HasPrefix(p.ID, "custom-"):
		return "by the list of " + p.Prices
	case slices.Contains(reports, p.Prices):
		return "as it reports"
	case known && p.NeedsBaseURL && p.ID != "azure":
		return "by the list of who makes the model"
	case known:
		return "by its list"
	}
	return "not known"
}
