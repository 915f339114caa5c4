package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"weir/backend/console"
	"weir/frontend/src/i18n"
)

// largestCatalogue is more than a catalogue may have: the rest is not read.
const largestCatalogue = 5<<20 + 1

func (s *session) prices() *cobra.Command {
	model := func(args []string) any { return console.PricedModel{Provider: args[0], Model: args[1]} }
	return group("prices", "What models cost: the catalogue, and your own prices over it.", s.listPrices(),
		s.showing("show PROVIDER MODEL", "Show a model's price, with all that it was and will be.", cobra.ExactArgs(2), "prices.show", model, showPrice),
		s.setPrice(),
		s.showing("reset PROVIDER MODEL", "End your own prices of a model from now on.", cobra.ExactArgs(2), "prices.reset", model, showPriceSet),
		s.aliases(),
		s.showing("unmatched", "List models of which calls have no price.", cobra.NoArgs, "prices.unmatched", noArgs, showUnmatched),
		s.rates(),
		s.priceUpdate(),
		s.priceKeys(),
		s.command("export", "Write your own prices, aliases and rates of exchange as JSON.", cobra.NoArgs, func(ctx context.Context, _ []string) error {
			var all json.RawMessage
			if err := s.call(ctx, "prices.export", nil, &all); err != nil {
				return err
			}
			s.print(all)
			return nil
		}),
		s.command("import FILE", "Add what export wrote, all or none; - reads standard input.", cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
			file, err := s.readFile(args[0])
			if err != nil {
				return err
			}
			if !json.Valid(file) {
				return errors.New(i18n.T("error.prices.import"))
			}
			return s.do(ctx, "prices.import", console.ImportPrices{File: file}, showImported)
		}))
}

func noArgs([]string) any { return nil }

// readFile reads a file that a person names; - is standard input.
func (s *session) readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(s.Stdin, largestCatalogue))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, largestCatalogue))
}

func (s *session) listPrices() *cobra.Command {
	var q console.PriceQuestion
	cmd := s.command("list", "List models with their price of now, those first that you used most.", cobra.NoArgs, func(ctx context.Context, _ []string) error {
		return s.do(ctx, "prices.list", q, showPrices)
	})
	f := cmd.Flags()
	f.StringVar(&q.Search, "search", "", "only models whose name has this in it")
	f.StringVar(&q.List, "provider", "", "only this provider's")
	f.BoolVar(&q.Used, "used", false, "only models that you used in the last 30 days")
	f.StringVar(&q.Layer, "from", "", "only prices from there: you, update, overlay or catalogue")
	f.IntVar(&q.Limit, "limit", 0, "at most so many")
	f.StringVar(&q.Cursor, "after", "", "go on where a list ended")
	return cmd
}

func (s *session) setPrice() *cobra.Command {
	var set console.SetPrice
	var rates, steps []string
	var from string
	cmd := s.command("set PROVIDER MODEL", "Set a price of your own, from now on or from an instant.", cobra.ExactArgs(2), func(ctx context.Context, args []string) error {
		set.Provider, set.Model = args[0], args[1]
		var err error
		word := func(_, value string) (string, bool) { return strings.TrimSpace(value), value != "" }
		if set.Rates, err = pairs(rates, "=", "error.cli.rate", word); err != nil {
			return err
		}
		if set.Tiers, err = tiersOf(steps); err != nil {
			return err
		}
		if from != "" {
			at, err := instantOf(from)
			if err != nil {
				return err
			}
			set.From = &at
		}
		return s.do(ctx, "prices.set", set, showPriceSet)
	})
	f := cmd.Flags()
	f.StringArrayVar(&rates, "rate", nil, "what=amount, such as input=3 for a million tokens; may be repeated")
	f.StringArrayVar(&steps, "step", nil, "for longer prompts: '>200000 input=6', or '>=' for from that many on; may be repeated")
	f.StringVar(&set.Currency, "currency", "", "of the rates: USD or CNY; usually dollars")
	f.StringVar(&from, "from", "", "since when: a day of this machine's zone, or an instant; in the past too, but calls keep their price until weir reprice")
	f.StringVar(&set.Note, "note", "", "why, for yourself")
	need(cmd, "rate")
	return cmd
}

// tiersOf reads prices for longer prompts: '>200000 input=6 output=12'.
func tiersOf(steps []string) ([]console.PriceTier, error) {
	var all []console.PriceTier
	for _, step := range steps {
		words := strings.Fields(step)
		bad := &usageError{errors.New(i18n.T("error.cli.step", "step", step))}
		if len(words) < 2 {
			return nil, bad
		}
		t := console.PriceTier{Op: ">", Rates: map[string]string{}}
		count, after := strings.CutPrefix(words[0], ">")
		if more, from := strings.CutPrefix(count, "="); from {
			t.Op, count = ">=", more
		}
		n, err := strconv.ParseInt(count, 10, 64)
		if !after || err != nil {
			return nil, bad
		}
		t.Prompt = n
		for _, word := range words[1:] {
			what, rate, ok := strings.Cut(word, "=")
			if !ok {
				return nil, bad
			}
			if _, there := t.Rates[what]; there {
				return nil, twice(what)
			}
			t.Rates[what] = rate
		}
		all = append(all, t)
	}
	return all, nil
}

