package console

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"weir/backend/gateway"
	"weir/billing"
)

// callColumns are a table's, before those of the meters. An unknown value is an empty cell.
var callColumns = [...]struct {
	name string
	cell func(row) string
}{
	{"id", func(c row) string { return c.ID }},
	{"started_at", func(c row) string { return c.StartedAt }},
	{"ended_at", func(c row) string { return known(c.EndedAt) }},
	{"key_id", func(c row) string { return harmless(c.KeyID) }},
	{"key_name", func(c row) string { return harmless(c.KeyName) }},
	{"channel_id", func(c row) string { return harmless(known(c.ChannelID)) }},
	{"channel_name", func(c row) string { return harmless(c.channel) }},
	{"provider", func(c row) string { return harmless(known(c.Provider)) }},
	{"dialect", func(c row) string { return c.Dialect }},
	{"operation", func(c row) string { return c.Operation }},
	{"endpoint", func(c row) string { return harmless(known(c.Endpoint)) }},
	{"model", func(c row) string { return harmless(known(c.Model)) }},
	{"upstream_model", func(c row) string { return harmless(known(c.UpstreamModel)) }},
	{"stream", func(c row) string { return strconv.FormatBool(c.Stream) }},
	{"http_status", func(c row) string {
		if c.HTTPStatus == nil {
			return ""
		}
		return strconv.Itoa(*c.HTTPStatus)
	}},
	{"state", func(c row) string { return c.State }},
	{"basis", func(c row) string { return known(c.Basis) }},
	{"end", func(c row) string { return known(c.End) }},
	{"simulated", func(c row) string { return strconv.FormatBool(c.Simulated) }},
	{"covered", func(c row) string { return strconv.FormatBool(c.Covered) }},
	{"price_status", func(c row) string { return known(c.PriceStatus) }},
	{"cost_usd", func(c row) string { return known(c.CostUSD) }},
	{"charge_usd", func(c row) string { return c.ChargeUSD }},
	{"min_usd", func(c row) string { return known(c.MinUSD) }},
	{"max_usd", func(c row) string { return known(c.MaxUSD) }},
	{"without_cache_usd", func(c row) string { return known(c.WithoutCacheUSD) }},
	{"saved_usd", func(c row) string { return known(c.SavedUSD) }},
	{"reported_usd", func(c row) string { return known(c.ReportedUSD) }},
	{"price_card", func(c row) string { return harmless(known(c.PriceCard)) }},
	{"flags", func(c row) string { return harmless(strings.Join(c.Flags, " ")) }},
	{"note", func(c row) string { return harmless(c.Note) }},
	{"attempts", func(c row) string { return strconv.Itoa(len(c.Attempts)) }},
	{"error_kind", func(c row) string {
		if c.Error == nil {
			return ""
		}
		return c.Error.Kind
	}},
	{"error_message", func(c row) string {
		if c.Error == nil {
			return ""
		}
		return harmless(c.Error.Message)
	}},
}

// A row is a call with the name of the channel that answered it.
type row struct {
	Call
	channel string
}

// A csvSheet writes calls as CSV: a line of names, then a line for each call.
type csvSheet struct {
	c      *Console
	w      *csv.Writer
	meters []string
	cells  []string // of one line
}

func newCSV(c *Console, w io.Writer) sheet {
	return &csvSheet{c: c, w: csv.NewWriter(w), meters: billing.MeterNames()}
}

func (s *csvSheet) begin() error {
	for _, column := range callColumns {
		s.cells = append(s.cells, column.name)
	}
	return s.w.Write(append(s.cells, s.meters...))
}

func (s *csvSheet) add(ctx context.Context, c Call) error {
	r, err := row{Call: c}, error(nil)
	if c.ChannelID != nil {
		if r.channel, err = s.c.channelName(ctx, *c.ChannelID); err != nil {
			return err
		}
	}
	s.cells = s.cells[:0]
	for _, column := range callColumns {
		s.cells = append(s.cells, column.cell(r))
	}
	for _, name := range s.meters {
		count := "" // what a call used is known when it is settled
		if c.State == string(gateway.Settled) {
			count = strconv.FormatInt(c.Meters[name], 10)
		}
		s.cells = append(s.cells, count)
	}
	return s.w.Write(s.cells)
}

func (s *csvSheet) end() error {
	s.w.Flush()
	return s.w.Error()
}

func known(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// harmless puts an apostrophe before a text that a spreadsheet would take for a formula. Names
// of models come from clients, and their cells must not do anything.
// https://owasp.org/www-community/attacks/CSV_Injection, read 2026-11.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}
