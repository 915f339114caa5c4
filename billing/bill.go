package billing

import (
	"encoding/json"
	"slices"
	"time"
)

// A Status says how far a bill can be trusted.
type Status string

const (
	Priced           Status = "priced"
	ProviderReported Status = "provider_reported" // the upstream's own figure wins
	Estimated        Status = "estimated"         // rests on an assumption, named in Flags
	Unpriced         Status = "unpriced"          // no total, never 0
	Rejected         Status = "rejected"          // the usage is absurd; nothing is booked
)

// A Case is one reply to be priced.
type Case struct {
	Provider string // whose prices and, where known, whose scheme
	Endpoint string // the upstream endpoint that answered: chat/completions, messages, responses, …
	Model    string // the upstream's name for the model
	At       time.Time
	Usage    json.RawMessage // the upstream's own usage object; nil when none came
	Tier     string          // service tier that the reply named; empty: none
	Request  Request         // what else the request or reply said
	Count    Counting
}

// A Bill is what a call costs and why. Pointers are nil for what is not known.
type Bill struct {
	Status       Status
	Usage        Usage
	Lines        []Line
	Total        *Money
	Recomputed   *Money // our own sum, where the provider reported another
	Reported     *Money // the provider's figure
	WithoutCache *Money // the same tokens, all as fresh input
	Saved        *Money // WithoutCache − Total; may be negative
	Flags        []string
	Card         string // id of the price card; empty: none
	Note         string // the rule in words
	Currency     string // of the card, where that is not dollars: "CNY"
	Native       string // the total in that currency, as decimal text; empty: not known
	FX           *Rate  // what the total was converted by
}

// mostPico bounds a single call: more than nine million dollars is an absurd report.
const mostPico = 9_000_000_000_000_000_000

// Bill prices what an upstream reported. It always answers: an absurd case is
// Rejected, one whose price nobody knows is Unpriced, and neither has a total.
func (b *Book) Bill(c Case) Bill {
	if !c.Request.sane() {
		return Bill{Status: Rejected, Flags: []string{flagBadCase}}
	}
	p := placeOf(c.Provider, c.Endpoint)
	note := p.rule(c.Count)
	if _, free := p.gift(); free {
		return Bill{Status: Priced, Total: &Money{}, Note: note}
	}
	r := p.read(c.Count, c.Usage)
	if !r.ok && !b.byThePiece(&p, c, r) {
		return Bill{Status: verdict(r.flags), Flags: r.flags, Note: note}
	}
	if !r.ok {
		r = reading{}
	}
	bill := Bill{Usage: r.usage, Flags: r.flags, Note: note}
	bill.countTools(c.Request)
	b.price(&bill, &p, c, r)
	p.report(&bill, r.doc)
	return bill
}

// Estimate prices counts that are our own, because the upstream reported none or not all.
// What its usage object says beside its counts, such as a speed, still holds. The
// assumption says where the counts come from and is flagged on the bill. Of sound, images
// and searches the bytes that passed tell nothing: without a report they have no price.
func (b *Book) Estimate(c Case, u Usage, assumption string) Bill {
	p := placeOf(c.Provider, c.Endpoint)
	if p.free == "" && p.scheme.opaque {
		if r := p.read(c.Count, c.Usage); !r.ok {
			return b.estimate(&p, c, Usage{}, assumption, FlagUsageMissing)
		}
	}
	return b.estimate(&p, c, u, assumption)
}

func (b *Book) estimate(p *place, c Case, u Usage, flags ...string) Bill {
	bill := Bill{Note: p.rule(c.Count)}
	if _, free := p.gift(); free {
		bill.Status, bill.Total = Priced, &Money{} // whatever was counted
		return bill
	}
	if !c.Request.sane() || slices.ContainsFunc(u[:], func(n int64) bool { return n < 0 || n > mostTokens }) {
		return Bill{Status: Rejected, Usage: u, Flags: append(flags, flagBadCase), Note: bill.Note}
	}
	doc, _ := decodeUsage(c.Usage) // the counts of one that cannot be read are not needed here
	bill.Usage, bill.Flags = p.onItsMeters(u), flags
	bill.countTools(c.Request)
	b.price(&bill, p, c, reading{usage: bill.Usage, doc: new(reader).mergeFrames(doc)})
	if bill.Status == Priced && p.free == "" {
		bill.Status = Estimated
	}
	return bill
}

// onItsMeters leaves out an estimated answer where an endpoint's answers are no tokens: what
// it sends are numbers.
func (p *place) onItsMeters(u Usage) Usage {
	if rules := p.scheme.rules; len(rules) > 0 && !slices.ContainsFunc(rules, func(r rule) bool { return r.to == Output }) {
		u[Output] = 0
	}
	return u
}

