package relay

import (
	"encoding/json"

	"weir/backend/gateway"
	"weir/backend/ledger"
)

// mostLog is how many calls a key's log tells, the newest first.
const mostLog = 1000

// The kinds of a log's rows, as New API numbers them.
const (
	logConsumed = 2
	logFailed   = 5
)

// A logRow is one call as New API's log tells it. Units are New API's, of which half a million
// are a dollar; the exact cost is in other.
type logRow struct {
	ID               int64  `json:"id"` // its place in this list
	CreatedAt        int64  `json:"created_at"`
	Type             int    `json:"type"`
	Content          string `json:"content"`
	Username         string `json:"username"`
	TokenName        string `json:"token_name"`
	ModelName        string `json:"model_name"`
	Quota            int64  `json:"quota"`
	PromptTokens     int64  `json:"prompt_tokens"`
	CompletionTokens int64  `json:"completion_tokens"`
	UseTime          int64  `json:"use_time"` // seconds
	IsStream         bool   `json:"is_stream"`
	RequestID        string `json:"request_id"`
	Other            string `json:"other"` // a JSON object, as text
}

// log tells a key's own calls, whoever answers for its quota.
func (q *quotaQuestion) log() (any, *gateway.Error) {
	calls, err := q.Ledger.Calls(q.req.Context(), ledger.Filter{KeyID: q.key.ID, Limit: mostLog})
	if err != nil {
		return nil, q.trouble(err)
	}
	rows := make([]logRow, 0, len(calls))
	for i, c := range calls {
		if c.State == gateway.Open {
			continue
		}
		row, err := logOf(c)
		if err != nil {
			return nil, q.trouble(err)
		}
		row.ID = int64(len(calls) - i)
		rows = append(rows, row)
	}
	return map[string]any{"success": true, "message": "", "data": rows}, nil
}

func logOf(c gateway.Call) (logRow, error) {
	kind, content := logConsumed, ""
	if c.State != gateway.Settled {
		kind = logFailed
	}
	if c.Err != nil {
		content = c.Err.Message
	}
	meters := c.Bill.Usage.Meters()
	// The prompt is told whole, cached tokens included, and other says so.
	other, err := json.Marshal(map[string]any{"usage_semantic": "openai", "input_tokens_total": c.Bill.Usage.Prompt(),
		"cache_tokens": meters["cache_read_tokens"], "upstream_model_name": c.UpstreamModel, "cost_usd": c.Bill.Total, "charge_usd": c.Charge,
		"price_status": c.Bill.Status, "simulated": c.Simulated})
	if err != nil {
		return logRow{}, err
	}
	return logRow{CreatedAt: c.StartedAt.Unix(), Type: kind, Content: content, TokenName: c.KeyName, ModelName: c.Model,
		Quota: ceil(c.Charge.Pico(), picoPerUnit), PromptTokens: c.Bill.Usage.Prompt(), CompletionTokens: c.Bill.Usage.Answer(),
		UseTime: int64(c.EndedAt.Sub(c.StartedAt).Seconds()), IsStream: c.Stream, RequestID: c.ID, Other: string(other)}, nil
}
