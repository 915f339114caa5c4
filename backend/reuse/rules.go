package reuse

import (
	"cmp"
	"strings"
	"time"

	"weir/backend/prompt"
	"weir/billing"
)

// A vendor says what is known of a provider's cache. What is not known is not claimed.
type vendor struct {
	whole    bool  // it caches every prompt by itself: what a call sent, the next one should find
	least    int64 // tokens below which a whole prompt is not expected to be cached
	marked   bool  // it caches only what is marked with cache_control
	lookback int   // how many blocks before a breakpoint it looks for an earlier one; 0: all
	ordered  bool  // the order of keys inside a block is known to matter
	lives    func(p *point) life
	shortest func(model string) int64 // tokens below which nothing is cached; 0: not known
	counts   func(model string) bool  // what a model was given to keep is counted: nothing counted, nothing kept
}

// A life is how long a cache keeps what nobody reads. Zero is not known.
type life struct {
	Least time.Duration // as long as that it is promised
	Most  time.Duration // after that it is gone; 0: it may be there longer
}

// vendors are those whose own pages say how their caches work, by the provider's id. Their pages were read 2026-11:
//
//	anthropic  https://platform.claude.com/docs/en/build-with-claude/prompt-caching: five minutes or an hour from the
//	           last use, at most 20 blocks looked back, shortest prefixes by model, the order of keys counts
//	openai     https://developers.openai.com/api/docs/guides/prompt-caching: 1,024 tokens; see openaiLife
//	deepseek   https://api-docs.deepseek.com/guides/kv_cache/: every request, kept for hours to days, nothing promised
//	google     https://ai.google.dev/gemini-api/docs/caching: 2,048 or 4,096 tokens by model, nothing promised
var vendors = map[string]vendor{
	"anthropic":       {marked: true, lookback: 20, ordered: true, lives: markedLife, shortest: claudeShortest},
	"anthropic-login": {marked: true, lookback: 20, ordered: true, lives: markedLife, shortest: claudeShortest},
	"openai":          {whole: true, least: 1024, lives: openaiLife, shortest: func(string) int64 { return 1024 }, counts: func(m string) bool { return openaiModel(m).counts }},
	"deepseek":        {whole: true, least: 1024, lives: noLife, shortest: noShortest, counts: never},
	"google":          {whole: true, least: 4096, lives: noLife, shortest: geminiShortest, counts: never},
}

// vendorOf is what is known of a provider's cache: of one in nobody's list, only what its own counts show.
func vendorOf(provider string) vendor {
	if v, ok := vendors[provider]; ok {
		return v
	}
	return vendor{lives: noLife, shortest: noShortest}
}

func noLife(*point) life      { return life{} }
func noShortest(string) int64 { return 0 }
func never(string) bool       { return false }

// markedLife is as long as the breakpoints asked for. With both kinds, the shorter is what is promised of all.
func markedLife(p *point) life {
	switch {
	case p.Five && p.Hour:
		return life{5 * time.Minute, time.Hour}
	case p.Hour:
		return life{time.Hour, time.Hour}
	case p.Five:
		return life{5 * time.Minute, 5 * time.Minute}
	}
	return life{}
}

// openaiLife: in memory five to ten minutes, an hour at most; a day where that was asked for. From gpt-5.6 on half
// an hour or twelve are the least, and what was kept longer is told to nobody. gpt-5.5 keeps for a day unasked.
func openaiLife(p *point) life {
	switch p.Retention {
	case "in_memory", "in-memory":
		return life{5 * time.Minute, time.Hour}
	case "24h":
		return life{0, 24 * time.Hour}
	case "30m":
		return life{30 * time.Minute, 0}
	case "12h":
		return life{12 * time.Hour, 0}
	case "":
	default:
		return life{}
	}
	return openaiModel(p.model).life
}

// openaiModels are how OpenAI's models keep prefixes by themselves, and whether they count what they keep.
var openaiModels = map[string]struct {
	life
	counts bool
}{
	"gpt-4o": {short, false}, "gpt-4.1": {short, false}, "o1": {short, false}, "o3": {short, false}, "o4-mini": {short, false},
	"gpt-5": {short, false}, "gpt-5.1": {short, false}, "gpt-5.2": {short, false}, "gpt-5.3": {short, false}, "gpt-5.4": {short, false},
	"gpt-5.5": {life{0, 24 * time.Hour}, false},
	"gpt-5.6": {half, true}, "gpt-6": {half, true}, "gpt-6.1": {half, true},
}

var (
	short = life{5 * time.Minute, time.Hour}
	half  = life{30 * time.Minute, 0}
)

// openaiModel finds a model by its family: gpt-5-mini is one of gpt-5, and gpt-5.1 is not.
func openaiModel(model string) (found struct {
	life
	counts bool
}) {
	family := model
	for {
		if m, ok := openaiModels[family]; ok {
			return m
		}
		at := strings.LastIndexByte(family, '-')
		if at < 0 {
			return found
		}
		family = family[:at]
	}
}

// shortestClaude are the shortest prefixes that Anthropic caches, by the model's name without its date
// (https://platform.claude.com/docs/en/build-with-claude/prompt-caching, read 2026-11). Of two numbers that its pages
// gave, the smaller one.
var shortestClaude = map[string]int64{
	"claude-opus-5": 512, "claude-fable-5": 512, "claude-mythos-5": 512,
	"claude-opus-4-8": 1024, "claude-sonnet-5": 1024, "claude-sonnet-4-6": 1024, "claude-sonnet-4-5": 1024, "claude-opus-4-1": 1024,
	"claude-opus-4-7": 2048, "claude-3-5-haiku": 2048,
	"claude-opus-4-6": 4096, "claude-opus-4-5": 4096, "claude-haiku-4-5": 4096,
}

func claudeShortest(model string) int64 { return byName(shortestClaude, model) }

var shortestGemini = map[string]int64{
	"gemini-2.5-flash": 1024, "gemini-2.5-pro": 2048, "gemini-3.1-pro-preview": 4096,
	"gemini-3.5-flash": 4096, "gemini-3.6-flash": 4096, "gemini-3.7-flash": 4096, "gemini-3.8-flash": 4096,
}

func geminiShortest(model string) int64 { return byName(shortestGemini, model) }

// byName finds a model by its name, with a date behind it or without.
func byName(table map[string]int64, model string) int64 {
	if n, ok := table[model]; ok {
		return n
	}
	if at := strings.LastIndex(model, "-20"); at > 0 && len(model)-at == len("-20250101") {
		return table[model[:at]]
	}
	return 0
}

// read is how many tokens of a call a cache served, and written how many it was given.
func read(u billing.Usage) int64 {
	return u[billing.CacheRead] + u[billing.CacheReadAudio] + u[billing.CacheReadImage]
}

func written(u billing.Usage) int64 {
	return u[billing.CacheWrite5m] + u[billing.CacheWrite1h] + u[billing.CacheWrite] + u[billing.CacheWrite12h]
}

// kept is how many tokens of a call's prompt its cache should have had for the next one, as far as that is known.
func (v vendor) kept(p *point) int64 {
	told := p.Read + p.Written
	switch {
	case !v.whole, p.Written > 0, v.counts(p.model):
		return told
	case p.Prompt >= v.least:
		return p.Prompt
	}
	return 0
}

// writeLife is how long at least a call's writes are kept; 0: not known.
func (v vendor) writeLife(p *point) time.Duration {
	l := v.lives(p)
	return cmp.Or(l.Most, l.Least)
}

// asks says whether a prompt asks for anything to be cached.
func asks(p *prompt.Prompt) bool {
	five, hour := p.Marks()
	return five || hour
}
