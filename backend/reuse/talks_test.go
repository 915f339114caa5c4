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
