package reuse

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTalks: conversations whose misses have known causes, and controls of which nothing may be claimed. The caches
// are a stand-in's that follows the vendors' rules; what is said must be the cause, and nothing else.
func TestTalks(t *testing.T) {
	if len(talks) < 50 {
		t.Fatalf("%d conversations, want at least 50", len(talks))
	}
	for _, tt := range talks {
		t.Run(tt.name, func(t *testing.T) { tt.tell(newWorld(t)) })
	}
}

// grown says the first three calls of a conversation, of which nothing is missed.
func (w *world) grown(c *talk) *talk {
	w.t.Helper()
	w.say(c, First)
	w.say(c.next("1"), "")
	w.say(c.next("2"), "")
	return c
}

type story struct {
	name string
	tell func(w *world)
}

// changes is a story of a conversation of which one thing changes.
func changes1(name string, start func() *talk, change func(c *talk), want Cause) story {
	return story{name, func(w *world) {
		c := w.grown(start())
		change(c)
		w.say(c.next("3"), want)
		w.say(c.next("4"), "")
	}}
}

var talks = slices.Concat(claudeTalks, openaiTalks, otherTalks, quietTalks)

var claudeTalks = []story{
	changes1("a tool is added", claude, func(c *talk) { c.tools = append(c.tools, text("search", 100)) }, Tools),
	changes1("a tool is taken away", claude, func(c *talk) { c.tools = c.tools[:2] }, Tools),
	changes1("a tool says something else", claude, func(c *talk) { c.tools[1] = text("rewrite", 200) }, Tools),
	changes1("tools come in another order", claude, func(c *talk) { slices.Reverse(c.tools) }, ToolsOrder),
	changes1("all tools are gone", claude, func(c *talk) { c.tools = nil }, Tools),
	changes1("the system prompt's first block changes", claude, func(c *talk) { c.system[0].text = text("careless", 300) }, System),
	changes1("the system prompt has a date in it", claude, func(c *talk) { c.system[0].text += " 2026-11-02" }, System),
	changes1("a system block is added in front", lean, func(c *talk) { c.system = append([]part1{{"text", text("more", 50), ""}}, c.system...) }, System),
	changes1("a system block is added at the end, and nearly all is read", claude, func(c *talk) { c.system = append(c.system, part1{"text", text("more", 50), ""}) }, ""),
	changes1("the model changes", claude, func(c *talk) { c.model = "claude-opus-4-1" }, Model),
	changes1("another channel answers", claude, func(c *talk) { c.channel = "ch_9" }, Channel),
	changes1("nothing is marked any more", claude, func(c *talk) { c.ttl, c.systemTTL = "", "" }, NoMark),
	changes1("the first message is edited", lean, func(c *talk) { c.turns[0].parts[0].text += " edited" }, Message),
	{"an early answer is taken out and the rest stays", func(w *world) {
		c := lean()
		c.turns[0] = user(text("task", 680))
		w.say(c, First)
		w.say(c.next("1"), "")
		w.say(c.next("2"), "")
		w.say(c.next("3"), "")
		c.turns[1].parts[0].text = "shortened"
		e := w.say(c.next("4"), Message)
		if e != nil && e.Place != 2 {
			w.t.Errorf("message %d is said to have changed, want 2", e.Place)
		}
	}},
	{"the oldest messages are left out", func(w *world) {
		c := w.grown(claude())
		w.say(c.next("3"), "")
		w.say(c.next("4"), "")
		c.turns = c.turns[2:]
		w.say(c.next("5"), Message)
	}},
	{"two hours pass", func(w *world) {
		c := w.grown(claude())
		w.wait(130 * time.Minute)
		e := w.say(c.next("3"), Pause)
		if e.IdleMs < (130*time.Minute).Milliseconds() || e.MostMs != (5*time.Minute).Milliseconds() {
			w.t.Errorf("said %+v, want 130 minutes and a life of five", e)
		}
	}},
	{"six minutes pass", func(w *world) {
		c := w.grown(claude())
		w.wait(6 * time.Minute)
		w.say(c.next("3"), Pause)
		w.say(c.next("4"), "")
	}},
	{"an hour's cache is gone after an hour", func(w *world) {
		c := claude()
		c.ttl, c.systemTTL = "1h", "1h"
		w.grown(c)
		w.wait(30 * time.Minute)
		w.say(c.next("3"), "")
		w.wait(70 * time.Minute)
		w.say(c.next("4"), Pause)
	}},
	{"of two lives the shorter is over", func(w *world) {
		c := claude()
		c.systemTTL, c.system[1].text = "1h", text("folder", 100)
		w.grown(c)
		w.say(c.next("a"), "")
		w.say(c.next("b"), "")
		w.wait(10 * time.Minute)
		w.say(c.next("3"), Pause)
	}},
	{"the provider forgets", func(w *world) {
		c := w.grown(claude())
		w.evict()
		w.say(c.next("3"), NotKept)
		w.say(c.next("4"), "")
	}},
	{"thinking is turned on", func(w *world) {
		c := lean()
		c.systemTTL, c.turns[0] = "", user(text("task", 900))
		w.grown(c)
		c.settings["thinking"] = `{"type":"enabled","budget_tokens":1024}`
		w.say(c.next("3"), Setting)
	}},
	{"a tool is forced", func(w *world) {
		c := claude()
		c.tools, c.system = c.tools[:1], c.system[:1]
		c.system[0].text = text("careful", 550)
		w.grown(c)
		w.say(c.next("x"), "")
		w.say(c.next("y"), "")
		w.say(c.next("z"), "")
		c.settings["tool_choice"] = `{"type":"tool","name":"run"}`
		w.say(c.next("3"), Setting)
	}},
	{"thirty tools run at once", func(w *world) {
		c := claude()
		c.tools, c.system = nil, c.system[:1]
		w.grown(c)
		calls, results := turn{role: "assistant"}, turn{role: "user"}
		for i := range 30 {
			calls.parts = append(calls.parts, part1{"call", "run" + string(rune('a'+i)), ""})
			results.parts = append(results.parts, part1{"result", text("out"+string(rune('a'+i)), 20), ""})
		}
		c.turns = append(c.turns, calls, results)
		w.say(c, Lookback)
	}},
	{"a pause and another tool: the pause comes first, and both are said", func(w *world) {
		c := w.grown(claude())
		w.wait(time.Hour)
		c.tools[0] = text("reread", 200)
		e := w.say(c.next("3"), Pause)
		if !slices.Equal(e.Causes, []Cause{Pause, Tools}) {
			w.t.Errorf("said %v, want the pause and the tools", e.Causes)
		}
	}},
	{"the same hint stands in each newest message alone", func(w *world) {
		c := lean()
		c.turns[0].parts = append(c.turns[0].parts, part1{"text", "hint: be brief", ""})
		w.say(c, First)
		for _, s := range []string{"1", "2", "3"} {
			last := &c.turns[len(c.turns)-1]
			last.parts = last.parts[:len(last.parts)-1]
			c.next(s)
			last = &c.turns[len(c.turns)-1]
			last.parts = append(last.parts, part1{"text", "hint: be brief", ""})
			w.say(c, Message)
		}
	}},
	{"a hint moves from message to message, and much was behind it", func(w *world) {
		c := claude()
		c.tools, c.system = nil, c.system[:1]
		c.turns[0].parts = append([]part1{{"text", text("hint", 30), ""}}, c.turns[0].parts...)
		w.grown(c)
		c.turns[0].parts = c.turns[0].parts[1:]
		w.say(c.next("3"), Message)
	}},
}

