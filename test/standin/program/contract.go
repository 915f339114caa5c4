package program

import (
	"context"
	"strconv"
	"sync"
	"time"
)

// A Limit is a key's limit as the contract shows it.
type Limit struct {
	ID     string `json:"id"`
	Unit   string `json:"unit"`
	Amount string `json:"amount"`
	Window string `json:"window"`
	Spent  string `json:"spent"`
	Held   string `json:"held"`
	Left   string `json:"left"`
}

// A Key is an access key; its secret is known right after `keys add` alone.
type Key struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"`
	Secret string  `json:"secret"`
	State  string  `json:"state"`
	Limits []Limit `json:"limits"`
}

// A Line is one line of a bill.
type Line struct {
	What    string `json:"what"`
	CostUSD string `json:"cost_usd"`
}

// A Call is one row of the ledger, as far as these tests look at it.
type Call struct {
	ID          string           `json:"id"`
	StartedAt   string           `json:"started_at"`
	EndedAt     *string          `json:"ended_at"`
	KeyID       string           `json:"key_id"`
	Dialect     string           `json:"dialect"`
	Model       string           `json:"model"`
	Stream      bool             `json:"stream"`
	HTTPStatus  *int             `json:"http_status"`
	State       string           `json:"state"`
	Basis       string           `json:"basis"`
	End         string           `json:"end"`
	PriceStatus string           `json:"price_status"`
	Meters      map[string]int64 `json:"meters"`
	Lines       []Line           `json:"lines"`
	CostUSD     *string          `json:"cost_usd"`
	CostPico    *string          `json:"cost_pico_usd"`
	ChargeUSD   string           `json:"charge_usd"`
	MinUSD      *string          `json:"min_usd"`
	MaxUSD      *string          `json:"max_usd"`
	Error       *struct {
		Kind    string `json:"kind"`
		Message string `json:"message"`
	} `json:"error"`
}

// AddProvider adds a channel of the given type at a base URL, without testing it.
func (h Home) AddProvider(ctx context.Context, kind, base string, more ...string) error {
	args := append([]string{"providers", "add", "--type", kind, "--name", kind, "--base-url", base, "--no-test",
		"--secret-stdin"}, more...)
	return h.Run(ctx, nil, "sk-standin", args...)
}

// AddKey makes an access key.
func (h Home) AddKey(ctx context.Context, name string, more ...string) (Key, error) {
	var k Key
	err := h.Run(ctx, &k, "", append([]string{"keys", "add", "--name", name}, more...)...)
	return k, err
}

// Keys lists the access keys.
func (h Home) Keys(ctx context.Context) ([]Key, error) {
	var keys []Key
	err := h.Run(ctx, &keys, "", "keys", "list")
	return keys, err
}

// page is how many calls are asked for at once: less than the megabyte that an answer may have.
const page = 250

// Calls lists calls, newest first, until stop says that one is known, or to the end.
func (h Home) Calls(ctx context.Context, stop func(Call) bool, more ...string) ([]Call, error) {
	var out []Call
	for after := ""; ; {
		args := append([]string{"calls", "--limit", strconv.Itoa(page)}, more...)
		if after != "" {
			args = append(args, "--after", after)
		}
		var got []Call
		if err := h.Run(ctx, &got, "", args...); err != nil {
			return nil, err
		}
		for _, c := range got {
			if stop(c) {
				return out, nil
			}
			out = append(out, c)
		}
		if len(got) < page {
			return out, nil
		}
		after = got[len(got)-1].ID
	}
}

// Patience is how long tests wait for what comes at once on a machine that has nothing else to do.
const Patience = 30 * time.Second

// Until asks again every few milliseconds until ok holds, and tells whether it did before the time was over.
func Until(ctx context.Context, d time.Duration, ok func() (bool, error)) (bool, error) {
	deadline := time.After(d)
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for {
		if done, err := ok(); done || err != nil {
			return done, err
		}
		select {
		case <-pause.C:
		case <-deadline:
			return ok()
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// A tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if over := len(t.text) - 8<<10; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
