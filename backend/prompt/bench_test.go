package prompt

import (
	"fmt"
	"strings"
	"testing"

	"weir/backend/wire"
)

// largeBody is an assistant's request of about a megabyte: tools, a system prompt and a long conversation of code.
func largeBody(escaped bool) []byte {
	var b strings.Builder
	b.WriteString(`{"model":"claude-opus-5-5","max_tokens":32000,"stream":true,"tools":[`)
	for i := range 20 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"name":"tool_%d","description":"%s","input_schema":{"type":"object","properties":{"path":{"type":"string","description":"where"},"count":{"type":"integer"},"flags":{"type":"array","items":{"type":"string"}}},"required":["path"]}}`, i, strings.Repeat("It reads a file and says what it holds. ", 40))
	}
	fmt.Fprintf(&b, `],"system":[{"type":"text","text":"%s","cache_control":{"type":"ephemeral"}}],"messages":[`, strings.Repeat("You are careful. ", 1000))
	code := strings.Repeat(`    const answer = await client.fetch(request, options);\n    if (answer.status !== 200) throw new Error(\"refused\");\n`, 26)
	if escaped {
		code += `\u00e9`
	}
	for i := 0; b.Len() < 1<<20; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"role":"assistant","content":[{"type":"text","text":"Now the next file."},{"type":"tool_use","id":"toolu_%d","name":"read","input":{"path":"/src/file_%d.go"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_%d","content":"%s"}]}`, i, i, i, code)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

func BenchmarkScan(b *testing.B) {
	body := largeBody(false)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := wire.Scan(body, []string{"model"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	for _, of := range []struct {
		name string
		body []byte
	}{
		{"code of 1 MB", largeBody(false)},
		{"code of 1 MB in ASCII", largeBody(true)},
		{"text of 1 MB", []byte(`{"messages":[{"role":"user","content":"` + strings.Repeat("a long text without any sign ", 1<<20/29) + `"}]}`)},
	} {
		b.Run(of.name, func(b *testing.B) {
			salt := NewSalt([32]byte{1})
			b.SetBytes(int64(len(of.body)))
			b.ReportAllocs()
			for b.Loop() {
				if p, ok := Read("anthropic", of.body, salt); !ok || len(p.Blocks) == 0 {
					b.Fatal("nothing was read")
				}
			}
		})
	}
}
