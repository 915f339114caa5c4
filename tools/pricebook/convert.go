package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"weir/billing"
)

// provider is one provider of the data set.
type provider struct {
	ID     string   `json:"id"`
	URLs   []string `json:"urls"`
	Models []model  `json:"models"`
}

type model struct {
	ID     string          `json:"id"`
	Match  matcher         `json:"match"`
	Prices json.RawMessage `json:"prices"`
}

// dated is one of several prices of a model.
type dated struct {
	Constraint *struct {
		Type  string `json:"type"`
		Start string `json:"start_date"`
	} `json:"constraint"`
	Prices map[string]json.RawMessage `json:"prices"`
}

// tiered is a price that depends on the prompt's length.
type tiered struct {
	Base  json.Number `json:"base"`
	Tiers []struct {
		Start int64       `json:"start"`
		Price json.Number `json:"price"`
	} `json:"tiers"`
}

// importedProviders are the data set's names for those that are imported. Left out
// are sellers whose list is a copy of another's, or in another currency.
var importedProviders = []string{"anthropic", "aws", "azure", "cerebras", "cohere", "deepseek", "fireworks", "google", "groq", "minimax",
	"mistral", "moonshotai", "openai", "openrouter", "perplexity", "together", "voyageai", "x-ai", "zai"}

func providerIDs() []string { return importedProviders }

// units says which of the book's rates a price of the data set is.
var units = map[string]string{
	"input_mtok": "input", "output_mtok": "output",
	"cache_read_mtok": "cache_read", "cache_write_mtok": "cache_write", "cache_write_1h_mtok": "cache_write_1h",
	"input_audio_mtok": "input_audio", "output_audio_mtok": "output_audio", "cache_audio_read_mtok": "cache_read_audio",
	"input_image_mtok": "input_image", "output_image_mtok": "output_image", "cache_image_read_mtok": "cache_read_image",
	"web_searches_kcount": "web_search", "storage_searches_kcount": "file_search", "audio_hours": "audio_seconds",
}

// repeated prices say again what another one says.
var repeated = []string{"input_audio_hours"}

// reviewed are prices dated after the data set that somebody has looked at.
var reviewed = []string{"google/gemini-3.6-flash@2027-01-01", "google/gemini-3.7-flash@2027-01-01", "google/gemini-3.8-flash@2027-01-01"}

// zones are those of vendors whose days begin elsewhere than in UTC: a bare date is the first
// instant of their day. Of the others nobody says; UTC is assumed.
var zones = map[string]*time.Location{"deepseek": china, "minimax": china, "moonshotai": china, "zai": china}

var china = time.FixedZone("UTC+8", 8*60*60)

// importer collects cards and what had to be left out.
type importer struct {
	cards []billing.Card
	notes []note
}

func (im *importer) drop(kind, format string, args ...any) {
	im.notes = append(im.notes, note{kind, fmt.Sprintf(format, args...)})
}

// convert turns the data set into cards, sorted by id.
func convert(providers []provider) ([]billing.Card, []note) {
	im := &importer{}
	for _, p := range providers {
		names := im.expand(p)
		for _, m := range p.Models {
			im.narrowed(p, m)
			if len(names[m.ID]) == 0 {
				im.drop(noID, "%s/%s", p.ID, m.ID)
				continue
			}
			im.model(p, m, names[m.ID])
		}
	}
	slices.SortFunc(im.cards, func(a, b billing.Card) int { return strings.Compare(a.ID, b.ID) })
	return im.cards, im.notes
}

