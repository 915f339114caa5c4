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
	r := read(provider, endpoint, count, raw)
	return r.usage, r.flags, r.ok
}

func read(provider, endpoint string, count Counting, raw json.RawMessage) reading {
	doc, fault := decodeUsage(raw)
	if fault != "" {
		return reading{flags: []string{fault}}
	}
	v, _, known := vendorOf(provider)
	s, written := schemeOf(provider, endpoint, count)
	if !written {
		return reading{flags: []string{flagUnknownEndpoint}}
	}
	auto := count != CountInclusive && count != CountExclusive
	rd := &reader{}
	if !known && auto {
		rd.flag(flagSchemeAssumed)
	}
	doc = rd.mergeFrames(doc)
	out := reading{doc: doc}
	main, others := rd.iterations(doc)
	for _, part := range main {
		out.usage = out.usage.plus(rd.apply(s, part, v.loose && auto))
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

// decodeUsage reads a usage object without losing a digit. An empty one is as
// good as none: it must not be taken for a call that consumed nothing.
func decodeUsage(raw json.RawMessage) (doc map[string]any, fault string) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return nil, FlagUsageMissing
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if raw[0] != '{' || dec.Decode(&doc) != nil || dec.More() {
		return nil, flagNoObject
	}
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
	for _, path := range s.need {
		if _, ok := r.at(path); !ok {
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
		n, ok := r.at(rule.path)
		if rule.less != "" {
			rest, _ := r.at(rule.less)
			n = max(0, n-rest)
		}
		r.seen = r.seen || ok && rule.verb == adds
		if rule.verb == moves {
			if n > u[rule.from] {
				n, outgrown = u[rule.from], true
			}
			u[rule.from] -= n
		}
		u[rule.to] += n
	}
	return u, outgrown
}

// settleChat does what chat replies need beyond their rules: reasoning that the
// total proves to lie beside the answer, and DeepSeek's count of cache misses.
func settleChat(r *reader, u *Usage) {
	prompt, _ := r.at("prompt_tokens")
	answer, _ := r.at("completion_tokens")
	total, _ := r.at("total_tokens")
	if n := u[Reasoning]; n > 0 && total-prompt-answer == n {
		u[Output] += n
		r.flag(flagOutputFromTotal)
	}
	hits, _ := r.at("prompt_cache_hit_tokens")
	if misses, ok := r.at("prompt_cache_miss_tokens"); ok && hits+misses != prompt {
		r.flag(flagHitMissMismatch)
	}
}
