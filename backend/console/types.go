package console

import (
	"cmp"
	"encoding/json"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/billing"
)

// A Limit is how scripts and pages see a limit. Amounts are decimal text in the limit's unit.
type Limit struct {
	ID       string  `json:"id"`
	Unit     string  `json:"unit" ts:"'usd' | 'tokens' | 'calls'"`
	Amount   string  `json:"amount"`
	Window   string  `json:"window" ts:"'day' | 'week' | 'month' | 'total'"`
	Spent    string  `json:"spent"`
	Held     string  `json:"held"`
	Left     string  `json:"left"`
	Extra    string  `json:"extra"`                       // what was added to this window alone
	Mark     int     `json:"mark" ts:"0 | 80 | 90 | 100"` // the last that spending has passed, in hundredths
	StartsAt *string `json:"starts_at"`
	ResetsAt *string `json:"resets_at"`
	Hard     bool    `json:"hard"` // it refuses; else it only warns
}

// Ceiling is how far a limit may go in its running window: its amount, and what was added.
func (l Limit) Ceiling() string {
	amount, err := decimal.NewFromString(l.Amount)
	extra, eerr := decimal.NewFromString(l.Extra)
	if err != nil || eerr != nil {
		return l.Amount
	}
	return amount.Add(extra).String()
}

// A Key is an access key without its secret.
type Key struct {
	ID             string   `json:"id"`
	Name           string   `json:"name"`
	Prefix         string   `json:"prefix"`
	State          string   `json:"state" ts:"'active' | 'paused' | 'expired' | 'revoked'"`
	Limits         []Limit  `json:"limits"`
	Models         []string `json:"models"`
	DeniedModels   []string `json:"denied_models"` // names and patterns; they win
	Networks       []string `json:"networks"`      // from which it works; none: any
	GroupID        *string  `json:"group_id"`
	ExpiresAt      *string  `json:"expires_at"`
	AllowUnpriced  bool     `json:"allow_unpriced"`
	OnLimit        string   `json:"on_limit" ts:"'finish' | 'cut'"`
	Clamp          bool     `json:"clamp"`             // what a call may write is cut to what is left
	MostPerCallUSD *string  `json:"most_per_call_usd"` // null: any
	Pace           Pace     `json:"pace"`
	PauseOnBurn    bool     `json:"pause_on_burn"`
	CreatedAt      string   `json:"created_at"`
	LastUsedAt     *string  `json:"last_used_at"`
	OldSecretUntil *string  `json:"old_secret_until"` // until when the secret before the last rotation works
}

// A NewKey is a key with its secret, which is shown this once.
type NewKey struct {
	Key
	Secret string `json:"secret"`
}

// A Provider is a channel without its secret.
type Provider struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Type     string            `json:"type"`
	Dialect  string            `json:"dialect"`
	BaseURL  string            `json:"base_url"`
	Models   []string          `json:"models"`
	Map      map[string]string `json:"map"`
	Priority int               `json:"priority"`
	Weight   int               `json:"weight"`
	Count    string            `json:"count"`
	PriceAs  *string           `json:"price_as"`
	Enabled  bool              `json:"enabled"`
	State    string            `json:"state" ts:"'ok' | 'untested' | 'bad_key' | 'unreachable'"`
	Message  *string           `json:"message"`
	ProviderOptions
	Keys     []ProviderKey `json:"keys"`
	Balance  *Balance      `json:"balance"`  // null: nobody was asked, or nobody can be
	Counting *Counting     `json:"counting"` // how its way to count was found out; null: nobody has checked
}

// ProviderOptions are what a provider can be told beyond where it is. What is secret in them
// is shown masked, and stays as it is where the mask comes back.
type ProviderOptions struct {
	Proxy    string                     `json:"proxy"`   // empty: as the environment says; direct: none
	Headers  map[string]string          `json:"headers"` // set on each request; an empty value takes the client's away
	Params   map[string]json.RawMessage `json:"params"`  // set in each JSON body, by path; null takes a value away
	Timeouts Timeouts                   `json:"timeouts"`
}

// Timeouts are how long a provider may take, in milliseconds; 0 is the usual.
type Timeouts struct {
	Header       int64 `json:"header_ms"`        // until a plain reply begins
	StreamHeader int64 `json:"stream_header_ms"` // until a stream begins
	Idle         int64 `json:"idle_ms"`          // between two pieces of a reply
}

