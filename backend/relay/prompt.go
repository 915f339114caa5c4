package relay

import (
	"encoding/json"

	"weir/backend/gateway"
	"weir/backend/reuse"
	"weir/billing"
)

// explain hands a settled call to those who say why a cache was missed. They look at it later, and
// nothing waits for them.
func (c *call) explain() {
	f := c.final
	if f == nil || c.body == nil || c.row.Simulated || c.row.State != gateway.Settled || !c.Reuse.Wants(c.row.Op, c.row.Bill.Usage) {
		return
	}
	c.body.refs.Add(1)
	cs, book := c.priceCase(f, c.row.Usage), c.Book()
	c.Reuse.Tell(reuse.Call{ID: c.row.ID, KeyID: c.row.KeyID, ChannelID: f.target.Channel.ID, ProviderKey: f.key.ID,
		Provider: f.target.Channel.Provider, Dialect: c.dialect.Name, Model: c.row.Model, Upstream: f.target.Model,
		StartedAt: c.row.StartedAt, EndedAt: c.row.EndedAt, Known: c.row.Basis == gateway.Exact && once(c.row),
		Usage: c.row.Bill.Usage, Body: c.body.bytes, Release: c.body.release,
		Price: func(u billing.Usage) *billing.Money { return book.Otherwise(cs, u) }})
}

// once says whether the model read the prompt once for a call. Where the upstream's own tools ran in between, its
// counts are of several readings.
func once(row gateway.Call) bool {
	u := row.Bill.Usage
	if u[billing.WebSearch]+u[billing.FileSearch]+u[billing.XSearch]+u[billing.CodeSession] > 0 {
		return false
	}
	var said struct {
		Iterations []json.RawMessage `json:"iterations"`
		ServerTool map[string]int64  `json:"server_tool_use"`
		ToolPrompt int64             `json:"toolUsePromptTokenCount"`
	}
	if json.Unmarshal(row.Usage, &said) != nil || len(said.Iterations) > 1 || said.ToolPrompt > 0 {
		return false
	}
	for _, n := range said.ServerTool {
		if n > 0 {
			return false
		}
	}
	return true
}
