package console

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"weir/backend/reconcile"
	"weir/billing"
)

var update = flag.Bool("update", false, "write frontend/src/types.gen.ts anew")

const typesFile = "../../frontend/src/types.gen.ts"

// shown are the shapes that the page reads, in the order of the file.
var shown = []any{Limit{}, Pace{}, Key{}, NewKey{}, Group{}, Account{}, LimitChange{}, Alarm{}, Burn{}, ProviderType{}, ProviderOptions{}, Timeouts{}, ProviderKey{}, BalanceAmount{}, Balance{}, CountedCall{}, Counting{}, CountingPlan{}, Provider{}, Model{}, LocalServer{}, Attempt{}, Card{}, Tier{}, CallError{}, Call{}, Quota{}, Secrets{}, Status{}, Door{}, TriedCall{}, Login{},
	Repriced{}, RepriceCalls{}, LeftCalls{}, ModelChange{}, RepricePreview{}, Repricing{}, ReportedSums{}, ReportedPart{}, ReportedCall{}, ReportedView{},
	reconcile.Figures{}, reconcile.Match{}, ReconciliationHead{}, Reconciliation{},
	PriceTier{}, PriceWindow{}, PriceVersion{}, PriceRow{}, PriceQuestion{}, PriceList{}, PricePage{}, PricedModel{}, PriceCondition{}, PriceAlias{}, PriceDetail{}, SetPrice{}, PriceSpan{}, PriceSet{}, SetAlias{}, ExchangeRate{}, PricesImported{}, Unmatched{},
	PriceEdition{}, PriceKey{}, PriceUpdates{}, PriceRateChange{}, PriceChange{}, PriceTermChange{}, PriceDifference{},
	CallPage{}, Download{}, TokenSplit{}, Sums{}, Share{}, Series{}, Timeline{}, MonthView{}, Attention{}, KeyLimit{}, Overview{},
	Miss{}, ShownCall{}, CacheSums{}, CacheShare{}, CacheCause{}, MissedCall{}, CacheView{},
	Settings{}, LoginItem{}, Host{}, Diagnostics{}, Retention{}, RetentionPreview{}, LogTail{}, ProviderUses{}, Connection{}, Change{}, Plan{}, Connected{}}

// TestTypes keeps the page's types equal to the structs that it is answered with.
// `go test ./backend/console -run TestTypes -update` writes them.
func TestTypes(t *testing.T) {
	var b strings.Builder
	b.WriteString("// Code generated from backend/console/types.go by its TestTypes; DO NOT EDIT.\n// Money and quantities are decimal strings; what is not known is null.\n\n")
	b.WriteString(lineType(t))
	for _, v := range shown {
		b.WriteString("\n" + tsInterface(reflect.TypeOf(v)))
	}
	if *update {
		if err := os.WriteFile(typesFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(typesFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != b.String() {
		t.Errorf("%s is not what the structs say: run this test with -update", typesFile)
	}
}

// lineType is a bill's line, which writes its JSON itself.
func lineType(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(billing.Line{})
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	out := "export interface Line {\n"
	for _, name := range names {
		kind := "string"
		if name == "cost_usd" || name == "rate_usd" {
			kind = "string | null"
		}
		out += fmt.Sprintf("  %s: %s\n", name, kind)
	}
	return out + "}\n"
}

func tsInterface(t reflect.Type) string {
	head, fields := "export interface "+t.Name(), ""
	for f := range t.Fields() {
		if f.Anonymous {
			head += " extends " + f.Type.Name()
			continue
		}
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		kind := f.Tag.Get("ts")
		switch {
		case kind == "":
			kind = tsType(f.Type)
		case f.Type.Kind() == reflect.Pointer:
			kind += " | null"
		}
		if option == "omitempty" {
			name += "?"
		}
		fields += fmt.Sprintf("  %s: %s\n", name, kind)
	}
	return head + " {\n" + fields + "}\n"
}

func tsType(t reflect.Type) string {
	if t == reflect.TypeFor[json.RawMessage]() {
		return "unknown"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return tsType(t.Elem()) + " | null"
	case reflect.Slice:
		return tsType(t.Elem()) + "[]"
	case reflect.Map:
		return "Record<string, " + tsType(t.Elem()) + ">"
	case reflect.Struct:
		return t.Name()
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64:
		return "number"
	}
	return "string"
}
