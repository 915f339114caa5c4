package console

// Sums add up the settled calls of a span. Amounts are decimal dollars; spent_usd is what was
// charged, and knows nothing of the unpriced calls.
type Sums struct {
	SpentUSD        string     `json:"spent_usd"`
	WithoutCacheUSD string     `json:"without_cache_usd"` // what the calls that could be compared would have cost
	SavedUSD        string     `json:"saved_usd"`         // of the same calls; negative when the cache cost more than it saved
	Calls           int64      `json:"calls"`             // settled ones
	UnpricedCalls   int64      `json:"unpriced_calls"`
	EstimatedCalls  int64      `json:"estimated_calls"` // charged by an estimate or in part
	FailedCalls     int64      `json:"failed_calls"`    // released, or cut by the upstream
	RefusedCalls    int64      `json:"refused_calls"`
	Tokens          TokenSplit `json:"tokens"`
	HitPermille     *int       `json:"hit_permille"` // cache reads of all input; null without input
}

// A TokenSplit parts tokens by how they are charged.
type TokenSplit struct {
	Fresh        int64 `json:"fresh"`
	CacheRead    int64 `json:"cache_read"`
	CacheWrite5m int64 `json:"cache_write_5m"` // with those of an unknown lifetime
	CacheWrite1h int64 `json:"cache_write_1h"` // and longer
	Output       int64 `json:"output"`
}

// A Share is what one model, key or provider has of a span's sums.
type Share struct {
	ID   string `json:"id"` // the model's name, the key's or the channel's id; empty: everything else
	Name string `json:"name"`
	Sums
}

// A Series is a Share over the span's slots.
type Series struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	Points []string `json:"points"` // dollars spent in each slot
}

// A Timeline is a span cut into slots, in order.
type Timeline struct {
	Step         string   `json:"step" ts:"'hour' | 'day'"`
	Slots        []string `json:"slots"`         // when each begins
	Series       []Series `json:"series"`        // the largest first; the last may stand for the rest
	WithoutCache []string `json:"without_cache"` // dollars in each slot
}

// A MonthView is the running month of the account.
type MonthView struct {
	StartsAt      string  `json:"starts_at"`
	EndsAt        string  `json:"ends_at"`
	SpentUSD      string  `json:"spent_usd"`
	ProjectedUSD  *string `json:"projected_usd"` // at the month's pace so far; null in its first day
	UnpricedCalls int64   `json:"unpriced_calls"`
	Budget        *Limit  `json:"budget"` // the account's dollar limit for a month
}

// An Attention is something that a person should look at.
type Attention struct {
	Kind     string  `json:"kind" ts:"'unpriced' | 'limit' | 'provider' | 'keychain' | 'storage' | 'paused' | 'port'"`
	Grave    bool    `json:"grave"`
	ID       string  `json:"id"`   // the model, the key or the channel
	Name     string  `json:"name"` // what people call it
	Count    int64   `json:"count"`
	Permille int     `json:"permille"` // of the limit, what is spent and held
	Limit    *Limit  `json:"limit"`
	Message  *string `json:"message"`
}

// An Overview is what overview.get answers for a span.
type Overview struct {
	From      string      `json:"from"`
	To        string      `json:"to"`
	Zone      string      `json:"zone"` // IANA
	Simulated bool        `json:"simulated"`
	Total     Sums        `json:"total"`
	Before    *Sums       `json:"before"` // the span of the same length just before; for today, yesterday until this time
	Month     MonthView   `json:"month"`
	Timeline  Timeline    `json:"timeline"`
	Models    []Share     `json:"models"` // the largest first
	Keys      []Share     `json:"keys"`
	Providers []Share     `json:"providers"`
	Limits    []KeyLimit  `json:"limits"` // of every key and of the account, the fullest first
	Attention []Attention `json:"attention"`
}

// A KeyLimit is a limit with whose it is.
type KeyLimit struct {
	KeyID    *string `json:"key_id"` // null: the account's
	Name     string  `json:"name"`
	Permille int     `json:"permille"`
	Limit    Limit   `json:"limit"`
}
