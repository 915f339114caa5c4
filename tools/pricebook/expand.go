package main

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// matcher is how the data set says which model ids a price is for.
type matcher struct {
	Equals   string    `json:"equals"`
	Starts   string    `json:"starts_with"`
	Ends     string    `json:"ends_with"`
	Contains string    `json:"contains"`
	Regex    string    `json:"regex"`
	Or       []matcher `json:"or"`
	And      []matcher `json:"and"`
}

// knownIDs are ids that vendors publish and the data set only covers by a beginning.
var knownIDs = map[string][]string{
	"openai":    {"computer-use-preview", "ft:gpt-3.5-turbo", "ft:gpt-3.5-turbo-0125", "ft:gpt-3.5-turbo-0613", "ft:gpt-3.5-turbo-1106", "ft:gpt-4o-2024-08-06", "ft:gpt-4o-mini-2024-07-18"},
	"anthropic": {"claude-3-haiku-20240307", "claude-3-opus-20240229", "claude-3-sonnet-20240229"},
}

// extraAliases are further spellings of one model, each of them decided on by hand.
var extraAliases = map[string]map[string][]string{
	"anthropic": {"claude-2": {"claude-2.0", "claude-2.1"}, "claude-fable-5-1": {"claude-fable-5.1"}},
	"openai":    {"ft:gpt-4o": {"ft:gpt-4o"}, "ft:gpt-4o-mini": {"ft:gpt-4o-mini"}},
}

// strangers are ids that the data set gives a model although they are another's: Groq's
// safeguard model costs half of what gpt-oss-120b does.
var strangers = map[string]map[string]string{
	"groq": {"openai/gpt-oss-safeguard-20b": "openai/gpt-oss-120b"},
}

// A beginning stands for an id only if what follows is a snapshot's date, a version
// or a stage: claude-sonnet-5 must not swallow claude-sonnet-5-5.
var (
	snapshot = regexp.MustCompile(`^([-@](latest|preview|beta|20[0-9]{2}-?[0-9]{2}-?[0-9]{2}|v[0-9]+(:[0-9]+)?))*$`)
	unended  = regexp.MustCompile(`([-@.:/]|-20[0-9]{2})$`) // a beginning that is no id by itself
)

// claim is how firmly a model's matcher names an id: by the whole id, or by so many letters.
type claim struct {
	model string
	rank  int
}

const (
	exactly   = 1 << 20
	byPattern = 1
)

// expand turns a provider's matchers into exact ids for each of its models, the
// model's own id first. An id that two models claim equally is left out.
func (im *importer) expand(p provider) map[string][]string {
	universe := map[string]bool{}
	for _, id := range knownIDs[p.ID] {
		universe[id] = true
	}
	for _, m := range p.Models {
		universe[m.ID] = true
		for _, literal := range m.Match.literals() {
			universe[literal] = true
		}
	}
	names := map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(universe)) {
		owner, ok := im.owner(p, id)
		if ok && strangers[p.ID][id] == owner {
			im.drop(stranger, "%s: %s, not %s", p.ID, id, owner)
			continue
		}
		if ok {
			names[owner] = append(names[owner], id)
		}
	}
	for _, m := range p.Models {
		own := append(names[m.ID], extraAliases[p.ID][m.ID]...)
		slices.SortStableFunc(own, func(a, b string) int {
			return cmp.Or(-cmp.Compare(closeness(a, m.ID), closeness(b, m.ID)), strings.Compare(a, b))
		})
		names[m.ID] = compactFold(own)
	}
	return names
}

// closeness puts a model's own id before its other names.
func closeness(name, id string) int {
	if name == id {
		return 1
	}
	return 0
}

// compactFold drops names that differ in case only.
func compactFold(names []string) []string {
	var out []string
	for _, n := range names {
		if !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, n) }) {
			out = append(out, n)
		}
	}
	return out
}

// owner finds the model whose matcher names an id most firmly.
func (im *importer) owner(p provider, id string) (string, bool) {
	var best claim
	tie := false
	for _, m := range p.Models {
		rank := m.Match.rank(id)
		if m.ID == id && !unended.MatchString(id) {
			rank = max(rank, exactly-1)
		}
		switch {
		case rank > best.rank:
			best, tie = claim{m.ID, rank}, false
		case rank > 0 && rank == best.rank:
			tie = true
		}
	}
	if tie {
		im.drop(claimed, "%s: %s", p.ID, id)
	}
	return best.model, best.rank > 0 && !tie
}

// rank says how firmly the matcher names an id; 0: not at all.
func (m matcher) rank(id string) (best int) {
	for _, one := range m.Or {
		best = max(best, one.rank(id))
	}
	if len(m.And) > 0 && !slices.ContainsFunc(m.And, func(one matcher) bool { return !one.matches(id) }) {
		best = max(best, byPattern)
	}
	switch {
	case m.Equals != "" && strings.EqualFold(m.Equals, id):
		best = max(best, exactly)
	case m.Starts != "" && m.matches(id) && (id == m.Starts || unended.MatchString(m.Starts) || snapshot.MatchString(id[len(m.Starts):])):
		best = max(best, 1+len(m.Starts))
	case (m.Contains != "" || m.Regex != "" || m.Ends != "") && m.matches(id):
		best = max(best, byPattern+len(m.Contains))
	}
	return best
}

// matches is the data set's own reading of a matcher.
func (m matcher) matches(id string) bool {
	switch {
	case m.Equals != "":
		return strings.EqualFold(m.Equals, id)
	case m.Starts != "":
		return strings.HasPrefix(id, m.Starts)
	case m.Ends != "":
		return strings.HasSuffix(id, m.Ends)
	case m.Contains != "":
		return strings.Contains(id, m.Contains)
	case m.Regex != "":
		re, err := regexp.Compile(m.Regex)
		return err == nil && re.MatchString(id)
	}
	return slices.ContainsFunc(m.Or, func(one matcher) bool { return one.matches(id) })
}

// narrowed notes what a model's matcher covers beyond exact ids, which is not taken over.
func (im *importer) narrowed(p provider, m model) {
	var walk func(matcher)
	walk = func(one matcher) {
		switch {
		case one.Starts != "":
			im.drop(openEnded, "%s/%s: starts_with %q", p.ID, m.ID, one.Starts)
		case one.Ends != "":
			im.drop(patterns, "%s/%s: ends_with %q", p.ID, m.ID, one.Ends)
		case one.Contains != "":
			im.drop(patterns, "%s/%s: contains %q", p.ID, m.ID, one.Contains)
		case one.Regex != "":
			im.drop(patterns, "%s/%s: regex %q", p.ID, m.ID, one.Regex)
		}
		for _, inner := range slices.Concat(one.Or, one.And) {
			walk(inner)
		}
	}
	walk(m.Match)
}

// literals are the ids and beginnings that a matcher spells out.
func (m matcher) literals() (out []string) {
	for _, text := range []string{m.Equals, m.Starts, m.Contains} {
		if text != "" && (text == m.Equals || !unended.MatchString(text)) {
			out = append(out, text)
		}
	}
	for _, one := range slices.Concat(m.Or, m.And) {
		out = append(out, one.literals()...)
	}
	return out
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