// A ProviderKey is what is shown of one of a provider's keys.
type ProviderKey struct {
	ID      string  `json:"id"`
	Mask    string  `json:"mask"` // its last four characters; empty: nothing is known of it
	State   string  `json:"state" ts:"'ok' | 'untested' | 'bad_key' | 'unreachable'"`
	Message *string `json:"message"`
}

// A ProviderType is a kind of upstream that can be added.
type ProviderType struct {
	Type         string   `json:"type"`
	Name         string   `json:"name"`
	Dialect      string   `json:"dialect"`
	BaseURL      string   `json:"base_url"`
	NeedsBaseURL bool     `json:"needs_base_url"`
	KeyPrefixes  []string `json:"key_prefixes"`
	Dialects     []string `json:"dialects"` // all that it speaks
	Local        bool     `json:"local"`    // it runs on this machine and needs no key
	Login        bool     `json:"login"`    // a client's own login opens it, and no key
	ListsModels  bool     `json:"lists_models"`
	TellsBalance bool     `json:"tells_balance"` // it says what money is left, for nothing
}

// A Model is one in a provider's list.
type Model struct {
	ID string `json:"id"`
}

// A LocalServer is one that was found on this machine.
type LocalServer struct {
	Type    string  `json:"type"`
	BaseURL string  `json:"base_url"`
	Models  []Model `json:"models"`
}

// A Quota answers what a key, or the account, may still spend.
type Quota struct {
	AnswersFor    string  `json:"answers_for" ts:"'key' | 'group' | 'account'"`
	KeyID         *string `json:"key_id"`
	GroupID       *string `json:"group_id"`
	Unlimited     bool    `json:"unlimited"`
	Limits        []Limit `json:"limits"`
	SpentUSD      string  `json:"spent_usd"`
	UnpricedCalls int64   `json:"unpriced_calls"`
	Simulated     bool    `json:"simulated"`
}

// An Attempt is one try of a call at one channel.
type Attempt struct {
	N          int    `json:"n"`
	ChannelID  string `json:"channel_id"`
	HTTPStatus *int   `json:"http_status"`
	Result     string `json:"result" ts:"'unbilled' | 'maybe' | 'billed'"`
	Ms         int64  `json:"ms"`
	Message    string `json:"message,omitempty"`
}

// A Card names the price that a call was billed at.
type Card struct {
	ID        string  `json:"id"`
	Source    string  `json:"source"`
	URL       string  `json:"url"`
	ValidFrom *string `json:"valid_from"`
	CheckedOn string  `json:"checked_on"`
	Tier      *Tier   `json:"tier"` // of the prompt's length, by which the call was charged
}

// A Tier is from which length on a prompt costs otherwise.
type Tier struct {
	Prompt int64  `json:"prompt"` // tokens
	Op     string `json:"op" ts:"'>' | '>='"`
}

// A CallError is a failure, in a sentence.
type CallError struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

// A Call is one row of the ledger. What is not known is null.
type Call struct {
	ID              string           `json:"id"`
	StartedAt       string           `json:"started_at"`
	EndedAt         *string          `json:"ended_at"`
	KeyID           string           `json:"key_id"`
	KeyName         string           `json:"key_name"`
	ChannelID       *string          `json:"channel_id"`
	Provider        *string          `json:"provider"`
	Dialect         string           `json:"dialect"`
	Operation       string           `json:"operation"`
	Endpoint        *string          `json:"endpoint"`
	Model           *string          `json:"model"`
	UpstreamModel   *string          `json:"upstream_model"`
	Stream          bool             `json:"stream"`
	HTTPStatus      *int             `json:"http_status"`
	State           string           `json:"state" ts:"'open' | 'settled' | 'released' | 'refused'"`
	Basis           *string          `json:"basis" ts:"'exact' | 'partial' | 'estimated' | 'zero'"`
	End             *string          `json:"end" ts:"'finished' | 'upstream_cut' | 'client_left' | 'failed' | 'refused'"`
	Simulated       bool             `json:"simulated"`
	Covered         bool             `json:"covered"` // the client's own subscription paid: the cost is a list price
	PriceStatus     *string          `json:"price_status" ts:"'priced' | 'provider_reported' | 'estimated' | 'unpriced' | 'rejected'"`
	Meters          map[string]int64 `json:"meters"`
	Lines           []billing.Line   `json:"lines"`
	CostUSD         *string          `json:"cost_usd"`
	CostPicoUSD     *string          `json:"cost_pico_usd"`
	ChargeUSD       string           `json:"charge_usd"`
	MinUSD          *string          `json:"min_usd"`
	MaxUSD          *string          `json:"max_usd"`
	WithoutCacheUSD *string          `json:"without_cache_usd"`
	SavedUSD        *string          `json:"saved_usd"`
	ReportedUSD     *string          `json:"reported_usd"`
	PriceCard       *string          `json:"price_card"`
	Card            *Card            `json:"card"`
	Note            string           `json:"note"`
	Flags           []string         `json:"flags"`
	Attempts        []Attempt        `json:"attempts"`
	Usage           json.RawMessage  `json:"usage"`
	Error           *CallError       `json:"error"`
	ComputedUSD     *string          `json:"computed_usd"` // our own sum, where the provider reported another figure
	Currency        string           `json:"currency"`     // of the price list
	NativeTotal     *string          `json:"native_total"` // the total in it, where that is not dollars
	FX              *ExchangeRate    `json:"fx"`           // what the dollars were reckoned by; null: nothing was
	Repriced        *Repriced        `json:"repriced"`     // what a repricing did to it; told of one call alone
	ArchivedAt      *string          `json:"archived_at"`  // when its lines, usage, flags and attempts were removed
}

