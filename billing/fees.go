package billing

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// toolItems says what an item of a Responses reply is charged as beside its tokens.
var toolItems = map[string]Meter{
	"web_search_call":  WebSearch,
	"file_search_call": FileSearch,
}

// uncountedItems are charged, but neither usage nor item says how much.
var uncountedItems = []string{"image_generation_call"}

// codeItem ran code in a container, which is charged when it is started.
const codeItem = "code_interpreter_call"

// countTools puts the upstream's own tools on their meters. Most usage objects leave them
// out; xAI's counts them too, and what both tell of is charged once.
func (bill *Bill) countTools(asked Request) {
	var used Usage
	for _, item := range asked.Items {
		if m, ok := toolItems[item]; ok {
			used[m]++
		}
		if slices.Contains(uncountedItems, item) {
			bill.flag(flagToolUncounted)
		}
	}
	if asked.Searches != nil {
		used[WebSearch] = *asked.Searches
	}
	used[CodeSession] = asked.Containers
	for _, m := range []Meter{WebSearch, FileSearch, CodeSession} {
		bill.Usage[m] = max(bill.Usage[m], used[m])
	}
}

// name puts what was counted on the meters that the card has a price for.
func (bill *Bill) name(q *quote, p *place, asked Request, doc map[string]any) {
	bill.nameWrites(q)
	bill.namePictures(q, p.endpoint, doc)
	bill.nameThinking(q)
	bill.nameGrounds(q, asked)
	bill.nameSessions(q, asked)
	bill.nameFee(q, asked, doc)
	if q.atLeast(AudioSeconds, bill.Usage[AudioSeconds]) > bill.Usage[AudioSeconds] {
		bill.Flags = slices.DeleteFunc(bill.Flags, func(f string) bool { return f == flagSecondsUp })
	}
}

// nameWrites moves cache writes of unstated life to the five-minute meter where the
// model's price depends on the lifetime: that is its default.
func (bill *Bill) nameWrites(q *quote) {
	if n := bill.Usage[CacheWrite]; n > 0 && q.rates[CacheWrite5m] != nil {
		bill.Usage[CacheWrite], bill.Usage[CacheWrite5m] = 0, bill.Usage[CacheWrite5m]+n
		bill.flag(flagTTLAssumed)
	}
}

// namePictures moves the answer of an image endpoint to the meter of images where the report does
// not tell them from text and they have a price of their own: what it counts is "the number of image
// tokens" (https://www.rubydoc.info/gems/openai/OpenAI/Models/ImageGenCompletedEvent/Usage, read 2026-11).
func (bill *Bill) namePictures(q *quote, endpoint string, doc map[string]any) {
	text, image := q.rates[Output], q.rates[OutputImage]
	if !strings.HasPrefix(endpoint, "images/") {
		return
	}
	if _, told := doc["output_tokens_details"].(map[string]any); told || text == nil || image == nil || text.rate.Equal(image.rate) {
		return
	}
	bill.Usage[OutputImage], bill.Usage[Output] = bill.Usage[OutputImage]+bill.Usage[Output], 0
}

// nameThinking takes off the bill what stands beside an answer at models that charge for it, and
// that this model does not: its thinking is a note then, its sources and searches cost nothing
// (https://docs.perplexity.ai/getting-started/pricing, read 2026-11).
func (bill *Bill) nameThinking(q *quote) {
	u := &bill.Usage
	if u[Thinking] != 0 && q.rates[Thinking] == nil {
		u[Reasoning], u[Thinking] = max(u[Reasoning], min(u[Thinking], u.Answer()-u[Thinking])), 0
	}
	if q.rates[Citation] == nil {
		u[Citation] = 0
	}
	if q.rates[SearchQuery] == nil {
		u[SearchQuery] = 0
	}
}

// nameGrounds charges Google's searches: by the prompt at older models, by the query at newer ones.
// How many a day or a month are free of charge is not known here
// (https://ai.google.dev/gemini-api/docs/pricing, read 2026-11).
func (bill *Bill) nameGrounds(q *quote, asked Request) {
	switch {
	case !slices.Contains(asked.Items, groundingItem):
		return
	case q.rates[Grounding] != nil:
		bill.Usage[Grounding] = 1
	case q.rates[SearchQuery] != nil && asked.Queries > 0:
		bill.Usage[SearchQuery] = asked.Queries
	default:
		bill.flag(flagToolUncounted)
		return
	}
	bill.flag(flagAllowance)
}

// nameSessions charges the containers in which a reply ran code, where nobody says which of them the
// call started: one that an earlier call had started is charged again, so the bill is an estimate
// (https://developers.openai.com/api/docs/pricing, read 2026-11).
func (bill *Bill) nameSessions(q *quote, asked Request) {
	switch {
	case asked.Containers > 0 || !slices.Contains(asked.Items, codeItem):
	case asked.Sessions == 0 || q.rates[CodeSession] == nil:
		bill.flag(flagToolUncounted)
	default:
		bill.Usage[CodeSession] = asked.Sessions
		bill.flag(flagSessionAssumed)
	}
}

// feeSizes are the meters of a call's own fee by how much it was to search.
var feeSizes = map[string]Meter{"low": FeeLow, "medium": FeeMedium, "high": FeeHigh}

// nameFee counts the call itself and its images, where the card has a price for them. The reply's word on how much
// it searched holds before the request's; "low" is what a request without a word gets
// (https://docs.perplexity.ai/getting-started/pricing, read 2026-11).
func (bill *Bill) nameFee(q *quote, asked Request, doc map[string]any) {
	if q.rates[Fee] != nil {
		bill.Usage[Fee] = 1
	}
	if q.rates[Image] != nil {
		bill.Usage[Image] = asked.Images
	}
	if q.rates[FeeLow] == nil {
		return
	}
	told, _ := doc["search_context_size"].(string)
	m, known := feeSizes[cmp.Or(told, asked.Size, "low")]
	if !known {
		bill.flag(flagContextUnpriced)
		return
	}
	bill.Usage[m] = 1
}

// atLeast is the quantity that is charged: a vendor may have a smallest one.
func (q *quote) atLeast(m Meter, n int64) int64 {
	for _, l := range q.least {
		if l.meter == m && n > 0 {
			n = max(n, l.quantity)
		}
	}
	return n
}

// line charges a meter, and says so where more is charged than was used.
func (q *quote) line(m Meter, n int64, rate *price) Line {
	charged := q.atLeast(m, n)
	l := newLine(m, charged, rate)
	if charged != n {
		l.What += "(min " + strconv.FormatInt(charged, 10) + ")"
	}
	return l
}

// byThePiece says whether a call without a usage object can be priced all the same: its card
// charges for images or for the call, and for no token.
func (b *Book) byThePiece(p *place, c Case, r reading) bool {
	if !slices.Equal(r.flags, []string{FlagUsageMissing}) {
		return false
	}
	card, ok := b.look(p.vendor, p.id, c.Model, c.At)
	if !ok || card.table[Input] != nil || card.table[Output] != nil {
		return false
	}
	return card.table[Fee] != nil || card.table[Image] != nil && c.Request.Images > 0
}