// instantOf reads a day of this machine's zone, or an instant.
func instantOf(text string) (string, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC().Format(time.RFC3339Nano), nil
	}
	day, err := time.ParseInLocation(time.DateOnly, text, time.Local)
	if err != nil {
		return "", &usageError{errors.New(i18n.T("error.prices.time", "time", text))}
	}
	return day.UTC().Format(time.RFC3339), nil
}

func (s *session) aliases() *cobra.Command {
	var like console.SetAlias
	set := s.command("set PROVIDER MODEL LIKE", "Let a model without a price cost what another one does.", cobra.ExactArgs(3), func(ctx context.Context, args []string) error {
		like.Provider, like.Model, like.LikeModel = args[0], args[1], args[2]
		return s.do(ctx, "prices.alias.set", like, showAliases)
	})
	set.Flags().StringVar(&like.LikeProvider, "of", "", "the provider of the other one, if it is another")
	return group("alias", "Models that cost what others do.", set,
		s.showing("remove PROVIDER MODEL", "Take an alias away.", cobra.ExactArgs(2), "prices.alias.remove", func(args []string) any { return console.PricedModel{Provider: args[0], Model: args[1]} }, showAliases),
		s.showing("list", "List them.", cobra.NoArgs, "prices.alias.list", noArgs, showAliases))
}

func (s *session) rates() *cobra.Command {
	var r console.ExchangeRate
	set := s.command("set DAY YUAN", "Say how many yuan a dollar cost on a day.", cobra.ExactArgs(2), func(ctx context.Context, args []string) error {
		r.Day, r.CNYPerUSD = args[0], args[1]
		return s.do(ctx, "prices.rates.set", r, showRates)
	})
	set.Flags().StringVar(&r.Source, "source", "", "where you have it from")
	return group("rates", "Rates of exchange, by which prices in yuan become dollars.", set,
		s.showing("remove DAY", "Forget a day's rate.", cobra.ExactArgs(1), "prices.rates.set", func(args []string) any { return console.ExchangeRate{Day: args[0]} }, showRates),
		s.showing("list", "List those that you entered.", cobra.NoArgs, "prices.rates.list", noArgs, showRates))
}

func (s *session) priceUpdate() *cobra.Command {
	var file string
	check := s.command("check", "Look at a published catalogue: nothing changes.", cobra.NoArgs, func(ctx context.Context, _ []string) error {
		var ask console.CheckPrices
		if file != "" {
			text, err := s.readFile(file)
			if err != nil {
				return err
			}
			ask.File = string(text)
		}
		return s.do(ctx, "prices.update.check", ask, showDifference)
	})
	check.Flags().StringVar(&file, "file", "", "a file instead of the set address; - reads standard input")
	version := func(args []string) any {
		n, _ := strconv.ParseInt(args[0], 10, 64) // what is no number names no catalogue
		return console.PriceVersionOf{Version: n}
	}
	return group("update", "Published catalogues of prices.", check,
		s.showing("status", "Say which catalogue is in force, and which are kept.", cobra.NoArgs, "prices.update.get", noArgs, showUpdates),
		s.showing("preview VERSION", "Say what a catalogue would change.", cobra.ExactArgs(1), "prices.update.preview", version, showDifference),
		s.showing("apply VERSION", "Put a catalogue in force that was checked.", cobra.ExactArgs(1), "prices.update.apply", version, showUpdates),
		s.showing("rollback", "Take the catalogue in force back.", cobra.NoArgs, "prices.update.rollback", noArgs, showUpdates),
		s.showing("source URL", "Set the address that check asks; '' is none.", cobra.ExactArgs(1), "prices.update.source", func(args []string) any { return console.PriceSource{URL: args[0]} }, showUpdates))
}

func (s *session) priceKeys() *cobra.Command {
	var k console.TrustKey
	trust := s.command("trust KEY", "Trust a publisher's public key.", cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		k.Key = args[0]
		return s.do(ctx, "prices.keys.trust", k, showPriceKeys)
	})
	trust.Flags().StringVar(&k.Name, "name", "", "who the publisher is")
	trust.Flags().StringVar(&k.Until, "until", "", "the last day on which it signs")
	need(trust, "name")
	return group("keys", "Publishers whose catalogues you trust.", trust,
		s.showing("untrust FINGERPRINT", "Trust a key no more.", cobra.ExactArgs(1), "prices.keys.untrust", func(args []string) any { return console.Fingerprint{Fingerprint: args[0]} }, showPriceKeys),
		s.showing("list", "List them.", cobra.NoArgs, "prices.update.get", noArgs, showPriceKeys))
}

// rateText writes rates in a fixed order.
func rateText(rates map[string]string) string {
	var parts []string
	for what, rate := range rates {
		parts = append(parts, what+" "+rate)
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
