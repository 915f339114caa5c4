package billing

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// A quote is a card's rates under everything that a case says about itself.
type quote struct {
	card  *Card
	rates table
	times *decimal.Decimal // multiplies token rates; nil: nothing does
	least []least          // quantities that are charged at least
	fx    *Rate            // what the rates, which are in yuan, are converted by; nil: they are in dollars
	flags []string
}

// said is what a case says beside its counts.
type said struct {
	condition
	fromRequest bool // the tier is only what was asked for
}

// A Request is what a request and its reply say beside the usage that prices depend on.
type Request struct {
	Tier       string   `json:"service_tier,omitempty"`        // the one that was asked for
	Model      string   `json:"response_model,omitempty"`      // the one that the reply names
	Items      []string `json:"output_item_types,omitempty"`   // the kinds of what a Responses reply consists of
	Containers int64    `json:"containers_created,omitempty"`  // started to run code
	Searches   *int64   `json:"web_searches,omitempty"`        // where the reply counts them itself
	Size       string   `json:"search_context_size,omitempty"` // how much it was to search for the answer
	SearchType string   `json:"search_type,omitempty"`         // in how many steps: "pro" or "auto"
	Sessions   int64    `json:"code_sessions,omitempty"`       // containers that ran code, whenever they were started
	Queries    int64    `json:"search_queries,omitempty"`      // that the reply names
	Images     int64    `json:"images,omitempty"`              // that the reply consists of
	Regional   bool     `json:"regional,omitempty"`            // the upstream serves from a region with prices of its own
}

// sane says whether the counts can be true.
func (r Request) sane() bool {
	searches := int64(0)
	if r.Searches != nil {
		searches = *r.Searches
	}
	return min(r.Containers, r.Sessions, searches, r.Queries, r.Images) >= 0 &&
		max(r.Containers, r.Sessions, searches, r.Queries, r.Images) <= mostTokens
}

// ordinaryTiers are the names that requests and replies give to the tier of the list price.
var ordinaryTiers = []string{"default", "standard", "standard_only", "on_demand"}

// traffic is how Vertex names its tiers (Google.Cloud.AIPlatform.V1 3.69.0,
// GenerateContentResponse.UsageMetadata.TrafficType, read 2026-11).
var traffic = map[string]string{"ON_DEMAND": "standard", "ON_DEMAND_FLEX": "flex", "ON_DEMAND_PRIORITY": "priority", "PROVISIONED_THROUGHPUT": "provisioned"}

// batched says whether an endpoint takes work that may wait. Gemini's batchEmbedContents answers at once.
func batched(endpoint string) bool {
	return endpoint == "batch" || endpoint == "messages/batches"
}

// conditions gathers tier, speed and region. The reply's word counts, not the
// request's: an upstream may answer a priority request at the default tier.
func (p *place) conditions(c Case, doc map[string]any) said {
	text := func(key string) string { s, _ := doc[key].(string); return s }
	tier, fromRequest := c.Tier, false
	switch said := cmp.Or(text("service_tier"), text("serviceTier"), traffic[text("trafficType")]); {
	case batched(p.endpoint):
		tier = "batch"
	case tier == "" && said != "":
		tier = strings.ToLower(said)
	case tier == "" && c.Request.Tier != "" && c.Request.Tier != "auto":
		tier, fromRequest = c.Request.Tier, true
	}
	if slices.Contains(ordinaryTiers, tier) {
		tier, fromRequest = "", false
	}
	out := said{condition{Tier: tier, Speed: text("speed"), Geo: text("inference_geo")}, fromRequest}
	out.Cache = cacheKind(p.lists[0], doc)
	if p.id == "perplexity" && c.Request.SearchType != "fast" {
		out.Search = c.Request.SearchType
	}
	if out.Speed == "standard" {
		out.Speed = ""
	}
	if out.Geo == "global" || out.Geo == "not_available" {
		out.Geo = ""
	}
	if out.Geo == "" && c.Request.Regional {
		out.Geo = regional
	}
	return out
}

// cacheKind names the kind of cache where a report tells it: Model Studio's is one that the request
// marked, or one that it keeps unasked at another price, and a request has but one of the two. Only
// the marked one is charged for being written
// (https://www.alibabacloud.com/help/en/model-studio/context-cache, read 2026-11).
func cacheKind(list string, doc map[string]any) string {
	if list != "qwen" && list != "qwen-cn" {
		return ""
	}
	details, _ := doc["prompt_tokens_details"].(map[string]any)
	kind, _ := details["cache_type"].(string)
	written, _ := doc["cache_creation_input_tokens"].(json.Number)
	if kind != "" || written != "" && written != "0" {
		return "explicit"
	}
	return ""
}

