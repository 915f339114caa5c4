package billing

import (
	"bytes"
	"encoding/json"
)

// A reading is what a usage object says once its scheme is applied.
type reading struct {
	usage  Usage
	others []otherModel // what other models consumed within the call
	flags  []string
	ok     bool // false: missing or absurd, as the flags say
	doc    map[string]any
}

// An otherModel is a model that the upstream asked on its own account.
type otherModel struct {
	model string
	usage Usage
}

// ParseUsage applies the scheme of the endpoint that answered to its usage object.
// ok is false where the object is missing or absurd; the flags say what was assumed or wrong.
func ParseUsage(provider, endpoint string, count Counting, raw json.RawMessage) (u Usage, flags []string, ok bool) {
	p := placeOf(provider, endpoint)
	r := p.read(count, raw)
	return r.usage, r.flags, r.ok
}

func (p *place) read(count Counting, raw json.RawMessage) reading {
	doc, fault := decodeUsage(raw)
	if fault != "" {
		return reading{flags: []string{fault}}
	}
	if count != CountInclusive && count != CountExclusive {
		count = counted(doc)
	}
	if !p.written {
		return reading{flags: []string{flagUnknownEndpoint}}
	}
	s, auto := p.counting(count, doc), count == CountAuto
	rd := &reader{beside: p.beside, apart: p.apart, laps: p.laps}
	if !p.known && auto {
		rd.flag(flagSchemeAssumed)
	}
	doc = rd.mergeFrames(doc)
	out := reading{doc: doc}
	main, others := rd.iterations(doc)
	for _, part := range main {
		out.usage = out.usage.plus(rd.apply(s, part, p.loose && auto))
	}
	for _, o := range others {
		model, _ := o["model"].(string)
		out.others = append(out.others, otherModel{model, rd.apply(s, o, false)})
	}
	if !rd.seen && verdict(rd.flags) != Rejected {
		rd.flags = []string{FlagUsageMissing}
	}
	if rd.seen && out.usage == (Usage{}) && len(out.others) == 0 {
		rd.flag(FlagUsageZero)
	}
	out.flags, out.ok = rd.flags, rd.seen && verdict(rd.flags) != Rejected
	if !out.ok {
		out.usage, out.others = Usage{}, nil
	}
	return out
}

// counted is how a usage object itself says that its gateway counts cached tokens: New API
// marks what it made of another dialect (service/text_quota.go of a fork of 2026-04, read 2026-11).
func counted(doc map[string]any) Counting {
	switch doc["usage_semantic"] {
	case "openai":
		return CountInclusive
	case "anthropic":
		return CountExclusive
	}
	return CountAuto
}

// decodeUsage reads a usage object without losing a digit. An empty one is as
// good as none: it must not be taken for a call that consumed nothing.
func decodeUsage(raw json.RawMessage) (doc map[string]any, fault string) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return nil, FlagUsageMissing
	}
	if raw[0] != '{' || !json.Valid(raw) {
		return nil, flagNoObject
	}
	doc = object(raw)
	if len(doc) == 0 {
		return nil, FlagUsageMissing
	}
	return doc, ""
}

// apply runs a scheme's rules over one usage object. A loose upstream whose cached
// tokens outgrow its prompt must have counted them beside it.
func (r *reader) apply(s scheme, doc map[string]any, loose bool) Usage {
	r.doc = doc
	u, outgrown := r.run(s.rules)
	if outgrown && loose {
		u, _ = r.run(recount(s.rules, false))
		r.flag(flagInferredExclusive)
	} else if outgrown {
		r.flag(flagPartOutgrew)
	}
	for _, c := range s.need {
		if _, ok := r.at(c); !ok {
			r.flag(FlagUsagePartial)
		}
	}
	if s.fix != nil {
		s.fix(r, &u)
	}
	if u[Reasoning] > u.Answer() {
		u[Reasoning] = u.Answer()
		r.flag(flagReasoningOutgrew)
	}
	return u
}

// run places each counter on its meter. What lies inside another meter can take
// no more out of it than is there.
func (r *reader) run(rules []rule) (u Usage, outgrown bool) {
	for _, rule := range rules {
		count := r.at
		if rule.to == AudioSeconds {
			count = r.length
		}
		n, ok := count(rule.at)
		if rule.less != nil {
			rest, _ := r.at(rule.less)
			n = max(0, n-rest)
		}
		r.seen = r.seen || ok && rule.verb == adds
		if lapping := r.laps && rule.to == CacheWrite && n > u[rule.from] && n <= u[CacheRead]; rule.verb == moves && !lapping {
			if n > u[rule.from] {
				n, outgrown = u[rule.from], true
			}
			u[rule.from] -= n
		}
		u[rule.to] += n
	}
	return u, outgrown
}

var (
	chatPrompt = counterOf("prompt_tokens")
	chatAnswer = counterOf("completion_tokens")
	chatTotal  = counterOf("total_tokens")
	chatHits   = counterOf("prompt_cache_hit_tokens")
	chatMisses = counterOf("prompt_cache_miss_tokens")
	chatFive   = counterOf("prompt_tokens_details.cache_creation.ephemeral_5m_input_tokens") // Model Studio's
	// Perplexity's, at the models that think and quote beside their answer
	chatSources = counterOf("citation_tokens")
	chatQueries = counterOf("num_search_queries")
)

// settleChat does what chat replies need beyond their rules: the lifetime of what Model Studio
// wrote to a cache, reasoning that lies beside the answer, as the total proves or its vendor is
// known for, and DeepSeek's count of cache misses.
func settleChat(r *reader, u *Usage) {
	prompt, _ := r.at(chatPrompt)
	answer, _ := r.at(chatAnswer)
	total, told := r.at(chatTotal)
	if written := u[CacheWrite]; written > 0 {
		five, _ := r.at(chatFive)
		five = min(five, written)
		u[CacheWrite], u[CacheWrite5m] = written-five, u[CacheWrite5m]+five
	}
	if r.apart {
		u[Thinking], u[Reasoning] = u[Reasoning], 0
		u[Citation], _ = r.at(chatSources)
		u[SearchQuery], _ = r.at(chatQueries)
	}
	switch n := u[Reasoning]; {
	case n == 0:
	case total-prompt-answer == n:
		u[Output] += n
		r.flag(flagOutputFromTotal)
	case r.beside && (!told || total < prompt+answer):
		u[Output] += n
	}
	hits, _ := r.at(chatHits)
	if misses, ok := r.at(chatMisses); ok && hits+misses != prompt {
		r.flag(flagHitMissMismatch)
	}
}
