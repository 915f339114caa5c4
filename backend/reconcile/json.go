package reconcile

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"weir/frontend/src/i18n"
)

// A page is one answer of a provider's API: buckets of time, or OpenRouter's list of days.
type page struct {
	Data    []bucket `json:"data"`
	HasMore bool     `json:"has_more"`
}

// A bucket is a span of time with what was used in it. OpenRouter's rows have no buckets: their fields stand here.
type bucket struct {
	StartTime  *int64 `json:"start_time"`  // OpenAI
	StartingAt string `json:"starting_at"` // Anthropic
	Results    []item `json:"results"`
	Result     []item `json:"result"` // as OpenAI's reference has it too
	item
}

// An item is what all the formats have, each by its own names. Numbers stay text until they are read.
type item struct {
	Object   string `json:"object"`
	Model    string `json:"model"`
	LineItem string `json:"line_item"`

	Requests    *json.Number `json:"num_model_requests"`
	Input       *json.Number `json:"input_tokens"`
	Cached      *json.Number `json:"input_cached_tokens"`
	CacheWrites *json.Number `json:"input_cache_write_tokens"`
	Output      *json.Number `json:"output_tokens"`

	Uncached  *json.Number `json:"uncached_input_tokens"`
	CacheRead *json.Number `json:"cache_read_input_tokens"`
	Creation  struct {
		Short *json.Number `json:"ephemeral_5m_input_tokens"`
		Long  *json.Number `json:"ephemeral_1h_input_tokens"`
	} `json:"cache_creation"`
	Amount      json.RawMessage `json:"amount"` // Anthropic: cents as text; OpenAI: an object
	Currency    string          `json:"currency"`
	Description string          `json:"description"`

	Date       string       `json:"date"`
	Permaslug  string       `json:"model_permaslug"`
	Usage      *json.Number `json:"usage"`
	BYOK       *json.Number `json:"byok_usage_inference"`
	Count      *json.Number `json:"requests"`
	Prompt     *json.Number `json:"prompt_tokens"`
	Completion *json.Number `json:"completion_tokens"`
}

// mostObjects is more than a file of the largest size has in any of the formats. Read all the same, one of nothing
// but empty objects would take a hundred times its size in memory.
const mostObjects = 200_000

// parseJSON reads pages, one after another or in a list.
func parseJSON(text []byte) (Account, error) {
	if bytes.Count(text, []byte("{")) > mostObjects {
		return Account{}, wrong(i18n.T("error.reconcile.unknown_json"))
	}
	pages, err := pagesOf(text)
	if err != nil {
		return Account{}, err
	}
	var a Account
	for i, p := range pages {
		if i == len(pages)-1 {
			a.More = p.HasMore
		}
		for n, b := range p.Data {
			if err := a.addBucket(b, n+1); err != nil {
				return Account{}, err
			}
		}
	}
	if a.Format == "" && (len(pages) == 0 || !anyBucket(pages)) {
		return Account{}, wrong(i18n.T("error.reconcile.unknown_json"))
	}
	return a, nil
}

// anyBucket says whether pages have at least empty days.
func anyBucket(pages []page) bool {
	for _, p := range pages {
		for _, b := range p.Data {
			if b.StartTime != nil || b.StartingAt != "" {
				return true
			}
		}
	}
	return false
}

func pagesOf(text []byte) ([]page, error) {
	var pages []page
	dec := json.NewDecoder(bytes.NewReader(text))
	for {
		var one json.RawMessage
		err := dec.Decode(&one)
		if errors.Is(err, io.EOF) {
			return pages, nil
		}
		if err != nil {
			return nil, jsonError(text, 0, err)
		}
		begins := int(dec.InputOffset()) - len(one)
		var list []page
		if one[0] != '[' {
			list = make([]page, 1)
			err = json.Unmarshal(one, &list[0])
		} else {
			err = json.Unmarshal(one, &list)
		}
		if err != nil {
			return nil, jsonError(text, begins, err)
		}
		pages = append(pages, list...)
	}
}