// quote finds the rates for a prompt of a length. ok is false for an unknown model.
func (b *Book) quote(p *place, model string, at time.Time, prompt int64, s said) (q quote, ok bool) {
	card, ok := b.look(p.vendor, p.id, model, at)
	if !ok {
		return q, false
	}
	q = quote{card: card, rates: card.ratesFor(prompt), least: card.least, flags: slices.Concat(card.Flags, card.marks)}
	if b.aliased(p.vendor, p.id, model, at) {
		q.flags = append(q.flags, flagByAlias)
	}
	if card.plain {
		q.agree(condition{}, at, prompt)
	}
	for _, want := range []condition{{Tier: s.Tier}, {Speed: s.Speed}, {Geo: s.Geo}, {Cache: s.Cache}, {Search: s.Search}} {
		yours := card.layer == Yours && want.Geo == regional // who set it knows the address
		if want != (condition{}) && !q.agree(want, at, prompt) && !yours {
			q.flags = append(q.flags, flagContextUnpriced)
		}
	}
	if s.fromRequest {
		q.flags = append(q.flags, flagTierFromRequest)
	}
	if card.Currency == yuan {
		q.exchange(b, at)
	}
	return q, true
}

// exchange finds the rate of the day.
func (q *quote) exchange(b *Book, at time.Time) {
	r, ok := b.Rate(at)
	if !ok {
		return
	}
	q.fx = &r
	if r.Day != at.UTC().Format(time.DateOnly) {
		q.flags = append(q.flags, flagRateOfAnotherDay)
	}
}

// agree lays the terms of one condition over a quote. A condition without terms has
// no price: the standard one must not be taken for it.
func (q *quote) agree(want condition, at time.Time, prompt int64) (met bool) {
	always := want == condition{}
	for _, t := range q.card.terms {
		if t.When != want || !t.holds(at, prompt) {
			continue
		}
		met = true
		if t.Times != "" {
			q.multiply(t.factor)
		}
		q.rates = t.over(q.rates, always)
		q.least = append(slices.Clip(q.least), t.least...)
		if t.Flag != "" {
			q.flags = append(q.flags, t.Flag)
		}
	}
	return met
}

func (q *quote) multiply(factor decimal.Decimal) {
	if q.times != nil {
		factor = factor.Mul(*q.times)
	}
	q.times = &factor
}

// fallback says whose rate a meter takes when its own is not on the card, and how
// the bill must say so.
type fallback struct {
	meter, from Meter
	flag        string
}

// The order matters: a row may rest on a rate of its own only, never on another row.
var fallbacks = []fallback{
	{CacheWrite5m, CacheWrite, ""}, // some vendors have one write rate for every lifetime
	{CacheRead, Input, flagReadAtInput},
	{CacheReadAudio, InputAudio, flagReadAtInput},
	{CacheReadImage, InputImage, flagReadAtInput},
	{CacheWrite, Input, flagWriteAtInput},
	{CacheWrite5m, Input, flagWriteAtInput},
}

// hourFactor is what a cache write for an hour costs of the input, with every Claude model
// (https://platform.claude.com/docs/en/build-with-claude/prompt-caching, "1-hour cache write tokens
// are 2 times the base input tokens price", read 2026-11). Lists of other hosts leave it out.
var hourFactor = decimal.NewFromInt(2)

// fallsBack says which meters may take another one's rate.
var fallsBack = func() (all [NumMeters]bool) {
	for _, f := range fallbacks {
		all[f.meter] = true
	}
	return all
}()

// rate is what one meter costs: its rate, or the one it falls back to, multiplied
// before anything is rounded. nil: nobody knows.
func (q *quote) rate(m Meter) (rate *price, flag string) {
	rate, flag = q.ownRate(m)
	if rate != nil && q.fx != nil {
		rate = rate.into(q.fx)
	}
	return rate, flag
}

// ownRate is rate in the card's own currency.
func (q *quote) ownRate(m Meter) (rate *price, flag string) {
	rate = q.rates[m]
	if fallsBack[m] {
		for i := range fallbacks {
			if f := &fallbacks[i]; rate == nil && f.meter == m {
				rate, flag = q.rates[f.from], f.flag
			}
		}
	}
	if in := q.rates[Input]; rate == nil && m == CacheWrite1h && in != nil && q.card != nil && q.card.claude() {
		rate, flag = in.times(m, hourFactor), flagHourFromInput
	}
	if rate == nil {
		return nil, ""
	}
	if q.times != nil && meters[m].unit == "tokens" {
		rate = rate.times(m, *q.times)
	}
	return rate, flag
}