// KnownPart is the part of an unpriced call's cost that is known: what its meters that have a
// rate cost at the list price. It keeps a limit from being passed by for want of one rate.
func (b *Book) KnownPart(c Case, u Usage) (sum Money) {
	u[CacheWrite12h] = 0
	plain := Case{Provider: c.Provider, Endpoint: c.Endpoint, Model: c.Model, At: c.At, Count: c.Count}
	p := placeOf(c.Provider, c.Endpoint)
	for _, l := range b.estimate(&p, plain, u).Lines {
		if l.Cost != nil {
			sum = sum.Add(*l.Cost)
		}
	}
	return sum
}

func (bill *Bill) flag(names ...string) {
	for _, name := range names {
		if name != "" && !slices.Contains(bill.Flags, name) {
			bill.Flags = append(bill.Flags, name)
		}
	}
}

// price adds lines and a total, or says why there is none.
func (b *Book) price(bill *Bill, p *place, c Case, r reading) {
	defer bill.settle()
	bill.flag(p.remark)
	if verdict(bill.Flags) == Unpriced || p.free != "" {
		return
	}
	s := p.conditions(c, r.doc)
	prompt := bill.Usage.Prompt()
	q, ok := b.quote(p, c.Request.Model, c.At, prompt, s)
	if !ok {
		q, ok = b.quote(p, c.Model, c.At, prompt, s)
	}
	if !ok {
		bill.flag(flagUnknownModel)
		return
	}
	bill.Card = q.card.ID
	if bill.Usage[CacheWrite12h] > 0 && q.rates[CacheWrite12h] == nil {
		bill.flag(flag12hUnknown)
		return
	}
	bill.name(&q, p, c.Request, r.doc)
	bill.flag(q.flags...)
	if s.Tier == "batch" && bill.Usage[WebSearch]+bill.Usage[FileSearch]+bill.Usage[CodeSession] > 0 {
		bill.flag(flagBatchFee)
	}
	if _, steps := r.doc["iterations"]; steps && q.card.TierOf(prompt) != nil {
		bill.flag(flagStepsAcrossTier)
	}
	if q.card.Currency == yuan && !bill.convert(&q) {
		return
	}
	bill.charge(bill.Usage, &q)
	for _, o := range r.others {
		bill.Usage = bill.Usage.plus(o.usage)
		side, ok := b.quote(p, o.model, c.At, o.usage.Prompt(), s)
		if !ok {
			bill.flag(flagUnknownModel)
			continue
		}
		bill.flag(side.flags...)
		bill.charge(o.usage, &side)
	}
}

// charge adds a line for each meter that was used.
func (bill *Bill) charge(u Usage, q *quote) {
	for m, n := range u {
		if n == 0 || Meter(m) == Reasoning {
			continue
		}
		rate, flag := q.rate(Meter(m))
		if rate == nil {
			flag = flagRateMissing
		}
		bill.flag(flag)
		bill.Lines = append(bill.Lines, q.line(Meter(m), n, rate))
	}
	bill.addFresh(u, q)
}

// addFresh adds what the same tokens would have cost without any cache, each kind
// of input in one sum.
func (bill *Bill) addFresh(u Usage, q *quote) {
	var fresh Usage
	for m, n := range u {
		fresh[meters[m].fresh] += n
	}
	sum := Money{}
	if bill.WithoutCache != nil {
		sum = *bill.WithoutCache
	}
	for m, n := range fresh {
		if n == 0 || Meter(m) == Reasoning {
			continue
		}
		rate, _ := q.rate(Meter(m))
		if rate == nil {
			return
		}
		sum = sum.Add(rate.charge(q.atLeast(Meter(m), n), meters[m].per))
	}
	bill.WithoutCache = &sum
}

// settle draws the total and the status from the lines and the flags.
func (bill *Bill) settle() {
	bill.Status = verdict(bill.Flags)
	if bill.Status == Unpriced {
		bill.WithoutCache = nil
		if slices.Contains(bill.Flags, flagContextUnpriced) {
			bill.Lines = nil
		}
		return
	}
	sum := Money{}
	for _, l := range bill.Lines {
		sum = sum.Add(*l.Cost)
	}
	if sum.Cmp(Pico(mostPico)) > 0 {
		*bill = Bill{Status: Rejected, Flags: []string{flagOutOfRange}, Note: bill.Note}
		return
	}
	bill.Total = &sum
	if bill.WithoutCache != nil {
		saved := bill.WithoutCache.Sub(sum)
		bill.Saved = &saved
	}
}
