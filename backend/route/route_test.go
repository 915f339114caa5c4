package route

import (
	"math/rand/v2"
	"testing"

	"weir/backend/gateway"
)

func closed(gateway.Channel) bool { return false }

func speaks(ch gateway.Channel) bool { return ch.Dialect == "anthropic" }

func ids(plan []Target) (out string) {
	for _, t := range plan {
		out += t.Channel.ID + ":" + t.Model + " "
	}
	return out
}

func TestPlan(t *testing.T) {
	ch := func(id string, edit func(*gateway.Channel)) gateway.Channel {
		c := gateway.Channel{ID: id, Dialect: "anthropic", Enabled: true, Weight: 1}
		if edit != nil {
			edit(&c)
		}
		return c
	}
	high := ch("high", func(c *gateway.Channel) { c.Priority = 5 })
	for _, tt := range []struct {
		name     string
		channels []gateway.Channel
		open     string
		want     string
	}{
		{"nothing is planned without channels", nil, "", ""},
		{"a larger priority comes first", []gateway.Channel{ch("low", nil), high}, "", "high:m low:m "},
		{"an open breaker goes last and is not left out", []gateway.Channel{ch("low", nil), high}, "high", "low:m high:m "},
		{"a disabled channel is left out", []gateway.Channel{ch("off", func(c *gateway.Channel) { c.Enabled = false })}, "", ""},
		{"another dialect is left out", []gateway.Channel{ch("o", func(c *gateway.Channel) { c.Dialect = "openai-chat" })}, "", ""},
		{"a list without the model leaves the channel out", []gateway.Channel{ch("l", func(c *gateway.Channel) { c.Models = []string{"n"} })}, "", ""},
		{"a mapped name is served under its upstream name", []gateway.Channel{ch("x", func(c *gateway.Channel) {
			c.Models, c.Map = []string{"n"}, map[string]string{"m": "up"}
		})}, "", "x:up "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			open := func(ch gateway.Channel) bool { return ch.ID == tt.open }
			if got := ids(Plan(Request{Model: "m", Offers: speaks}, tt.channels, open, rand.New(rand.NewPCG(1, 2)))); got != tt.want {
				t.Errorf("Plan = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWeights(t *testing.T) {
	heavy := gateway.Channel{ID: "heavy", Enabled: true, Weight: 3}
	light := gateway.Channel{ID: "light", Enabled: true, Weight: 1}
	first, rnd := 0, rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		if Plan(Request{Model: "m", Offers: func(gateway.Channel) bool { return true }}, []gateway.Channel{light, heavy}, closed, rnd)[0].Channel.ID == "heavy" {
			first++
		}
	}
	if first < 7300 || first > 7700 {
		t.Errorf("the channel of weight 3 of 4 came first %d times of 10000, want about 7500", first)
	}
}
