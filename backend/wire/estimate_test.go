package wire

import (
	"strings"
	"testing"
)

func TestEstimateTokens(t *testing.T) {
	run := strings.Repeat("iVBORw0KGgo+/AB=", 128) // 2 KiB
	for _, tt := range []struct {
		name string
		body string
		want int64
	}{
		{"nothing is nothing", "", 0},
		{"three bytes are a token", strings.Repeat("a b", 1000), 1000},
		{"a run of 1 KiB is text", run[:1024], 341},
		{"a longer one is a picture", run[:1025], 2000},
		{"a picture of any size costs the same", strings.Repeat(run, 100), 2000},
		{"each picture counts", `"` + run + `","` + run + `"`, 4001},
		{"words around it count apart", strings.Repeat("a b", 10) + `"` + run + `"` + strings.Repeat(" no", 10), 2020},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := EstimateTokens([]byte(tt.body)); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func BenchmarkEstimateTokens(b *testing.B) {
	for name, text := range map[string]string{"prose": "A line of text such as people write. ", "base64": "iVBORw0KGgo"} {
		body := []byte(strings.Repeat(text, 1<<20/len(text)))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				EstimateTokens(body)
			}
		})
	}
}
