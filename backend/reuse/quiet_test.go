package reuse

import (
	"time"
)

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
