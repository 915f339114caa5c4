package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A scenario is one kind of load.
type scenario struct {
	name   string
	c      int // connections
	prompt int // bytes
	stream bool
	delay  int // milliseconds until the upstream answers
	pause  int // milliseconds between its events

	wanted float64 // calls per second, of those of the bare proxy; 0: none are
}

var scenarios = []scenario{
	{name: "JSON 1 KB, c=1", c: 1, prompt: 1 << 10},
	{name: "JSON 1 KB, c=16", c: 16, prompt: 1 << 10, wanted: 0.4},
	{name: "JSON 1 KB, c=128", c: 128, prompt: 1 << 10, wanted: 0.7},
	{name: "JSON 1 KB, upstream 20 ms, c=16", c: 16, prompt: 1 << 10, delay: 20, wanted: 0.9},
	{name: "JSON 1 KB, upstream 20 ms, c=128", c: 128, prompt: 1 << 10, delay: 20, wanted: 0.8},
	{name: "stream of 100 events, c=16", c: 16, prompt: 1 << 10, stream: true, wanted: 0.6},
	{name: "stream of 100 events at 5 ms, c=16", c: 16, prompt: 1 << 10, stream: true, pause: 5},
	{name: "prompt 1 MB, c=4", c: 4, prompt: 1_000_000, wanted: 0.6},
}

func (sc scenario) matches(only string) bool { return strings.Contains(sc.name, only) }

// model is the public name by which the relay finds the channel with the scenario's delays.
func (sc scenario) model() string {
	switch {
	case sc.delay > 0:
		return "gpt-4o-mini"
	case sc.pause > 0:
		return "gpt-4.1"
	}
	return "gpt-4o"
}

// lane is the part of the upstream's path that says how slow it is.
func (sc scenario) lane() string { return fmt.Sprintf("%d/%d", sc.delay, sc.pause) }

// request renders the HTTP request for a target.
func (sc scenario) request(t target) []byte {
	options := ""
	if sc.stream {
		options = `"stream_options":{"include_usage":true},`
	}
	const frame = `{"model":%q,"stream":%v,%s"max_tokens":256,"messages":[{"role":"user","content":%q}]}`
	body := fmt.Sprintf(frame, sc.model(), sc.stream, options, "")
	words := strings.Repeat("How high is the water at the weir today? ", sc.prompt/40+1)
	body = fmt.Sprintf(frame, sc.model(), sc.stream, options, words[:max(sc.prompt-len(body), 0)])
	path := "/v1/chat/completions"
	if t.sender != "" {
		path = "/" + t.sender + "/" + sc.lane() + path
	}
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"+
		"Accept: */*\r\nUser-Agent: bench\r\nContent-Length: %d\r\n\r\n%s", path, t.addr, t.secret, len(body), body)
}

// A figure is what a scenario cost at one target: the medians of its measurements.
type figure struct {
	rps      float64
	p50, p99 time.Duration
	cpu      time.Duration // of the target, for each call; 0: not measured
}

// A row is one scenario at each target.
type row struct {
	scenario
	at map[string]figure // by target
}

// measure runs a scenario: a warm-up of each target, then the targets in turns, there and back.
func (b *bench) measure(ctx context.Context, sc scenario) (row, error) {
	found := map[string][]figure{}
	for _, t := range b.targets {
		if _, err := load(ctx, t.addr, sc.request(t), sc.c, b.opts.round/4); err != nil {
			return row{}, fmt.Errorf("warm up %s: %w", t.name, err)
		}
	}
	for turn := range b.opts.turns {
		order := slices.Clone(b.targets)
		if turn%2 == 1 {
			slices.Reverse(order)
		}
		for _, t := range order {
			if t.pid == 0 && turn > 1 {
				continue // the upstream alone is only what is subtracted: two measurements do
			}
			f, err := b.once(ctx, sc, t)
			if err != nil {
				return row{}, fmt.Errorf("%s: %w", t.name, err)
			}
			found[t.name] = append(found[t.name], f)
		}
	}
	r := row{sc, map[string]figure{}}
	for name, figures := range found {
		r.at[name] = figure{
			rps: median(figures, func(f figure) float64 { return f.rps }),
			p50: median(figures, func(f figure) time.Duration { return f.p50 }),
			p99: median(figures, func(f figure) time.Duration { return f.p99 }),
			cpu: median(figures, func(f figure) time.Duration { return f.cpu }),
		}
	}
	return r, nil
}

// once measures one target once. Where events come slowly the time until the first one counts, else the whole.
func (b *bench) once(ctx context.Context, sc scenario, t target) (figure, error) {
	before, err := readCPU(t.pid)
	if err != nil {
		return figure{}, err
	}
	got, err := load(ctx, t.addr, sc.request(t), sc.c, b.opts.round)
	if err != nil {
		return figure{}, err
	}
	after, err := readCPU(t.pid)
	if err != nil {
		return figure{}, err
	}
	if got.calls == 0 {
		return figure{}, fmt.Errorf("no call ended within %v", b.opts.round)
	}
	times := got.whole
	if sc.pause > 0 {
		times = got.first
	}
	slices.Sort(times)
	return figure{
		rps: float64(got.calls) / got.took.Seconds(),
		p50: times[len(times)/2],
		p99: times[len(times)*99/100],
		cpu: (after - before) / time.Duration(got.calls),
	}, nil
}

// median returns the middle of what a list holds, the mean of both middles where there are two.
func median[T any, N ~int64 | ~float64](list []T, of func(T) N) N {
	values := make([]N, len(list))
	for i, v := range list {
		values[i] = of(v)
	}
	slices.Sort(values)
	half := len(values) / 2
	if len(values)%2 == 1 {
		return values[half]
	}
	return (values[half-1] + values[half]) / 2
}
