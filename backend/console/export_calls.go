package console

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"weir/backend/ledger"
	"weir/frontend/src/i18n"
)

// ExportCalls is what calls.export takes: which calls, as calls.page takes them, and the file's
// format: csv, json (one array), or json-lines (one object a line).
type ExportCalls struct {
	Format    string     `json:"format"`
	Since     *time.Time `json:"since,omitempty"`
	Until     *time.Time `json:"until,omitempty"`
	KeyID     string     `json:"key_id,omitempty"`
	ChannelID string     `json:"channel_id,omitempty"`
	Model     string     `json:"model,omitempty"`
	State     string     `json:"state,omitempty"`
	Unpriced  bool       `json:"unpriced,omitempty"`
	Over      *string    `json:"over,omitempty"`
}

// A sheet writes calls one by one; end makes the file whole.
type sheet interface {
	begin() error
	add(context.Context, Call) error
	end() error
}

// A format is a way to write calls.
type format struct {
	ending, kind string
	sheet        func(c *Console, w io.Writer) sheet
}

func formats() map[string]format {
	return map[string]format{
		"csv":        {"csv", "text/csv; charset=utf-8; header=present", newCSV},
		"json":       {"json", "application/json", func(_ *Console, w io.Writer) sheet { return &array{w: w, first: "[\n", next: ",\n", last: "\n]\n"} }},
		"json-lines": {"jsonl", "application/jsonl", func(_ *Console, w io.Writer) sheet { return &array{w: w, next: "\n", last: "\n"} }},
	}
}

func (c *Console) exportCalls(_ context.Context, a ExportCalls) (Download, error) {
	f, ok := formats()[a.Format]
	if !ok {
		return Download{}, invalid("format", i18n.T("error.console.format"))
	}
	which, err := CallsPage{Since: a.Since, Until: a.Until, KeyID: a.KeyID, ChannelID: a.ChannelID, Model: a.Model,
		State: a.State, Unpriced: a.Unpriced, Over: a.Over}.filter()
	if err != nil {
		return Download{}, err
	}
	return c.exports.offer(c.Now(), export{
		Download: Download{Name: c.fileName("weir-calls", f.ending)}, kind: f.kind,
		write: func(ctx context.Context, w io.Writer) error { return c.writeCalls(ctx, which, f.sheet(c, w)) },
	})
}

// fileName is a plain name that says what is in a file and of which day it is.
func (c *Console) fileName(what, ending string) string {
	return what + "-" + c.Ledger.Now().UTC().Format(time.DateOnly) + "." + ending
}

func (c *Console) writeCalls(ctx context.Context, f ledger.Filter, s sheet) error {
	if err := s.begin(); err != nil {
		return err
	}
	book := c.Prices.Book()
	for call, err := range c.Ledger.Every(ctx, f) {
		if err != nil {
			return err
		}
		if err := s.add(ctx, ViewCall(call, book)); err != nil {
			return err
		}
	}
	return s.end()
}

// An array writes calls as JSON, each as scripts see it everywhere.
type array struct {
	w                 io.Writer
	first, next, last string
	some              bool
}

func (a *array) begin() error { return a.say(a.first) }

func (a *array) add(_ context.Context, c Call) error {
	if a.some {
		if err := a.say(a.next); err != nil {
			return err
		}
	}
	a.some = true
	text, err := json.Marshal(c)
	if err == nil {
		_, err = a.w.Write(text)
	}
	return err
}

// end closes the array; lines have an end only where there is one.
func (a *array) end() error {
	if !a.some && a.first == "" {
		return nil
	}
	return a.say(a.last)
}

func (a *array) say(text string) error {
	_, err := io.WriteString(a.w, text)
	return err
}
