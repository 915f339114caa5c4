package edit

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// The lines around a table of ours. Other programs that write the file may move them, so nothing is ever taken
// away for standing between them.
const (
	opening = "# >>> weir"
	closing = "# <<< weir"
)

// tomlText is TOML.
type tomlText struct{}

func (tomlText) decode(text []byte) (map[string]any, error) {
	if err := shortKeys(text); err != nil {
		return nil, err
	}
	tree := map[string]any{}
	err := toml.Unmarshal(text, &tree)
	var misread *toml.DecodeError
	if errors.As(err, &misread) {
		line, column := misread.Position()
		return nil, &SyntaxError{Line: line, Column: column, Err: errors.New(strings.TrimPrefix(misread.Error(), "toml: "))}
	}
	return tree, err
}

// An entry is a key and its value, a table's head, or a comment of its own line.
type entry struct {
	kind       unstable.Kind // KeyValue, Table, ArrayTable or Comment
	key        []string      // from the root down
	inline     bool          // it stands in another entry's value
	start, end int           // of the value, or of the comment
	first      int           // where the line begins on which the entry does
}

// entries reads a text that decodes. What stands in arrays of tables is left out.
func entries(text []byte) ([]entry, error) {
	var p unstable.Parser
	p.KeepComments = true
	p.Reset(text)
	var all []entry
	table, reachable := []string(nil), true
	for p.NextExpression() {
		n := p.Expression()
		switch n.Kind {
		case unstable.Comment:
			at := int(n.Raw.Offset)
			all = append(all, entry{kind: n.Kind, start: at, end: at + int(n.Raw.Length), first: lineStart(text, at)})
		case unstable.Table, unstable.ArrayTable:
			keys := n.Key()
			keys.Next()
			at := int(keys.Node().Raw.Offset)
			table = names(n)
			reachable = n.Kind == unstable.Table && !slices.ContainsFunc(all, func(e entry) bool {
				return e.kind == unstable.ArrayTable && len(e.key) <= len(table) && slices.Equal(e.key, table[:len(e.key)])
			})
			all = append(all, entry{kind: n.Kind, key: table, start: at, end: at, first: lineStart(text, at)})
		case unstable.KeyValue:
			if reachable {
				all = pairs(all, n, table, lineStart(text, int(n.Raw.Offset)), false)
			}
		}
	}
	return all, p.Error()
}

// pairs adds a key with its value, and those within an inline table.
func pairs(all []entry, n *unstable.Node, table []string, first int, inline bool) []entry {
	key := slices.Concat(table, names(n))
	v := n.Value()
	start, end := int(v.Raw.Offset), int(v.Raw.Offset+v.Raw.Length)
	if v.Kind == unstable.InlineTable || v.Kind == unstable.Array {
		end = int(n.Raw.Offset + n.Raw.Length) // these values say only where they begin
	}
	all = append(all, entry{kind: n.Kind, key: key, inline: inline, start: start, end: end, first: first})
	if v.Kind == unstable.InlineTable {
		for it := v.Children(); it.Next(); {
			if child := it.Node(); child.Kind == unstable.KeyValue {
				all = pairs(all, child, key, first, true)
			}
		}
	}
	return all
}

func names(n *unstable.Node) (key []string) {
	for it := n.Key(); it.Next(); {
		key = append(key, string(it.Node().Data))
	}
	return key
}

// lookup returns the entry of a key, or of a table's head; nil for none.
func lookup(all []entry, kind unstable.Kind, key []string) *entry {
	for i := range all {
		if all[i].kind == kind && slices.Equal(all[i].key, key) {
			return &all[i]
		}
	}
	return nil
}

func (tomlText) find(text []byte, key []string) (*place, error) {
	all, err := entries(text)
	if err != nil {
		return nil, err
	}
	e := lookup(all, unstable.KeyValue, key)
	if e == nil {
		return nil, nil
	}
	p := &place{start: e.start, end: e.end}
	p.Raw, p.Line = string(text[e.start:e.end]), lineOf(text, e.start)
	var one struct{ V any }
	if err := toml.Unmarshal([]byte("V = "+p.Raw), &one); err != nil {
		return nil, err
	}
	p.Text, p.IsText = one.V.(string)
	return p, nil
}