// model adds the cards of one model, each ending where the next begins.
func (im *importer) model(p provider, m model, names []string) {
	prices, ok := readPrices(m.Prices)
	if !ok {
		im.drop(byHour, "%s/%s: needs a card by hand", p.ID, m.ID)
		return
	}
	var cards []billing.Card
	for _, d := range prices {
		c := billing.Card{ID: p.ID + "/" + m.ID, Provider: p.ID, Model: names[0], Aliases: names[1:],
			Source: sourceName, URL: first(p.URLs), CheckedOn: checkedOn}
		if d.Constraint != nil {
			c.ID += "@" + d.Constraint.Start
			start, err := startOf(p.ID, d.Constraint.Start)
			if err != nil {
				im.drop(unreadable, "%s: its date", c.ID)
				continue
			}
			c.ValidFrom = start
			im.drop(dates, "%s: %s", c.ID, start.Format(time.RFC3339))
		}
		if c.ValidFrom.Format(time.DateOnly) > checkedOn && !slices.Contains(reviewed, c.ID) {
			im.drop(future, "%s", c.ID)
			continue
		}
		if !im.rates(&c, d.Prices, strings.Contains(m.ID, "claude")) {
			continue
		}
		if n := len(cards); n > 0 {
			cards[n-1].ValidTo = c.ValidFrom
		}
		cards = append(cards, c)
	}
	im.cards = append(im.cards, cards...)
}

// startOf is the first instant of a vendor's day.
func startOf(provider, day string) (time.Time, error) {
	zone := zones[provider]
	if zone == nil {
		zone = time.UTC
	}
	start, err := time.ParseInLocation(time.DateOnly, day, zone)
	return start.UTC(), err
}

// readPrices reads the prices of a model in the order of their dates. ok is false
// where one holds for some hours of the day only.
func readPrices(raw json.RawMessage) (prices []dated, ok bool) {
	if json.Unmarshal(raw, &prices) != nil {
		var flat map[string]json.RawMessage
		if json.Unmarshal(raw, &flat) != nil {
			return nil, false
		}
		return []dated{{Prices: flat}}, true
	}
	for _, d := range prices {
		if d.Constraint != nil && d.Constraint.Type != "start_date" {
			return nil, false
		}
	}
	slices.SortStableFunc(prices, func(a, b dated) int { return strings.Compare(a.start(), b.start()) })
	return prices, true
}

func (d dated) start() string {
	if d.Constraint == nil {
		return ""
	}
	return d.Constraint.Start
}

// rates fills a card's rates and tiers. A price that the book has no meter for
// makes every bill of the card an estimate.
func (im *importer) rates(c *billing.Card, prices map[string]json.RawMessage, claude bool) bool {
	c.Rates = billing.Rates{}
	tiers := map[int64]billing.Rates{}
	for _, key := range sortedKeys(prices) {
		what, known := units[key]
		if !known {
			if !slices.Contains(repeated, key) {
				im.drop(noMeter, "%s: %s", c.ID, key)
				c.Flags = []string{"price_incomplete"}
			}
			continue
		}
		if claude && what == "cache_write" {
			what = "cache_write_5m"
		}
		var price tiered
		if json.Unmarshal(prices[key], &price.Base) != nil {
			if err := json.Unmarshal(prices[key], &price); err != nil {
				im.drop(unreadable, "%s: %s", c.ID, key)
				return false
			}
		}
		c.Rates[what] = im.decimalText(c.ID, price.Base)
		for _, t := range price.Tiers {
			if tiers[t.Start] == nil {
				tiers[t.Start] = billing.Rates{}
			}
			tiers[t.Start][what] = im.decimalText(c.ID, t.Price)
		}
	}
	for _, start := range sortedKeys(tiers) {
		c.Tiers = append(c.Tiers, tier(start, tiers[start]))
	}
	if len(c.Rates) == 0 {
		im.drop(noPrices, "%s", c.ID)
	}
	return len(c.Rates) > 0
}

// tier undoes the data set's way of saying "from 272,000 on" as "over 271,999".
func tier(start int64, rates billing.Rates) billing.Tier {
	if start%1000 == 999 {
		return billing.Tier{Prompt: start + 1, Op: ">=", Rates: rates}
	}
	return billing.Tier{Prompt: start, Op: ">", Rates: rates}
}

// decimalText drops the dirt that floats leave after the ninth decimal.
func (im *importer) decimalText(card string, n json.Number) string {
	exact := decimal.RequireFromString(string(n))
	if !exact.Equal(exact.Round(9)) {
		im.drop(dirt, "%s: %s", card, n)
	}
	return exact.Round(9).String()
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