var openaiTalks = []story{
	changes1("chat: a tool is added", chat, func(c *talk) { c.tools = append(c.tools, text("search", 100)) }, Tools),
	changes1("chat: tools come in another order", chat, func(c *talk) { slices.Reverse(c.tools) }, ToolsOrder),
	changes1("chat: the system prompt changes", chat, func(c *talk) { c.system[0].text = "Now: " + c.system[0].text }, System),
	changes1("chat: the first message changes", chat, func(c *talk) { c.tools, c.turns[0].parts[0].text = nil, "x" }, Tools),
	changes1("chat: the model changes", chat, func(c *talk) { c.model = "gpt-5-mini" }, Model),
	changes1("chat: another form of output is asked for", chat, func(c *talk) { c.settings["response_format"] = `{"type":"json_object"}` }, ""), // the tools and the system prompt are still read
	changes1("responses: a tool is taken away", responses, func(c *talk) { c.tools = c.tools[1:] }, Tools),
	changes1("responses: the instructions change", responses, func(c *talk) { c.system[0].text += "!" }, System),
	changes1("responses: the client asks for another cache", responses, func(c *talk) { c.settings["prompt_cache_key"] = `"b"` }, CacheKey),
	{"chat: three hours pass", func(w *world) {
		c := w.grown(chat())
		w.wait(3 * time.Hour)
		w.say(c.next("3"), Pause)
	}},
	{"chat: twenty minutes pass, more than it promises", func(w *world) {
		c := w.grown(chat())
		w.wait(20 * time.Minute)
		w.say(c.next("3"), Pause)
	}},
	{"chat: the provider forgets", func(w *world) {
		c := w.grown(chat())
		w.evict()
		w.say(c.next("3"), NotKept)
	}},
	{"responses: a day's cache lives for hours", func(w *world) {
		c := responses()
		c.settings["prompt_cache_retention"] = `"24h"`
		w.grown(c)
		w.wait(5 * time.Hour)
		w.say(c.next("3"), "")
		w.wait(30 * time.Hour)
		w.say(c.next("4"), Pause)
	}},
}

