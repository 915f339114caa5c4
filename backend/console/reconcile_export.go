package console

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"weir/backend/reconcile"
	"weir/billing"
)

// ExportReconciliation is what reconcile.export takes.
type ExportReconciliation struct {
	ID        string `json:"id"`
	Different bool   `json:"different,omitempty"` // only rows that do not agree
}

// reconciliationColumns are those of a comparison: each figure of the provider's, ours, and the difference.
var reconciliationColumns = []string{"day_utc", "model", "result", "differs_by",
	"provider_requests", "weir_requests", "provider_input_tokens", "weir_input_tokens", "provider_cache_read_tokens", "weir_cache_read_tokens",
	"provider_cache_write_tokens", "weir_cache_write_tokens", "provider_output_tokens", "weir_output_tokens",
	"provider_cost_usd", "weir_cost_usd", "difference_usd", "weir_unpriced_calls"}

func (c *Console) exportReconciliation(ctx context.Context, a ExportReconciliation) (Download, error) {
	v, err := c.showReconciliation(ctx, byID{a.ID})
	if err != nil {
		return Download{}, err
	}
	return c.exports.offer(c.Now(), export{
		Download: Download{Name: c.fileName("weir-reconciliation", "csv")}, kind: formats()["csv"].kind,
		write: func(_ context.Context, w io.Writer) error {
			return writeReconciliation(v, a.Different, csv.NewWriter(w))
		},
	})
}

func writeReconciliation(v Reconciliation, different bool, w *csv.Writer) error {
	if err := w.Write(reconciliationColumns); err != nil {
		return err
	}
	for _, m := range v.Rows {
		if different && m.State == reconcile.Same {
			continue
		}
		if err := w.Write(reconciliationCells(m, v.Theirs.Cost != nil)); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// reconciliationCells is a row of the file; costs says whether the provider's account has any.
func reconciliationCells(m reconcile.Match, costs bool) []string {
	var theirs, ours reconcile.Figures
	if m.Theirs != nil {
		theirs = *m.Theirs
	}
	if m.Ours != nil {
		ours = *m.Ours
	}
	cells := []string{m.Day, harmless(m.Model), m.State, strings.Join(m.By, " ")}
	for _, pair := range [][2]*int64{{theirs.Requests, ours.Requests}, {theirs.Input, ours.Input}, {theirs.CacheRead, ours.CacheRead},
		{theirs.CacheWrite, ours.CacheWrite}, {theirs.Output, ours.Output}} {
		for _, n := range pair {
			if n == nil {
				cells = append(cells, "")
				continue
			}
			cells = append(cells, strconv.FormatInt(*n, 10))
		}
	}
	gap := ""
	if first, second := costOf(m.Theirs, costs), costOf(m.Ours, costs); first != nil && second != nil {
		gap = first.Sub(*second).String()
	}
	return append(cells, known(usd(theirs.Cost)), known(usd(ours.Cost)), gap, strconv.FormatInt(m.Unpriced, 10))
}

// costOf is a side's part of a difference of costs: nothing where it lacks the row; nil where it is not known.
func costOf(side *reconcile.Figures, costs bool) *billing.Money {
	switch {
	case !costs:
		return nil
	case side == nil:
		return &billing.Money{}
	}
	return side.Cost
}