// Secrets says where the key lies that seals provider keys.
type Secrets struct {
	KeptIn  string  `json:"kept_in" ts:"'keychain' | 'file'"`
	Locked  bool    `json:"locked"`
	Message *string `json:"message"`
}

// A Status is what the whole program has to say about itself.
type Status struct {
	Version       string  `json:"version"`
	Relay         string  `json:"relay"`
	Home          string  `json:"home"`
	SimulatedOnly bool    `json:"simulated_only"`
	HasCalls      bool    `json:"has_calls"`
	PricesDate    string  `json:"prices_date"`
	Secrets       Secrets `json:"secrets"`
	Healthy       bool    `json:"healthy"`
	Message       *string `json:"message"`
	Role          string  `json:"role" ts:"'server' | 'agent'"`
	Tray          bool    `json:"tray"`   // a tray shows Weir's icon
	Paused        bool    `json:"paused"` // the relay refuses every call
	Door          Door    `json:"door"`
	HasProviders  bool    `json:"has_providers"`
	HasKeys       bool    `json:"has_keys"`
}

// A Door is where the relay listens, or why it does not.
type Door struct {
	Open    bool    `json:"open"`
	Port    int     `json:"port"`    // the one that is wanted
	Holder  *string `json:"holder"`  // the program that has it, when that is known
	Message *string `json:"message"` // why it is closed, or was moved
}

const timeLayout = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(timeLayout) }

func stampOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := stamp(t)
	return &s
}

// orNull turns an empty value into null.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func usd(m *billing.Money) *string {
	if m == nil {
		return nil
	}
	s := m.String()
	return &s
}