var otherTalks = []story{
	changes1("gemini: a tool is added", gemini, func(c *talk) { c.tools = append(c.tools, text("search", 100)) }, Tools),
	changes1("gemini: the system instruction changes", gemini, func(c *talk) { c.system[0].text = "Now: " + c.system[0].text }, System),
	{"gemini: a cache that nobody promised is gone", func(w *world) {
		c := w.grown(gemini())
		w.evict()
		w.say(c.next("3"), "")
	}},
	{"a provider of which nothing is known forgets", func(w *world) {
		c := chat()
		c.provider = "custom-openai"
		w.say(c, First)
		w.say(c.next("1"), "")
		w.evict()
		w.say(c.next("2"), "")
	}},
	{"a provider of which nothing is known has read before, and then the tools change", func(w *world) {
		c := chat()
		c.provider = "custom-openai"
		w.say(c, First)
		w.say(c.next("1"), "")
		c.tools = c.tools[1:]
		w.say(c.next("2"), Tools)
	}},
	{"another key of the same provider answers", func(w *world) {
		c := w.grown(claude())
		w.evict() // the other key's account has nothing
		c.providerKey = "pk_9"
		w.say(c.next("3"), ProviderKey)
	}},
}

var quietTalks = []story{
	{"a conversation that only grows", func(w *world) {
		c := w.grown(claude())
		for _, s := range []string{"3", "4", "5", "6", "7"} {
			w.say(c.step(s), "")
		}
	}},
	{"calls of four minutes apart", func(w *world) {
		c := w.grown(claude())
		for _, s := range []string{"3", "4", "5"} {
			w.wait(4 * time.Minute)
			w.say(c.next(s), "")
		}
	}},
	{"a retry of the same request", func(w *world) {
		c := w.grown(claude())
		w.say(c, "")
		w.say(c, "")
	}},
	{"two conversations on one key", func(w *world) {
		a, b := claude(), claude()
		b.turns[0] = user(text("other", 400))
		w.say(a, First)
		w.say(b, First)
		for _, s := range []string{"1", "2", "3"} {
			w.say(a.next("a"+s), "")
			w.say(b.next("b"+s), "")
		}
	}},
	{"a sub-agent with tools and a task of its own", func(w *world) {
		c := w.grown(claude())
		sub := claude()
		sub.tools, sub.system, sub.turns = sub.tools[:1], []part1{{"text", text("helper", 500), ""}}, []turn{user(text("errand", 300))}
		w.say(sub, First)
		w.say(c.next("3"), "")
		w.say(sub.next("s1"), "")
		w.say(c.next("4"), "")
	}},
	{"a title is asked for with the same message", func(w *world) {
		c := claude()
		w.say(c, First)
		title := c.fork()
		title.tools, title.system, title.ttl, title.systemTTL = nil, []part1{{"text", "A title of five words.", ""}}, "", ""
		w.say(title, Short)
		w.say(c.next("1"), "")
	}},
	{"branches that run at once from one beginning", func(w *world) {
		c := claude()
		w.say(c, First)
		a, b := c.fork().next("a"), c.fork().next("b")
		ra, rb := w.begin(a), w.begin(b)
		w.wait(20 * time.Second)
		for _, r := range []*running{ra, rb} {
			if e := w.end(r); e != nil {
				w.t.Errorf("said %+v of a branch, want nothing", e)
			}
		}
		w.say(a.next("a2"), "")
		w.say(b.next("b2"), "")
	}},
	{"the first two calls run at once: neither could read the other", func(w *world) {
		a, b := claude(), claude()
		ra := w.begin(a)
		w.wait(time.Second)
		w.cache = map[string]time.Time{}
		rb := w.begin(b)
		w.wait(20 * time.Second)
		w.end(ra)
		if e := w.end(rb); e != nil && e.Cause.Miss() {
			w.t.Errorf("said %+v of a call that ran beside the first, want no miss", e)
		}
	}},
	{"another branch is tried from an old message", func(w *world) {
		c := w.grown(claude())
		again := c.fork()
		again.turns = again.turns[:1]
		w.say(again.next("other"), "")
		w.say(again.next("other2"), "")
		w.say(c.next("3"), "")
	}},
	{"the conversation is compacted", func(w *world) {
		c := w.grown(claude())
		w.say(c.next("3"), "")
		c.turns = []turn{user(text("summary", 100))}
		r := w.begin(c)
		w.wait(time.Second)
		if e := w.end(r); e != nil && e.Cause.Miss() {
			w.t.Errorf("said %+v of a new beginning, want no miss", e)
		}
		w.say(c.next("4"), "")
	}},
	{"breakpoints move and texts become arrays", func(w *world) {
		c := w.grown(claude())
		c.turns[0].parts[0].mark = "5m"
		w.say(c.next("3"), "")
		c.turns[0].parts[0].mark = ""
		w.say(c.next("4"), "")
	}},
	{"a small hint moves in a long conversation", func(w *world) {
		c := claude()
		for _, s := range []string{"1", "2", "3", "4", "5", "6"} {
			last := &c.turns[len(c.turns)-1]
			last.parts = append(last.parts, part1{"text", "hint: be brief, " + s, ""})
			r := w.begin(c)
			w.wait(5 * time.Second)
			if e := w.end(r); e != nil && e.Cause.Miss() {
				w.t.Errorf("said %+v of turn %s, want nothing", e, s)
			}
			last.parts = last.parts[:len(last.parts)-1]
			c.next(s)
		}
	}},
	{"a prompt too short to be kept", func(w *world) {
		c := claude()
		c.tools, c.system, c.turns = nil, nil, []turn{user(text("hi", 180))}
		w.say(c, Short)
		w.say(c, Short)
	}},
	{"nothing was ever marked, and the prompt is short", func(w *world) {
		c := claude()
		c.ttl, c.systemTTL = "", ""
		w.say(c, First)
		w.say(c.next("1"), "")
	}},
	{"a reply that was cut tells nothing of its cache", func(w *world) {
		c := claude()
		c.unknown = true
		w.say(c, "")
		w.evict()
		c.unknown = false
		w.say(c.next("1"), "")
	}},
	{"the model thinks, and what it thought is left out", func(w *world) {
		c := claude()
		c.tools, c.system = nil, c.system[:1]
		w.say(c, First)
		c.turns = append(c.turns, turn{"assistant", []part1{{"think", text("hm", 400), ""}, {"text", "ok", ""}}}, user(text("go", 50)))
		w.say(c, "")
		c.turns[1].parts = c.turns[1].parts[1:]
		w.say(c.next("2"), "")
	}},
	{"a setting changes of which nothing is known, and the provider forgets", func(w *world) {
		c := w.grown(claude())
		w.evict()
		c.settings["output_config"] = `{"effort":"low"}`
		w.say(c.next("3"), "")
	}},
	{"two keys have the same conversation", func(w *world) {
		c := w.grown(claude())
		o := c.fork()
		o.key = "key_2"
		w.say(o.next("3"), First)
		w.say(c.next("3"), "")
	}},
	{"between minutes four and six the life may be over or not", func(w *world) {
		c := claude()
		w.say(c, First)
		r := w.begin(c.next("1"))
		w.wait(2 * time.Minute)
		w.end(r)
		w.wait(4 * time.Minute)
		w.evict()
		w.say(c.next("2"), "")
	}},
	{"a part of the prompt lies at the provider", func(w *world) {
		c := responses()
		w.say(c, First)
		c.settings["previous_response_id"] = `"resp_1"`
		c.tools, c.turns = nil, []turn{user(text("more", 500))}
		w.say(c, "")
	}},
	{"a restart comes between two calls", func(w *world) {
		c := w.grown(claude())
		w.restart()
		w.say(c.next("3"), "")
		w.restart()
		c.tools[2] = text("jog", 200)
		w.say(c.next("4"), Tools)
	}},
}

