package billing

import "strings"

// A vendor is what is known about one provider's way of counting and charging.
type vendor struct {
	name   string
	lists  []string  // whose price lists hold for it, in order; nil: its own
	loose  bool      // a gateway of unknown upbringing: it may count cached tokens either way
	beside bool      // its chat counts thinking beside the answer, not inside it
	apart  bool      // … and charges it at a price of its own
	laps   bool      // what it wrote to a cache may be what it read from it: both are charged
	prefix string    // vendor prefix that its model names may carry
	free   string    // why nothing is charged
	remark string    // flag that every bill of it carries
	cost   *reported // where it reports its own charge
}

// A reported says where an upstream writes what it charged.
type reported struct {
	path  []step
	shift int32  // decimal places to shift the figure by, to get dollars
	extra []step // a second figure, paid elsewhere
	byok  string // extra is owed only where this is true
	must  bool   // a reply without it is only an estimate
}

// makers are the lists of those who sell models of their own, under their own names: a
// gateway's model has the price of whoever makes it.
var makers = []string{"anthropic", "openai", "google", "deepseek", "x-ai", "mistral", "moonshotai", "zai", "minimax", "cohere", "voyageai", "perplexity"}

const (
	local      = "A model on this machine costs nothing."
	selfHosted = "A model on a server of one's own costs nothing per token."
)

// Prices of SiliconFlow, NVIDIA and Jina are in no list of the book, nor are those in yuan of
// Qwen, Moonshot and MiniMax: what cannot be read at the vendor has no price here.
var vendors = ownLists(map[string]vendor{
	"openai":    {name: "OpenAI", prefix: "openai/"},
	"anthropic": {name: "Anthropic", prefix: "anthropic/"},
	"azure":     {name: "Azure OpenAI", lists: []string{"azure", "openai"}},
	// A reply of Gemini's through OpenRouter told of 2161 tokens read and 2161 written in a prompt of
	// 2168, and was charged for both (a recording of 2026, read 2026-11).
	"openrouter": {name: "OpenRouter", lists: []string{"openrouter"}, laps: true,
		cost: &reported{path: path("cost"), extra: path("cost_details.upstream_inference_cost"), byok: "is_byok", must: true}},
	"deepseek":      {name: "DeepSeek"},
	"groq":          {name: "Groq"},
	"mistral":       {name: "Mistral"},
	"moonshot":      {name: "Moonshot", lists: []string{"moonshotai"}},
	"google":        {name: "Google", prefix: "models/"},
	"google-vertex": {name: "Google Vertex", lists: []string{"google", "anthropic"}},
	// xAI's Responses count thinking inside the output, its chat beside it: there the total
	// is the sum of prompt, answer and thinking (a stream of grok-3-mini, read 2026-11).
	"xai":         {name: "xAI", lists: []string{"x-ai"}, loose: true, beside: true, cost: &reported{path: path("cost_in_usd_ticks"), shift: -10}},
	"perplexity":  {name: "Perplexity", apart: true, cost: &reported{path: path("cost.total_cost")}},
	"bedrock":     {name: "Bedrock", lists: []string{"aws"}},
	"cohere":      {name: "Cohere"},
	"voyage":      {name: "Voyage", lists: []string{"voyageai"}},
	"jina":        {name: "Jina"},
	"fireworks":   {name: "Fireworks"},
	"together":    {name: "Together"},
	"cerebras":    {name: "Cerebras"},
	"siliconflow": {name: "SiliconFlow"},
	"nvidia":      {name: "NVIDIA"},
	"qwen":        {name: "Qwen"},
	"qwen-cn":     {name: "Qwen"},
	"alibaba":     {name: "Qwen", lists: []string{"qwen"}},
	"minimax":     {name: "MiniMax"},
	"zai":         {name: "Z.ai"},
	"zhipuai":     {name: "Zhipu"},
	"moonshot-cn": {name: "Moonshot"},
	"minimax-cn":  {name: "MiniMax"},
	// One AI credit is 1e9 nano-AIU and a cent. A plan that counts premium requests names none, and
	// what they cost is no one's list (https://docs.github.com/en/copilot/concepts/billing, read 2026-11).
	"github-copilot":    {name: "GitHub Copilot", cost: &reported{path: path("copilot_usage.total_nano_aiu"), shift: -11}},
	"ollama":            {name: "Ollama", free: local},
	"lmstudio":          {name: "LM Studio", free: local},
	"vllm":              {name: "vLLM", free: selfHosted},
	"litellm":           {name: "LiteLLM", lists: append([]string{"anthropic", "openai", "aws"}, makers[2:]...)},
	"new-api":           {name: "New API", lists: makers, loose: true},
	"one-api":           {name: "One API", lists: makers, loose: true, remark: "upstream_gateway_unreliable"}, // it forgets Claude's cached tokens
	"weir":              {name: "Weir", lists: makers, loose: true},
	"bifrost":           {name: "Bifrost", lists: []string{"anthropic", "openai"}},
	"openai-compatible": {name: "This upstream", lists: []string{"openai", "anthropic", "aws"}, loose: true, remark: "dialect_assumed_inclusive"},
	"9router":           {name: "9router", lists: []string{"anthropic", "openai"}, loose: true, remark: "upstream_gateway_unreliable"},
	"omniroute":         {name: "OmniRoute", lists: []string{"anthropic", "openai"}, loose: true, remark: "upstream_gateway_unreliable"},
})

// ownLists gives those who name no price list their own.
func ownLists(vendors map[string]vendor) map[string]vendor {
	for id, v := range vendors {
		if v.lists == nil {
			v.lists = []string{id}
			vendors[id] = v
		}
	}
	return vendors
}

func path(text string) []step { return counterOf(text)[0] }

// vendorOf finds a provider; known is false for one that nobody wrote down.
func vendorOf(provider string) (v vendor, id string, known bool) {
	id, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(provider)), " (")
	v, known = vendors[id]
	if !known {
		v = vendor{name: "This upstream", lists: []string{id}, loose: true}
	}
	return v, id, known
}

// recount makes cached tokens lie inside the prompt count, or beside it.
func recount(rules []rule, inside bool) []rule {
	out := make([]rule, len(rules))
	for i, r := range rules {
		cached := r.to == CacheRead || r.to == CacheWrite || r.to == CacheWrite12h
		switch {
		case cached && inside && r.verb == adds:
			r.verb, r.from = moves, Input
		case cached && !inside && r.verb == moves && r.from == Input:
			r.verb = adds
		}
		out[i] = r
	}
	return out
}

// Rule says in one plain sentence how an upstream counts.
func Rule(provider, endpoint string, count Counting) string {
	p := placeOf(provider, endpoint)
	return p.rule(count)
}