// jsonError says where JSON cannot be read.
func jsonError(text []byte, begins int, err error) error {
	at, what := len(text), "error.reconcile.json"
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		at = begins + int(syntax.Offset) - 1
	case errors.As(err, &kind):
		at, what = begins+int(kind.Offset)-1, "error.reconcile.json_kind"
	}
	before := text[:max(0, min(at, len(text)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	field := ""
	if kind != nil {
		field = kind.Field
	}
	return wrong(i18n.T(what, "line", line, "column", column, "name", field))
}

// A shape is a kind of JSON item, known by its fields.
type shape struct {
	format, provider string
	is               func(item) bool
	row              func(*reading, item) Row
}

// The shapes, each with the page that says what its fields mean (read 2026-11).
var shapes = []shape{
	// https://platform.openai.com/docs/api-reference/usage/costs
	{OpenAICosts, "openai", func(i item) bool { return i.Object == "organization.costs.result" }, openAICost},
	// https://platform.openai.com/docs/api-reference/usage/completions; those of embeddings and others have the same fields
	{OpenAIUsage, "openai", func(i item) bool {
		return strings.HasPrefix(i.Object, "organization.usage.") && i.Requests != nil
	}, openAIUsage},
	// https://platform.claude.com/docs/en/api/admin/usage_report/retrieve_messages
	{AnthropicUsage, "anthropic", func(i item) bool { return i.Uncached != nil }, anthropicUsage},
	// https://platform.claude.com/docs/en/api/admin/cost_report/retrieve
	{AnthropicCosts, "anthropic", func(i item) bool { return i.Amount != nil && i.Currency != "" }, anthropicCost},
	// https://openrouter.ai/docs/api-reference/analytics/get-user-activity
	{OpenRouter, "openrouter", func(i item) bool { return i.Date != "" && i.Usage != nil }, openRouterDay},
}

// addBucket adds the rows of a bucket. An account is of one format throughout.
func (a *Account) addBucket(b bucket, n int) error {
	items := append(b.Results, b.Result...)
	if b.Date != "" {
		items = []item{b.item}
	}
	for _, i := range items {
		var of *shape
		for s := range shapes {
			if shapes[s].is(i) {
				of = &shapes[s]
				break
			}
		}
		if of == nil {
			return wrong(i18n.T("error.reconcile.json_item", "n", n))
		}
		if a.Format != "" && a.Format != of.format {
			return wrong(i18n.T("error.reconcile.json_mixed", "n", n))
		}
		a.Format, a.Provider = of.format, of.provider
		r := &reading{n: n}
		row := of.row(r, i)
		if row.Day == "" {
			row.Day = r.bucketDay(b)
		}
		if r.err != nil {
			return r.err
		}
		a.Rows = append(a.Rows, row)
	}
	return nil
}

// A reading reads the values of an item, and keeps the first error.
type reading struct {
	n   int // the bucket's place in its page, from 1
	err error
}

func (r *reading) bad(name, value string) {
	if r.err == nil {
		r.err = wrong(i18n.T("error.reconcile.json_value", "n", r.n, "name", name, "value", shortened(value)))
	}
}

func (r *reading) bucketDay(b bucket) string {
	if b.StartTime != nil {
		day, ok := dayAt(*b.StartTime)
		if !ok {
			r.bad("start_time", "")
		}
		return day
	}
	return r.day("starting_at", b.StartingAt)
}

func (r *reading) day(name, text string) string {
	day, ok := dayOf(text)
	if !ok {
		r.bad(name, text)
	}
	return day
}

func (r *reading) count(name string, v *json.Number) *int64 {
	if v == nil {
		return nil
	}
	n, err := v.Int64()
	if err != nil || n < 0 || n > mostCount {
		r.bad(name, v.String())
	}
	return &n
}

func (r *reading) cost(row *Row, name, text string, shift int32) {
	m, ok := dollars(text, shift)
	if !ok {
		r.bad(name, text)
	}
	row.Cost = &m
}

func openAIUsage(r *reading, i item) Row {
	return Row{Model: i.Model, Figures: Figures{Requests: r.count("num_model_requests", i.Requests), Input: r.count("input_tokens", i.Input),
		CacheRead: r.count("input_cached_tokens", i.Cached), CacheWrite: r.count("input_cache_write_tokens", i.CacheWrites),
		Output: r.count("output_tokens", i.Output)}}
}

func openAICost(r *reading, i item) Row {
	var amount struct {
		Value    json.Number `json:"value"`
		Currency string      `json:"currency"`
	}
	if json.Unmarshal(i.Amount, &amount) != nil || !strings.EqualFold(amount.Currency, "usd") {
		r.bad("amount", string(i.Amount))
	}
	row := Row{Model: modelOfItem(i.LineItem)}
	r.cost(&row, "amount.value", amount.Value.String(), 0)
	return row
}

func anthropicUsage(r *reading, i item) Row {
	fresh, read := r.count("uncached_input_tokens", i.Uncached), r.count("cache_read_input_tokens", i.CacheRead)
	short, long := r.count("ephemeral_5m_input_tokens", i.Creation.Short), r.count("ephemeral_1h_input_tokens", i.Creation.Long)
	return Row{Model: i.Model, Figures: Figures{Input: sum(fresh, read, short, long), CacheRead: sum(read), CacheWrite: sum(short, long),
		Output: r.count("output_tokens", i.Output)}}
}

// anthropicCost is in cents. What is no model's, such as searches, stands by its description.
func anthropicCost(r *reading, i item) Row {
	var cents string
	if json.Unmarshal(i.Amount, &cents) != nil || i.Currency != "USD" {
		r.bad("amount", string(i.Amount))
	}
	row := Row{Model: i.Model}
	if row.Model == "" {
		row.Model = i.Description
	}
	r.cost(&row, "amount", cents, -2)
	return row
}

// openRouterDay: what a key of one's own cost at its vendor is no part of usage, but Weir counts both.
func openRouterDay(r *reading, i item) Row {
	row := Row{Day: r.day("date", i.Date), Model: i.Model, Figures: Figures{Requests: r.count("requests", i.Count),
		Input: r.count("prompt_tokens", i.Prompt), Output: r.count("completion_tokens", i.Completion)}}
	if row.Model == "" {
		row.Model = i.Permaslug
	}
	r.cost(&row, "usage", i.Usage.String(), 0)
	if i.BYOK != nil {
		paid := *row.Cost
		r.cost(&row, "byok_usage_inference", i.BYOK.String(), 0)
		both := paid.Add(*row.Cost)
		row.Cost = &both
	}
	return row
}
