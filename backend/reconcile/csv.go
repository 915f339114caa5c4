package reconcile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"weir/frontend/src/i18n"
)

// A sheet is a kind of CSV file, known by columns that no other has.
type sheet struct {
	format, provider string
	known            []string
	row              func(*fields) Row
}

// The sheets. Their columns are those of exports of 2025 and 2026, as their readers have written them down
// (read 2026-11): OpenAI's dashboard "platform.openai.com/usage, Export", Anthropic's "platform.claude.com/usage" and
// "/cost", OpenRouter's "openrouter.ai/activity, Export".
var sheets = []sheet{
	{OpenAIUsageCSV, "openai", []string{"start_time", "num_model_requests", "input_tokens", "output_tokens", "model"}, openAIUsageRow},
	{OpenAICostsCSV, "openai", []string{"start_time", "amount_value", "amount_currency"}, openAICostRow},
	{AnthropicUsageCSV, "anthropic", []string{"usage_date_utc", "model_version", "usage_input_tokens_no_cache", "usage_output_tokens"}, anthropicUsageRow},
	{AnthropicCostsCSV, "anthropic", []string{"usage_date_utc", "model", "cost_usd"}, anthropicCostRow},
	{OpenRouterCSV, "openrouter", []string{"created_at", "model_permaslug", "cost_total", "tokens_prompt", "tokens_completion"}, openRouterRow},
}

func parseCSV(text []byte) (Account, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.ReuseRecord = true
	head, err := r.Read()
	if err != nil {
		return Account{}, csvError(err)
	}
	f := &fields{at: map[string]int{}, reader: r}
	for i, name := range head {
		f.at[strings.ToLower(strings.TrimSpace(name))] = i
	}
	i := slices.IndexFunc(sheets, func(s sheet) bool { return f.has(s.known...) })
	if i < 0 {
		return Account{}, wrong(i18n.T("error.reconcile.unknown_columns", "columns", shortened(strings.Join(head, ", "))))
	}
	a := Account{Format: sheets[i].format, Provider: sheets[i].provider}
	for {
		f.record, err = r.Read()
		if errors.Is(err, io.EOF) {
			return a, nil
		}
		if err != nil {
			return Account{}, csvError(err)
		}
		row := sheets[i].row(f)
		if f.err != nil {
			return Account{}, f.err
		}
		if row.Day != "" {
			a.Rows = append(a.Rows, row)
		}
	}
}

func csvError(err error) error {
	var at *csv.ParseError
	if !errors.As(err, &at) {
		return wrong(i18n.T("error.reconcile.empty"))
	}
	if errors.Is(at.Err, csv.ErrFieldCount) {
		return wrong(i18n.T("error.reconcile.csv_columns", "line", at.Line))
	}
	return wrong(i18n.T("error.reconcile.csv_quotes", "line", at.Line, "column", at.Column))
}

func shortened(text string) string {
	if most := []rune(text); len(most) > 120 {
		return string(most[:119]) + "…"
	}
	return text
}

// fields reads the columns of a record by their names, and keeps the first error.
type fields struct {
	reader *csv.Reader
	at     map[string]int
	record []string
	err    error
}

func (f *fields) has(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { _, there := f.at[name]; return !there })
}

func (f *fields) text(name string) string {
	i, there := f.at[name]
	if !there {
		return ""
	}
	return strings.TrimSpace(f.record[i])
}

// bad notes that a field cannot be read.
func (f *fields) bad(name, what string) {
	if f.err != nil {
		return
	}
	line, column := f.reader.FieldPos(f.at[name])
	f.err = wrong(i18n.T(what, "line", line, "column", column, "name", name, "value", shortened(f.text(name))))
}

// count reads a number of tokens or requests; an empty field is 0, a missing column is unknown.
func (f *fields) count(name string) *int64 {
	if !f.has(name) {
		return nil
	}
	text := f.text(name)
	if text == "" {
		return new(int64)
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(text, ".0"), 10, 64)
	if err != nil || n < 0 || n > mostCount {
		f.bad(name, "error.reconcile.csv_number")
	}
	return &n
}

func (f *fields) day(name string) string {
	day, ok := dayOf(f.text(name))
	if !ok {
		f.bad(name, "error.reconcile.csv_day")
	}
	return day
}

// cost reads an amount of dollars into the row.
func (f *fields) cost(row *Row, name string) {
	m, ok := dollars(f.text(name), 0)
	if !ok {
		f.bad(name, "error.reconcile.csv_amount")
	}
	row.Cost = &m
}

// bucketDay is the day of a row of OpenAI's, which has its start in seconds too.
func (f *fields) bucketDay() string {
	seconds, err := strconv.ParseInt(f.text("start_time"), 10, 64)
	day, ok := dayAt(seconds)
	if err != nil || !ok {
		return f.day("start_time")
	}
	return day
}

// openAIUsageRow leaves out the rows of days on which there was nothing: they have a time and nothing else.
func openAIUsageRow(f *fields) Row {
	if f.text("num_model_requests") == "" {
		return Row{}
	}
	return Row{Day: f.bucketDay(), Model: f.text("model"), Figures: Figures{Requests: f.count("num_model_requests"), Input: f.count("input_tokens"),
		CacheRead: f.count("input_cached_tokens"), CacheWrite: f.count("input_cache_write_tokens"), Output: f.count("output_tokens")}}
}

func openAICostRow(f *fields) Row {
	if f.text("amount_value") == "" {
		return Row{}
	}
	if !strings.EqualFold(f.text("amount_currency"), "usd") {
		f.bad("amount_currency", "error.reconcile.csv_currency")
	}
	row := Row{Day: f.bucketDay(), Model: modelOfItem(f.text("line_item"))}
	f.cost(&row, "amount_value")
	return row
}

func anthropicUsageRow(f *fields) Row {
	row := Row{Day: f.day("usage_date_utc"), Model: f.text("model_version")}
	fresh, read := f.count("usage_input_tokens_no_cache"), f.count("usage_input_tokens_cache_read")
	short, long := f.count("usage_input_tokens_cache_write_5m"), f.count("usage_input_tokens_cache_write_1h")
	row.CacheRead, row.CacheWrite = read, sum(short, long)
	row.Input, row.Output = sum(fresh, read, short, long), f.count("usage_output_tokens")
	return row
}

func anthropicCostRow(f *fields) Row {
	row := Row{Day: f.day("usage_date_utc"), Model: f.text("model")}
	f.cost(&row, "cost_usd")
	return row
}

// openRouterRow is one request. Its cached tokens lie inside the prompt.
func openRouterRow(f *fields) Row {
	one := int64(1)
	row := Row{Day: f.day("created_at"), Model: f.text("model_permaslug"), Figures: Figures{Requests: &one, Input: f.count("tokens_prompt"),
		CacheRead: f.count("tokens_cached"), Output: f.count("tokens_completion")}}
	f.cost(&row, "cost_total")
	return row
}

// sum adds what is known.
func sum(counts ...*int64) *int64 {
	var total int64
	for _, n := range counts {
		if n != nil {
			total += *n
		}
	}
	return &total
}
