package counting

import (
	"encoding/json"
	"strings"

	"weir/billing"
)

// A Report is what an upstream said of one call's tokens, as it said it.
type Report struct {
	CallID  string `json:"call_id"`
	Prompt  int64  `json:"prompt_tokens"`
	Read    int64  `json:"cache_read_tokens"`
	Written int64  `json:"cache_write_tokens"`
	Output  int64  `json:"output_tokens"`
}

// names are the places where upstreams have their numbers; the first that is there counts.
var names = struct{ prompt, read, written, output []string }{
	prompt: []string{"prompt_tokens", "input_tokens"},
	read: []string{"prompt_tokens_details.cached_tokens", "input_tokens_details.cached_tokens", "cache_read_input_tokens",
		"prompt_cache_hit_tokens", "cached_tokens"},
	written: []string{"prompt_tokens_details.cache_write_tokens", "prompt_tokens_details.cache_creation_tokens",
		"input_tokens_details.cache_write_tokens", "cache_creation_input_tokens"},
	output: []string{"completion_tokens", "output_tokens"},
}

// Read reads an upstream's usage object; ok is false where it does not tell the prompt's tokens.
func Read(usage json.RawMessage) (r Report, ok bool) {
	var doc map[string]any
	dec := json.NewDecoder(strings.NewReader(string(usage)))
	dec.UseNumber()
	if dec.Decode(&doc) != nil {
		return r, false
	}
	r.Prompt, ok = first(doc, names.prompt)
	r.Read, _ = first(doc, names.read)
	r.Written, _ = first(doc, names.written)
	r.Output, _ = first(doc, names.output)
	return r, ok
}

// first returns the first of some numbers that is there; several places may have a zero beside the true one.
func first(doc map[string]any, paths []string) (n int64, ok bool) {
	for _, path := range paths {
		if v, there := number(doc, path); there && (!ok || n == 0) {
			n, ok = v, true
		}
	}
	return n, ok
}

func number(doc map[string]any, path string) (int64, bool) {
	outer, inner, nested := strings.Cut(path, ".")
	v := doc[outer]
	if nested {
		object, _ := v.(map[string]any)
		v = object[inner]
	}
	text, _ := v.(json.Number)
	n, err := text.Int64()
	return n, err == nil && n >= 0
}

// A Verdict is what the reports of a check say.
type Verdict string

const (
	Inclusive     Verdict = "inclusive"
	Exclusive     Verdict = "exclusive"
	NoCache       Verdict = "no_cache"      // the upstream took nothing from a cache: there is no evidence
	NoUsage       Verdict = "no_usage"      // it did not say what it counted
	Contradictory Verdict = "contradictory" // neither way explains the numbers
)

// Count is the setting that a verdict speaks for; empty: none.
func (v Verdict) Count() billing.Counting {
	switch v {
	case Inclusive:
		return billing.CountInclusive
	case Exclusive:
		return billing.CountExclusive
	}
	return ""
}

// Judge says how the upstream counts, from the reports of the same prompt sent more than once.
// Whichever way is right, the whole prompt is as long each time: inclusive, that is its prompt
// count; exclusive, the prompt count with what was read and written. Where both hold, and one is
// about double the text, the text's own length decides.
func (f Form) Judge(reports []Report) Verdict {
	hit := len(reports) - 1
	for hit > 0 && reports[hit].Read == 0 {
		hit--
	}
	if hit <= 0 {
		return NoCache
	}
	one, two := reports[0], reports[hit]
	inside := near(one.Prompt, two.Prompt) && one.fits() && two.fits() && f.likely(two.Prompt)
	beside := near(one.whole(), two.whole()) && f.likely(two.whole())
	if !two.fits() && f.likely(two.whole()) {
		return Exclusive // more was read than the prompt has, whatever the first call did not tell
	}
	switch {
	case inside && beside:
		return f.likelier(two)
	case inside:
		return Inclusive
	case beside:
		return Exclusive
	}
	return Contradictory
}

// whole is the prompt's length if what was read and written stands beside the count.
func (r Report) whole() int64 { return r.Prompt + r.Read + r.Written }

// fits says whether what was read and written can lie inside the count.
func (r Report) fits() bool { return max(r.Read, r.Written) <= r.Prompt+slack }

// slack is by how many tokens counts of the same text may differ.
const slack = 16

func near(a, b int64) bool { return max(a-b, b-a) <= slack+max(a, b)/50 }

// tokens is about how many tokens the prompt has: English prose has nearly five bytes in each.
func (f Form) tokens() int64 { return int64(f.parts*len(prose)) * 2 / 9 }

// likely says whether a prompt of ours can have so many tokens.
func (f Form) likely(n int64) bool { return n*2 >= f.tokens() && n*5 <= f.tokens()*9 }

// likelier compares both ways with the text's length. They differ by what was read and written,
// which is nearly all of the prompt: the one that is off by less is right.
func (f Form) likelier(r Report) Verdict {
	off := func(n int64) int64 { return max(n-f.tokens(), f.tokens()-n) }
	switch a, b := off(r.Prompt), off(r.whole()); {
	case a*2 < b:
		return Inclusive
	case b*2 < a:
		return Exclusive
	}
	return Contradictory
}