// lean is an assistant with nearly all in its messages.
func lean() *talk {
	c := claude()
	c.tools, c.system = nil, []part1{{"text", text("careful", 100), ""}}
	c.turns[0] = user(text("task", 900))
	return c
}

func chat() *talk      { return openai("openai-chat") }
func responses() *talk { return openai("responses") }

// TestPlacesOfChanges: what changed is named by its place, counted from one.
func TestPlacesOfChanges(t *testing.T) {
	w := newWorld(t)
	c := w.grown(claude())
	c.system[1].text = text("elsewhere", 300)
	if e := w.say(c.next("3"), System); e.Place != 2 {
		t.Errorf("the system prompt differs from block %d on, want 2", e.Place)
	}
	c.tools[2] = text("jog", 200)
	if e := w.say(c.next("4"), Tools); e.Place != 3 {
		t.Errorf("tool %d changed, want 3", e.Place)
	}
}

// TestCost: a miss cost what its tokens were charged beyond reading them, at the call's own card.
func TestCost(t *testing.T) {
	w := newWorld(t)
	c := w.grown(claude())
	w.wait(time.Hour)
	e := w.say(c.next("3"), Pause)
	// Sonnet 4.5 writes at 3.75 and reads at 0.30 dollars a million: 3.45 beyond.
	if want := e.Tokens * 3_450_000; e.Pico == nil || *e.Pico != want {
		t.Errorf("%d tokens cost %v pico-dollars, want %d", e.Tokens, e.Pico, want)
	}
	if e.Tokens != e.Expected-e.Read {
		t.Errorf("%d tokens were not read, want all of %d but %d", e.Tokens, e.Expected, e.Read)
	}
	d := w.grown(func() *talk { c := claude(); c.model, c.key = "claude-unheard-of", "key_3"; return c }())
	w.wait(time.Hour)
	if e := w.say(d.next("3"), Pause); e.Pico != nil {
		t.Errorf("a miss without a price cost %d, want nothing said", *e.Pico)
	}
}

// TestGaps: where calls went by unseen, nothing is claimed of those before.
func TestGaps(t *testing.T) {
	w := newWorld(t)
	c := w.grown(claude())
	w.wait(time.Hour)
	w.watch.mu.Lock()
	w.watch.lost["key_1"] = w.now
	w.watch.mu.Unlock()
	w.say(c.next("3"), "")
	w.evict()
	w.say(c.next("4"), NotKept)
}

// TestNothingReadable: what is stored has no word of the prompt.
func TestNothingReadable(t *testing.T) {
	w := newWorld(t)
	c := claude()
	c.turns[0].parts[0].text = text("xylophone", 400)
	w.grown(c)
	w.wait(time.Hour)
	c.tools[0] = text("xylophones", 100)
	w.say(c.next("3"), Pause)
	if found := search(t, w.home, "xylophone"); len(found) > 0 {
		t.Errorf("a word of the prompt stands in %s", strings.Join(found, ", "))
	}
}
