package ledger

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// meterNames are the meters' names in a row's JSON. They never change.
var meterNames = [billing.NumMeters]string{
	billing.Input:          "input",
	billing.CacheRead:      "cache_read",
	billing.CacheWrite5m:   "cache_write_5m",
	billing.CacheWrite1h:   "cache_write_1h",
	billing.CacheWrite:     "cache_write",
	billing.Output:         "output",
	billing.Reasoning:      "reasoning",
	billing.InputAudio:     "input_audio",
	billing.OutputAudio:    "output_audio",
	billing.CacheReadAudio: "cache_read_audio",
	billing.InputImage:     "input_image",
	billing.CacheReadImage: "cache_read_image",
	billing.OutputImage:    "output_image",
	billing.CacheWrite12h:  "cache_write_12h",
	billing.WebSearch:      "web_search",
	billing.FileSearch:     "file_search",
	billing.XSearch:        "x_search",
	billing.CodeSession:    "code_session",
	billing.AudioSeconds:   "audio_seconds",
	billing.SearchUnit:     "search_unit",
	billing.Thinking:       "thinking",
	billing.Citation:       "citation",
	billing.SearchQuery:    "search_query",
	billing.Grounding:      "grounded_prompt",
	billing.Fee:            "request",
	billing.FeeLow:         "request_low",
	billing.FeeMedium:      "request_medium",
	billing.FeeHigh:        "request_high",
	billing.Image:          "image",
}

const insertCall = `INSERT INTO call (id, boot_id, started_at, key_id, key_name, channel_id, provider, dialect, op,
		endpoint, model, upstream_model, stream, simulated, covered, state, hold_pico, hold_tokens, hold_calls, holds, progress)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?)`

// openArgs are insertCall's, of a call that will be sent.
func openArgs(boot int64, c *gateway.Call, held gateway.Amounts, sets []setAside, p Progress) ([]any, error) {
	var holds any
	if len(sets) > 0 {
		text, err := json.Marshal(sets)
		if err != nil {
			return nil, fmt.Errorf("encode what call %s holds: %w", c.ID, err)
		}
		holds = string(text)
	}
	progress, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode the progress of call %s: %w", c.ID, err)
	}
	return openRow(boot, c, held, holds, string(progress)), nil
}

// openRow are insertCall's arguments; what a call holds and its progress are JSON text, nil for one that ends at once.
func openRow(boot int64, c *gateway.Call, held gateway.Amounts, holds, progress any) []any {
	return []any{
		c.ID, boot, c.StartedAt.UnixMilli(), c.KeyID, c.KeyName, c.ChannelID, c.Provider, c.Dialect, string(c.Op),
		c.Endpoint, c.Model, c.UpstreamModel, c.Stream, c.Simulated, c.Covered, held.Pico, held.Tokens, held.Calls, holds, progress,
	}
}

// closeCall ends an open call, found by its id, and closeRow one of this boot, whose row is known;
// RowsAffected is 0 when it has ended before.
const (
	closeCall = closing + `WHERE id = ? AND state = 'open'`
	closeRow  = closing + `WHERE seq = ? AND state = 'open'`
)

const closing = `UPDATE call SET state = ?, ended_at = ?, channel_id = ?, provider = ?, endpoint = ?,
		upstream_model = ?, http_status = ?, basis = ?, ending = ?,
		charge_pico = ?, charge_tokens = ?, charge_calls = ?, cost_pico = ?, recomputed_pico = ?, reported_pico = ?,
		without_cache_pico = ?, min_pico = ?, max_pico = ?, price_status = ?, card = ?, note = ?,
		meters = ?, lines = ?, flags = ?, attempts = ?, usage = ?, priced_by = ?, native = ?, error = ?, progress = NULL, holds = NULL
	`