func (t tomlText) put(text []byte, c Change) ([]byte, []Trace, error) {
	raw := quoted(c.Value)
	if at, err := t.find(text, c.Key); err != nil {
		return nil, nil, err
	} else if at != nil {
		return splice(text, at.start, at.end, raw), []Trace{{Key: c.Key, Old: &at.Raw}}, nil
	}
	all, err := entries(text)
	if err != nil {
		return nil, nil, err
	}
	var traces []Trace
	table, line := c.Key[:len(c.Key)-1], plain(c.Key[len(c.Key)-1:])+" = "+raw
	if len(table) > 0 && lookup(all, unstable.Table, table) == nil {
		var around string
		text, around = found(text, table)
		traces = append(traces, Trace{Key: table, Branch: true, Around: &around})
		if all, err = entries(text); err != nil {
			return nil, nil, err
		}
	}
	return addLine(text, all, table, line), append(traces, Trace{Key: c.Key}), nil
}

// addLine writes a line after the last one of a table; without a name, of the root.
func addLine(text []byte, all []entry, table []string, line string) []byte {
	at := -1
	if len(table) == 0 {
		at = 0
	}
	here := len(table) == 0
	for _, e := range all {
		switch e.kind {
		case unstable.Table, unstable.ArrayTable:
			if here = e.kind == unstable.Table && slices.Equal(e.key, table); here {
				at = afterBreak(text, e.end)
			}
		case unstable.KeyValue:
			if here && !e.inline {
				at = afterBreak(text, e.end)
			}
		}
	}
	if at > 0 && text[at-1] != '\n' {
		return splice(text, at, at, newline(text)+line)
	}
	return splice(text, at, at, line+newline(text))
}

// found begins a table at the end of a text, and returns what parts it from what is before.
func found(text []byte, table []string) ([]byte, string) {
	nl, around := newline(text), ""
	if len(text) > 0 {
		around = nl
		if text[len(text)-1] != '\n' {
			around += nl
		}
	}
	block := around + opening + nl + "[" + plain(table) + "]" + nl + closing + nl
	return append(bytes.Clone(text), block...), around
}

// drop takes away a line of ours, or an empty table's head with the lines around it.
func (tomlText) drop(text []byte, t Trace) ([]byte, error) {
	all, err := entries(text)
	if err != nil {
		return nil, err
	}
	if t.Branch {
		return dropTable(text, all, t), nil
	}
	e := lookup(all, unstable.KeyValue, t.Key)
	switch {
	case e == nil:
		return text, nil
	case e.inline:
		return nil, ErrShape
	}
	return cut(text, e.first, e.end), nil
}

func dropTable(text []byte, all []entry, t Trace) []byte {
	head := lookup(all, unstable.Table, t.Key)
	if head == nil {
		return text
	}
	for _, e := range all {
		if e.kind == unstable.KeyValue && e.first > head.first && len(e.key) > len(t.Key) && slices.Equal(e.key[:len(t.Key)], t.Key) && !headed(all, e, *head) {
			return text
		}
	}
	lines := []entry{*head}
	start := head.first
	for _, e := range all {
		words := string(text[e.start:e.end])
		if e.kind == unstable.Comment && (words == opening || words == closing) {
			lines = append(lines, e)
			start = min(start, e.first)
		}
	}
	slices.SortFunc(lines, func(a, b entry) int { return b.first - a.first })
	for _, e := range lines {
		text = cut(text, e.first, e.end)
	}
	if around := *t.Around; around != "" && start <= len(text) && bytes.HasSuffix(text[:start], []byte(around)) {
		text = splice(text, start-len(around), start, "")
	}
	return text
}

// headed says whether another head stands between an entry and a head before it.
func headed(all []entry, e, head entry) bool {
	return slices.ContainsFunc(all, func(o entry) bool {
		return (o.kind == unstable.Table || o.kind == unstable.ArrayTable) && o.first > head.first && o.first < e.first
	})
}

// cut takes a line away, up to the end of the one that an offset is in.
func cut(text []byte, first, end int) []byte {
	after := afterBreak(text, end)
	if after == len(text) && text[after-1] != '\n' {
		first = beforeBreak(text, first)
	}
	return splice(text, first, after, "")
}

// quoted writes a text as a TOML string.
func quoted(value string) string {
	text, err := toml.Marshal(map[string]string{"V": value})
	if err != nil {
		return strconv.Quote(value)
	}
	raw := strings.TrimSpace(strings.TrimPrefix(string(text), "V = "))
	if literal, ok := strings.CutPrefix(raw, "'"); ok && !strings.ContainsAny(value, `"\`) {
		return `"` + strings.TrimSuffix(literal, "'") + `"` // as people write it
	}
	return raw
}

// plain writes a key without quotes; ours need none.
func plain(key []string) string { return strings.Join(key, ".") }
