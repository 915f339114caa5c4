package billing

import (
	"encoding/json"
	"time"
)

// A Status says how far a bill can be trusted.
type Status string

const (
	Priced           Status = "priced"
	ProviderReported Status = "provider_reported" // the upstream's own figure wins
	Estimated        Status = "estimated"         // rests on an assumption, named in Flags
	Unpriced         Status = "unpriced"          // no total, never 0
	Rejected         Status = "rejected"          // the usage is absurd; nothing is booked
)

// A Line is one row of a bill: quantity × rate / per, rounded once to a pico-dollar.
// Cost is nil, and RateUSD empty, where nobody knows the rate.
type Line struct {
	What     string // input, cache_read, cache_write_5m, …
	Quantity int64
	Unit     string // tokens, seconds, searches, sessions, requests
	RateUSD  string // decimal text
	Per      int64
	Cost     *Money
}

// A Case is one reply to be priced.
type Case struct {
	Provider string // whose prices and, where known, whose scheme
	Endpoint string // the upstream endpoint that answered: chat/completions, messages, responses, …
	Model    string // the upstream's name for the model
	At       time.Time
	Usage    json.RawMessage // the upstream's own usage object; nil when none came
	Tier     string          // service tier that the reply named; empty: none
	Request  json.RawMessage // what else the request or reply said (golden's request_context)
	Count    Counting
}

// A Bill is what a call costs and why. Pointers are nil for what is not known.
type Bill struct {
	Status       Status
	Usage        Usage
	Lines        []Line
	Total        *Money
	Recomputed   *Money // our own sum, where the provider reported another
	Reported     *Money // the provider's figure
	WithoutCache *Money // the same tokens, all as fresh input
	Saved        *Money // WithoutCache − Total; may be negative
	Flags        []string
	Card         string // id of the price card; empty: none
	Note         string // the rule in words
}
