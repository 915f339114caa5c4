package prompt

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"unicode/utf16"
)

var salt = NewSalt([32]byte{7})

func read(t *testing.T, dialect, body string) *Prompt {
	t.Helper()
	p, ok := Read(dialect, []byte(body), salt)
	if !ok {
		t.Fatalf("Read(%s) knows no such dialect", dialect)
	}
	return p
}

// TestSameContent: what is the same for a model has the same hashes, however a client wrote it.
func TestSameContent(t *testing.T) {
	for _, tt := range []struct{ name, dialect, a, b string }{
		{"a text alone is a block of text", "anthropic",
			`{"messages":[{"role":"user","content":"Hello"}]}`,
			`{"messages":[{"role":"user","content":[{"type":"text","text":"Hello","cache_control":{"type":"ephemeral"}}]}]}`},
		{"a breakpoint is no content, wherever it is", "anthropic",
			`{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":"1h"}}]}]}]}`,
			`{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"x"}]}]}]}`},
		{"space between values is no content", "anthropic",
			`{"tools":[{"name":"a","input_schema":{"type":"object"}}]}`,
			"{ \"tools\" : [ { \"name\": \"a\",\n \"input_schema\": { \"type\" : \"object\" } } ] }"},
		{"a sign is the same however it is escaped", "anthropic",
			`{"system":"caf\u00e9 \ud83d\ude00 a\/b \u000a \u0022"}`, `{"system":"café 😀 a/b \n \""}`},
		{"the order of a block's own members is no content", "anthropic",
			`{"messages":[{"content":[{"id":"1","name":"f","type":"tool_use","input":{}}],"role":"assistant"}]}`,
			`{"messages":[{"role":"assistant","content":[{"type":"tool_use","input":{},"name":"f","id":"1"}]}]}`},
		{"the order of a request's members is no content", "anthropic",
			`{"messages":[{"role":"user","content":"Hello"}],"system":"s","tools":[{"name":"a"}]}`,
			`{"tools":[{"name":"a"}],"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":"Hello"}]}`},
		{"a member of null is not there", "openai-chat",
			`{"messages":[{"role":"assistant","content":"x","refusal":null}]}`,
			`{"messages":[{"role":"assistant","content":"x"}]}`},
		{"an item's id is no content", "responses",
			`{"input":[{"type":"message","id":"msg_1","role":"user","content":[{"type":"input_text","text":"x"}]}]}`,
			`{"input":[{"role":"user","content":"x"}]}`},
		{"both spellings of Gemini's names", "gemini",
			`{"system_instruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"text":"x"}]}]}`,
			`{"systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"parts":[{"text":"x"}],"role":"user"}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := read(t, tt.dialect, tt.a), read(t, tt.dialect, tt.b)
			if len(a.Blocks) == 0 || !slices.EqualFunc(a.Blocks, b.Blocks, Block.Same) {
				t.Errorf("Read(%s) = %v, want the blocks of %s, %v", tt.a, a.Blocks, tt.b, b.Blocks)
			}
		})
	}
}

// TestEscapesAtRandom: two texts have the same hash when, and only when, they are the same, however each is escaped.
func TestEscapesAtRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	signs := []rune(`\\\""//unA0é😀` + "\n\x01")
	spell := func(text []rune) string {
		out := `{"system":"`
		for _, r := range text {
			plain, _ := json.Marshal(string(r))
			switch units := utf16.Encode([]rune{r}); {
			case random.IntN(3) == 0 && len(units) == 2:
				out += fmt.Sprintf(`\u%04x\u%04X`, units[0], units[1])
			case random.IntN(3) == 0 && len(units) == 1:
				out += fmt.Sprintf(`\u%04X`, r)
			case r == '/' && random.IntN(2) == 0:
				out += `\/`
			default:
				out += string(plain[1 : len(plain)-1])
			}
		}
		return out + `","messages":[{"role":"user","content":"x"}]}`
	}
	for range 5000 {
		text := make([]rune, random.IntN(12))
		for i := range text {
			text[i] = signs[random.IntN(len(signs))]
		}
		other := append(slices.Clone(text), signs[random.IntN(len(signs))])
		random.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
		for _, second := range [][]rune{text, other} {
			one, two := spell(text), spell(second)
			if a, b := read(t, "anthropic", one), read(t, "anthropic", two); slices.EqualFunc(a.Blocks, b.Blocks, Block.Same) != slices.Equal(text, second) {
				t.Fatalf("%s and %s: %v and %v", one, two, a.Blocks, b.Blocks)
			}
		}
	}
}

// TestOtherContent: what differs for a model has other hashes.
func TestOtherContent(t *testing.T) {
	for _, tt := range []struct{ name, dialect, a, b string }{
		{"another text", "anthropic", `{"system":"a"}`, `{"system":"b"}`},
		{"another speaker", "anthropic", `{"messages":[{"role":"user","content":"x"}]}`, `{"messages":[{"role":"assistant","content":"x"}]}`},
		{"another kind of block with the same text", "anthropic",
			`{"messages":[{"role":"assistant","content":[{"type":"text","text":"x"}]}]}`,
			`{"messages":[{"role":"assistant","content":[{"type":"thinking","text":"x"}]}]}`},
		{"an argument under another name", "openai-chat", `{"tools":[{"function":{"name":"f","p":"q"}}]}`, `{"tools":[{"function":{"name":"f","q":"p"}}]}`},
		{"an array within an array", "openai-chat", `{"tools":[{"a":[1,2]}]}`, `{"tools":[{"a":[[1],2]}]}`},
		{"a picture", "gemini", `{"contents":[{"role":"user","parts":[{"inlineData":{"data":"AAAA"}}]}]}`, `{"contents":[{"role":"user","parts":[{"inlineData":{"data":"AAAB"}}]}]}`},
		{"a tool's result", "responses", `{"input":[{"type":"function_call_output","call_id":"c","output":"1"}]}`, `{"input":[{"type":"function_call_output","call_id":"c","output":"2"}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := read(t, tt.dialect, tt.a), read(t, tt.dialect, tt.b)
			if len(a.Blocks) != 1 || len(b.Blocks) != 1 || a.Blocks[0].Same(b.Blocks[0]) {
				t.Errorf("Read(%s) = %v, Read(%s) = %v, want one block each, and different ones", tt.a, a.Blocks, tt.b, b.Blocks)
			}
		})
	}
}

// TestPlaces: blocks stand in the order in which caches read them, and know their places and their breakpoints.
func TestPlaces(t *testing.T) {
	type place struct {
		part           Part
		message, inner int32
		mark           Life
		kind           Kind
		model          bool
	}
	for _, tt := range []struct {
		name, dialect, body string
		want                []place
	}{
		{"anthropic", "anthropic", `{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b","cache_control":{"type":"ephemeral"}}]},
			{"role":"assistant","content":[{"type":"thinking","thinking":"x"},{"type":"tool_use","name":"f","input":{}}]}],
			"tools":[{"name":"a"},{"name":"b","cache_control":{"type":"ephemeral","ttl":"1h"}}],"system":[{"type":"text","text":"s"},{"type":"text","text":"t"}]}`, []place{
			{Tools, 0, 0, NoMark, Plain, false}, {Tools, 1, 0, Mark1h, Plain, false}, {System, 0, 0, NoMark, Plain, false}, {System, 1, 0, NoMark, Plain, false},
			{Messages, 0, 0, NoMark, Plain, false}, {Messages, 0, 1, Mark5m, Plain, false}, {Messages, 1, 0, NoMark, Thinking, true}, {Messages, 1, 1, NoMark, Call, true}}},
		{"the system prompt of a chat is its first messages", "openai-chat", `{"messages":[{"role":"system","content":"s"},{"role":"developer","content":"t"},{"role":"user","content":"u"},
			{"role":"assistant","content":null,"tool_calls":[{"type":"function","id":"c","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"r"},{"role":"system","content":"later"}]}`, []place{
			{System, 0, 0, NoMark, Plain, false}, {System, 1, 0, NoMark, Plain, false}, {Messages, 2, 0, NoMark, Plain, false}, {Messages, 3, 0, NoMark, Call, true},
			{Messages, 4, 0, NoMark, Plain, false}, {Messages, 4, 1, NoMark, Unsure, false}, {Messages, 5, 0, NoMark, Plain, false}}},
		{"items of a response", "responses", `{"instructions":"i","input":[{"role":"developer","content":"d"},{"role":"user","content":[{"type":"input_text","text":"u"}]},{"type":"reasoning","encrypted_content":"e"},{"type":"function_call","name":"f","arguments":"{}"},{"type":"function_call_output","output":"o"}]}`, []place{
			{System, 0, 0, NoMark, Plain, false}, {System, 1, 0, NoMark, Plain, false}, {Messages, 1, 0, NoMark, Plain, false}, {Messages, 2, 0, NoMark, Thinking, true},
			{Messages, 3, 0, NoMark, Call, true}, {Messages, 4, 0, NoMark, Plain, false}}},
		{"each of Gemini's functions is a tool", "gemini", `{"tools":[{"functionDeclarations":[{"name":"a"},{"name":"b"}]},{"googleSearch":{}}],"contents":[{"role":"model","parts":[{"text":"m"}]}]}`, []place{
			{Tools, 0, 0, NoMark, Plain, false}, {Tools, 1, 0, NoMark, Plain, false}, {Tools, 2, 0, NoMark, Plain, false}, {Messages, 0, 0, NoMark, Plain, true}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []place
			for _, b := range read(t, tt.dialect, tt.body).Blocks {
				got = append(got, place{b.Part, b.Message, b.Inner, b.Mark, b.Kind, b.Model})
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("Read(%s)\n got %v\nwant %v", tt.body, got, tt.want)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	a := read(t, "anthropic", `{"thinking":{"type":"enabled","budget_tokens":1},"tool_choice":null,"cache_control":{"type":"ephemeral"},"messages":[]}`)
	if len(a.Settings) != 1 || a.Settings[0].Name != "thinking" || !a.Settings[0].Known || a.Marked != Mark5m {
		t.Errorf("settings = %+v, marked %v, want thinking and five minutes", a.Settings, a.Marked)
	}
	b := read(t, "responses", `{"previous_response_id":null,"prompt_cache_key":"k","prompt_cache_options":{"ttl":"30m"},"input":"x"}`)
	if b.Partial || b.CacheKey == 0 || b.Retention != "30m" || len(b.Blocks) != 1 {
		t.Errorf("a request of Responses = %+v, want its cache's key and life, and all of its prompt", b)
	}
	if !read(t, "responses", `{"previous_response_id":"resp_1","input":"x"}`).Partial || !read(t, "gemini", `{"cachedContent":"c"}`).Partial {
		t.Error("a prompt of which a part lies elsewhere counts as whole")
	}
}

// TestSalts: nobody can compare the hashes of two homes.
func TestSalts(t *testing.T) {
	a, _ := Read("anthropic", []byte(`{"system":"a"}`), salt)
	b, _ := Read("anthropic", []byte(`{"system":"a"}`), NewSalt([32]byte{8}))
	if a.Blocks[0].Hash == b.Blocks[0].Hash {
		t.Error("two salts give the same hash")
	}
}

// TestReordered: a tool whose members come in another order holds the same, and can be told from one that changed.
func TestReordered(t *testing.T) {
	a := read(t, "anthropic", `{"tools":[{"name":"a","input_schema":{"x":{"type":"string"},"y":{"type":"number"}}}]}`).Blocks[0]
	b := read(t, "anthropic", `{"tools":[{"name":"a","input_schema":{"y":{"type":"number"},"x":{"type":"string"}}}]}`).Blocks[0]
	c := read(t, "anthropic", `{"tools":[{"name":"a","input_schema":{"y":{"type":"number"},"x":{"type":"boolean"}}}]}`).Blocks[0]
	if a.Hash == b.Hash || a.Loose != b.Loose || b.Loose == c.Loose {
		t.Errorf("hashes %x %x %x, loose ones %x %x %x: want a and b alike only when loose", a.Hash, b.Hash, c.Hash, a.Loose, b.Loose, c.Loose)
	}
}

// TestLongPrompts: a prompt of very many blocks is cut, and the cut is no claim.
func TestLongPrompts(t *testing.T) {
	body := `{"messages":[`
	for range 3000 {
		body += `{"role":"user","content":"x"},`
	}
	p := read(t, "anthropic", body+`{"role":"user","content":"last"}]}`)
	if n := len(p.Blocks); n != mostBlocks+1 || p.Blocks[n-1].Kind != Unsure {
		t.Errorf("%d blocks, want %d and one of which nothing is said", n, mostBlocks)
	}
}

// FuzzRead: whatever comes, reading ends and reads nothing that is not there.
func FuzzRead(f *testing.F) {
	for _, body := range []string{`{"messages":[{"role":"user","content":"x"}]}`, `{"tools":[{"a":[1,{"b":null}]}],"input":[{}]`, `[`, `{"messages":[}]}`, `{"messages":[:]}`, `{"input":[{"a":]}`, `{"system":"\`, `{"system":"\u12`, `{"contents":[{"parts":`} {
		for _, dialect := range []string{"anthropic", "openai-chat", "responses", "gemini"} {
			f.Add(dialect, body)
		}
	}
	f.Fuzz(func(t *testing.T, dialect, body string) {
		Read(dialect, []byte(body), salt)
	})
}