// closeArgs are closeCall's; the last is the call's id.
func closeArgs(c *gateway.Call, spent gateway.Amounts) ([]any, error) {
	b := c.Bill
	flags, err := encodeOther(b.Flags, len(b.Flags) > 0)
	if err != nil {
		return nil, fmt.Errorf("flags of call %s: %w", c.ID, err)
	}
	attempts, err := encodeOther(c.Attempts, len(c.Attempts) > 0)
	if err != nil {
		return nil, fmt.Errorf("attempts of call %s: %w", c.ID, err)
	}
	failure, err := encodeOther(c.Err, c.Err != nil)
	if err != nil {
		return nil, fmt.Errorf("error of call %s: %w", c.ID, err)
	}
	pricedBy, err := encodeCase(c)
	if err != nil {
		return nil, fmt.Errorf("what call %s was priced by: %w", c.ID, err)
	}
	return []any{
		string(c.State), c.EndedAt.UnixMilli(), c.ChannelID, c.Provider, c.Endpoint,
		c.UpstreamModel, c.HTTPStatus, string(c.Basis), string(c.End),
		c.Charge.Pico(), spent.Tokens, spent.Calls, pico(b.Total), pico(b.Recomputed), pico(b.Reported),
		pico(b.WithoutCache), pico(c.Min), pico(c.Max), string(b.Status), b.Card, b.Note,
		encodeMeters(b.Usage), encodeLines(b.Lines), flags, attempts, encodeUsage(c.Usage), pricedBy, encodeNative(b), failure, c.ID,
	}, nil
}

func pico(m *billing.Money) any {
	if m == nil {
		return nil
	}
	return m.Pico()
}

const callColumns = `id, started_at, ended_at, key_id, key_name, channel_id, provider, dialect, op, endpoint,
	model, upstream_model, stream, simulated, covered, state, http_status, basis, ending, charge_pico,
	cost_pico, recomputed_pico, reported_pico, without_cache_pico, min_pico, max_pico,
	price_status, card, note, meters, lines, flags, attempts, usage, native, error, archived_at`

// scanCall reads a row of callColumns, and of more columns if there are any.
func scanCall(row interface{ Scan(...any) error }, more ...any) (gateway.Call, error) {
	var c gateway.Call
	var started, charge int64
	var ended, archived, cost, recomputed, reported, withoutCache, least, most sql.NullInt64
	var named map[string]int64
	var foreign native
	b := &c.Bill
	err := row.Scan(append([]any{
		&c.ID, &started, &ended, &c.KeyID, &c.KeyName, &c.ChannelID, &c.Provider, &c.Dialect, &c.Op, &c.Endpoint,
		&c.Model, &c.UpstreamModel, &c.Stream, &c.Simulated, &c.Covered, &c.State, &c.HTTPStatus, &c.Basis, &c.End, &charge,
		&cost, &recomputed, &reported, &withoutCache, &least, &most,
		&b.Status, &b.Card, &b.Note, text{&named}, text{&b.Lines}, text{&b.Flags}, text{&c.Attempts}, text{&c.Usage}, text{&foreign}, text{&c.Err}, &archived,
	}, more...)...)
	if err != nil {
		return c, fmt.Errorf("read a call: %w", err)
	}
	c.StartedAt, c.EndedAt = utc(started), time.Time{}
	if ended.Valid {
		c.EndedAt = utc(ended.Int64)
	}
	if archived.Valid {
		c.ArchivedAt = utc(archived.Int64)
	}
	c.Charge = billing.Pico(charge)
	b.Total, b.Recomputed, b.Reported = money(cost), money(recomputed), money(reported)
	b.WithoutCache, c.Min, c.Max = money(withoutCache), money(least), money(most)
	if b.WithoutCache != nil && b.Total != nil {
		saved := b.WithoutCache.Sub(*b.Total)
		b.Saved = &saved
	}
	foreign.onto(b)
	for m, name := range meterNames {
		b.Usage[m] = named[name]
	}
	return c, nil
}

func utc(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func money(n sql.NullInt64) *billing.Money {
	if !n.Valid {
		return nil
	}
	m := billing.Pico(n.Int64)
	return &m
}

// text reads a column of JSON into what it points to; NULL leaves that as it is.
type text struct{ dest any }

// Scan implements sql.Scanner.
func (t text) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(v), t.dest)
	}
	return fmt.Errorf("JSON column holds a %T", v)
}