func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func table[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

func viewLimits(uses []gateway.LimitUse) []Limit {
	out := make([]Limit, len(uses))
	for i, u := range uses {
		amount := u.Unit.Text
		out[i] = Limit{ID: u.ID, Unit: string(u.Unit), Amount: amount(u.Amount), Window: string(u.Window),
			Spent: amount(u.Spent), Held: amount(u.Held), Left: amount(u.Left()), Extra: amount(u.Extra), Mark: u.Mark(), StartsAt: stampOrNull(u.Start), ResetsAt: stampOrNull(u.ResetsAt), Hard: u.Hard}
	}
	return out
}

func viewKey(k gateway.Key, uses []gateway.LimitUse) Key {
	networks := make([]string, len(k.Networks))
	for i, n := range k.Networks {
		networks[i] = n.String()
	}
	return Key{ID: k.ID, Name: k.Name, Prefix: k.Prefix, State: string(k.State), Limits: viewLimits(uses), Models: list(k.Models),
		DeniedModels: list(k.Denied), Networks: networks, GroupID: orNull(k.GroupID), Clamp: k.Clamp, MostPerCallUSD: usdOrNull(k.MostPerCall),
		Pace: viewPace(k.Pace), PauseOnBurn: k.PauseOnBurn,
		ExpiresAt: stampOrNull(k.ExpiresAt), AllowUnpriced: k.AllowUnpriced, OnLimit: string(k.OnLimit),
		CreatedAt: stamp(k.CreatedAt), LastUsedAt: stampOrNull(k.LastUsedAt), OldSecretUntil: stampOrNull(k.OldSecretUntil)}
}

func (c *Console) viewProvider(ch gateway.Channel) Provider {
	keys := make([]ProviderKey, len(ch.Keys))
	for i, k := range ch.Keys {
		keys[i] = ProviderKey{ID: k.ID, Mask: k.Mask, State: string(k.State), Message: orNull(k.Message)}
	}
	return Provider{ID: ch.ID, Name: ch.Name, Type: ch.Provider, Dialect: ch.Dialect, BaseURL: ch.BaseURL, Models: list(ch.Models),
		Map: table(ch.Map), Priority: ch.Priority, Weight: ch.Weight, Count: string(ch.Count), PriceAs: orNull(ch.PriceAs),
		Enabled: ch.Enabled, State: string(ch.State), Message: orNull(ch.Message), Keys: keys, ProviderOptions: optionsOf(ch), Balance: c.balanceOf(ch),
		Counting: c.countingOf(ch)}
}

func viewQuota(q ledger.Quota) Quota {
	return Quota{AnswersFor: string(q.AnswersFor), KeyID: orNull(q.KeyID), GroupID: orNull(q.GroupID), Unlimited: q.Unlimited, Limits: viewLimits(q.Limits),
		SpentUSD: q.Spent.String(), UnpricedCalls: q.UnpricedCalls, Simulated: q.Simulated}
}

// ViewCall returns a call as scripts and pages see it; book finds its price card.
func ViewCall(c gateway.Call, book *billing.Book) Call {
	b := c.Bill
	v := Call{ID: c.ID, StartedAt: stamp(c.StartedAt), EndedAt: stampOrNull(c.EndedAt), KeyID: c.KeyID, KeyName: c.KeyName,
		ChannelID: orNull(c.ChannelID), Provider: orNull(c.Provider), Dialect: c.Dialect, Operation: string(c.Op),
		Endpoint: orNull(c.Endpoint), Model: orNull(c.Model), UpstreamModel: orNull(c.UpstreamModel), Stream: c.Stream, HTTPStatus: orNull(c.HTTPStatus),
		State: string(c.State), Basis: orNull(string(c.Basis)), End: orNull(string(c.End)), Simulated: c.Simulated, Covered: c.Covered,
		PriceStatus: orNull(string(b.Status)), Meters: b.Usage.Meters(), Lines: list(b.Lines), CostUSD: usd(b.Total),
		ChargeUSD: c.Charge.String(), MinUSD: usd(c.Min), MaxUSD: usd(c.Max), WithoutCacheUSD: usd(b.WithoutCache),
		SavedUSD: usd(b.Saved), ReportedUSD: usd(b.Reported), ComputedUSD: usd(b.Recomputed), PriceCard: orNull(b.Card), Note: b.Note, Flags: list(b.Flags),
		Attempts: make([]Attempt, len(c.Attempts)), Usage: c.Usage, ArchivedAt: stampOrNull(c.ArchivedAt)}
	v.Currency, v.NativeTotal = cmp.Or(b.Currency, "USD"), orNull(b.Native)
	if r := b.FX; r != nil {
		v.FX = &ExchangeRate{Day: r.Day, CNYPerUSD: r.CNYPerUSD, Source: r.Source}
	}
	if b.Total != nil {
		v.CostPicoUSD = orNull(strconv.FormatInt(b.Total.Pico(), 10))
	}
	if card, ok := book.Card(b.Card); ok {
		v.Card = &Card{ID: card.ID, Source: card.Source, URL: card.URL, ValidFrom: stampOrNull(card.ValidFrom), CheckedOn: card.CheckedOn}
		if t := card.TierOf(b.Usage.Prompt()); t != nil && len(b.Lines) > 0 {
			v.Card.Tier = &Tier{t.Prompt, t.Op}
		}
	}
	for i, a := range c.Attempts {
		v.Attempts[i] = Attempt{N: a.N, ChannelID: a.ChannelID, HTTPStatus: orNull(a.HTTPStatus), Result: string(a.Result), Ms: a.Ms, Message: a.Message}
	}
	if c.Err != nil {
		v.Error = &CallError{Kind: string(c.Err.Kind), Message: c.Err.Message}
	}
	return v
}
