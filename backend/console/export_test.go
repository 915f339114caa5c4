package console

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"weir/backend/door"
	"weir/backend/gateway"
	"weir/billing"
)

// listen serves the console to programs of the same user.
func (b *books) listen() *httptest.Server {
	s := httptest.NewServer(b.Local("secret"))
	b.t.Cleanup(s.Close)
	return s
}

func get(t testing.TB, url string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer secret")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// fetch returns an export's content, which must come whole.
func (b *books) fetch(s *httptest.Server, d Download) string {
	b.t.Helper()
	resp := get(b.t, s.URL+exportPath+d.Ticket)
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.t.Fatalf("GET of %s = %s, %v: %s", d.Name, resp.Status, err, text)
	}
	return string(text)
}

// records reads CSV into maps by the names of its first line.
func records(t testing.TB, text string) []map[string]string {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]string
	for _, line := range lines[1:] {
		r := map[string]string{}
		for i, name := range lines[0] {
			r[name] = line[i]
		}
		all = append(all, r)
	}
	return all
}

func TestExportsAgreeWithThePage(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-21T12:00:00Z"))
	b.crowd(300, b.now.Add(-50*time.Hour), b.now)
	s := b.listen()
	since, until, over := b.now.Add(-30*time.Hour), b.now.Add(-5*time.Hour), "0.25"
	for _, tt := range []struct {
		name string
		page CallsPage
	}{
		{"all", CallsPage{}},
		{"a time", CallsPage{Since: &since, Until: &until}},
		{"a key", CallsPage{KeyID: "key_1"}},
		{"a channel", CallsPage{ChannelID: "ch_1"}},
		{"a model", CallsPage{Model: "model_1"}},
		{"running", CallsPage{State: "open"}},
		{"refused", CallsPage{State: "refused"}},
		{"failed", CallsPage{State: "failed"}},
		{"unpriced", CallsPage{Unpriced: true}},
		{"dear ones", CallsPage{Over: &over}},
		{"all at once", CallsPage{Since: &since, KeyID: "key_2", ChannelID: "ch_1", State: "settled", Over: &over}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := ask[CallPage](b, "calls.page", tt.page)
			asked := ExportCalls{Since: tt.page.Since, Until: tt.page.Until, KeyID: tt.page.KeyID, ChannelID: tt.page.ChannelID,
				Model: tt.page.Model, State: tt.page.State, Unpriced: tt.page.Unpriced, Over: tt.page.Over}
			for _, format := range []string{"csv", "json", "json-lines"} {
				asked.Format = format
				calls := b.readBack(t, format, b.fetch(s, ask[Download](b, "calls.export", asked)))
				var spent billing.Money
				unpriced := int64(0)
				for _, c := range calls {
					if !c.Simulated {
						spent = spent.Add(amount(c.ChargeUSD))
					}
					if !c.Simulated && c.State == "settled" && c.CostUSD == nil && !c.Covered {
						unpriced++
					}
				}
				if int64(len(calls)) != *p.Total || spent.String() != *p.SpentUSD || unpriced != *p.UnpricedCalls {
					t.Errorf("%s: %d calls, %s spent, %d unpriced; the page says %d, %s, %d", format, len(calls), spent, unpriced, *p.Total, *p.SpentUSD, *p.UnpricedCalls)
				}
				for i, c := range p.Calls {
					if calls[i].ID != c.ID || calls[i].StartedAt != c.StartedAt || known(calls[i].CostUSD) != known(c.CostUSD) || calls[i].Simulated != c.Simulated {
						t.Fatalf("%s: row %d is %+v, want %+v", format, i, calls[i], c)
					}
				}
			}
		})
	}
}

// readBack reads what every format says of calls.
func (b *books) readBack(t *testing.T, format, text string) (calls []Call) {
	t.Helper()
	switch format {
	case "csv":
		for _, r := range records(t, text) {
			c := Call{ID: r["id"], StartedAt: r["started_at"], State: r["state"], ChargeUSD: r["charge_usd"], CostUSD: orNull(r["cost_usd"]),
				Simulated: r["simulated"] == "true", Covered: r["covered"] == "true"}
			calls = append(calls, c)
		}
	case "json":
		if err := json.Unmarshal([]byte(text), &calls); err != nil {
			t.Fatalf("%v in %.100s", err, text)
		}
	default:
		for line := range strings.Lines(text) {
			var c Call
			if err := json.Unmarshal([]byte(line), &c); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			calls = append(calls, c)
		}
	}
	return calls
}

func TestExportedCell(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-21T12:00:00Z"))
	s := b.listen()
	c := paid("key_1", "ch_none", "gpt-5", "0.0000000017", "0.000000001")
	c.KeyName, c.Bill.Note = "Rot, \"grün\"\nund 藍", "a note, with a comma"
	c.Bill.Usage[billing.Input], c.Bill.Usage[billing.CacheRead], c.Bill.Usage[billing.CacheReadAudio] = 7, 11, 13
	c.Simulated = true
	b.add(b.now, c)
	r := records(t, b.fetch(s, ask[Download](b, "calls.export", ExportCalls{Format: "csv"})))[0]
	for name, want := range map[string]string{
		"started_at": "2026-11-21T12:00:00.000Z", "key_name": c.KeyName, "note": c.Bill.Note, "simulated": "true", "channel_name": "ch_none",
		"cost_usd": "0.0000000017", "saved_usd": "-0.0000000007", "reported_usd": "", "http_status": "", "error_message": "",
		"input_tokens_uncached": "7", "cache_read_tokens": "24", "input_tokens_total": "31", "output_tokens": "0",
	} {
		if got, ok := r[name]; !ok || got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	for _, name := range billing.MeterNames() {
		if _, ok := r[name]; !ok {
			t.Errorf("no column %s", name)
		}
	}
}

func TestCellsDoNothingInASpreadsheet(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a formula", "=1+1", "'=1+1"},
		{"a sum", "+1", "'+1"},
		{"a difference", "-1", "'-1"},
		{"a function", "@SUM(A1)", "'@SUM(A1)"},
		{"behind a tab", "\t=1", "'\t=1"},
		{"behind a return", "\r=1", "'\r=1"},
		{"a plain name stays", "Codex", "Codex"},
		{"a sign later on does nothing", "gpt-5=x", "gpt-5=x"},
		{"nothing stays nothing", "", ""},
		{"other scripts stay", "模型", "模型"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := harmless(tt.text); got != tt.want {
				t.Errorf("harmless(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestEveryNameOfAnExportIsHarmless(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-21T12:00:00Z"))
	s := b.listen()
	c := paid("=key", "+channel", "@model", "1", "1")
	c.KeyName, c.UpstreamModel, c.Provider, c.Endpoint, c.Bill.Note, c.Bill.Card, c.Bill.Flags = "=name", "-up", "=provider", "=end", "=note", "=card", []string{"=flag"}
	c.Err = &gateway.CallError{Kind: "invalid", Message: "=message"}
	b.add(b.now, c)
	for op, args := range map[string]any{"calls.export": ExportCalls{Format: "csv"}, "overview.export": ExportOverview{}} {
		for name, cell := range records(t, b.fetch(s, ask[Download](b, op, args)))[0] {
			if cell != "" && strings.ContainsRune("=+@", rune(cell[0])) {
				t.Errorf("%s: %s = %q", op, name, cell)
			}
		}
	}
}

func TestExportOfNothing(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-21T12:00:00Z"))
	s := b.listen()
	for format, want := range map[string]string{"json": "[\n\n]\n", "json-lines": ""} {
		if got := b.fetch(s, ask[Download](b, "calls.export", ExportCalls{Format: format})); got != want {
			t.Errorf("%s of nothing = %q, want %q", format, got, want)
		}
	}
	if got := records(t, b.fetch(s, ask[Download](b, "calls.export", ExportCalls{Format: "csv"}))); len(got) != 0 {
		t.Errorf("CSV of nothing has %d rows", len(got))
	}
}

func TestOverviewExport(t *testing.T) {
	b := openBooks(t, "Europe/Berlin", instant(t, "2026-11-21T12:00:00Z"))
	b.crowd(300, b.now.Add(-5*24*time.Hour), b.now)
	s := b.listen()
	for _, from := range []time.Time{b.now.Add(-7 * 24 * time.Hour), b.now.Add(-20 * time.Hour)} {
		whole := ask[Overview](b, "overview.get", OverviewOf{From: &from, To: &b.now})
		rows := records(t, b.fetch(s, ask[Download](b, "overview.export", ExportOverview{From: &from, To: &b.now})))
		var spent billing.Money
		var calls, refused int64
		seen := map[string]bool{}
		for _, r := range rows {
			var n, no int64
			fmt.Sscan(r["calls"], &n)
			fmt.Sscan(r["refused_calls"], &no)
			spent, calls, refused = spent.Add(amount(r["spent_usd"])), calls+n, refused+no
			which := fmt.Sprint(r["from"], r["model"], r["key_id"], r["channel_id"])
			if seen[which] {
				t.Errorf("two rows of %s", which)
			}
			seen[which] = true
		}
		if spent.String() != whole.Total.SpentUSD || calls != whole.Total.Calls || refused != whole.Total.RefusedCalls {
			t.Errorf("rows add up to %s, %d calls, %d refused, want %+v", spent, calls, refused, whole.Total)
		}
	}
}

func TestExportArguments(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-21T12:00:00Z"))
	for _, tt := range []struct{ name, op, args, field string }{
		{"no format", "calls.export", `{}`, "format"},
		{"another format", "calls.export", `{"format":"xlsx"}`, "format"},
		{"a state that does not exist", "calls.export", `{"format":"csv","state":"lost"}`, "state"},
		{"no amount", "calls.export", `{"format":"csv","over":"much"}`, "over"},
		{"a span that ends before it begins", "overview.export", `{"from":"2026-11-22T00:00:00Z","to":"2026-11-21T00:00:00Z"}`, "to"},
	} {
		t.Run(tt.name, func(t *testing.T) { b.refuses(tt.op, tt.args, tt.field) })
	}
}

func TestTickets(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-21T12:00:00Z"))
	s := b.listen()
	offer := func() Download { return ask[Download](b, "calls.export", ExportCalls{Format: "csv"}) }
	status := func(ticket string) int { return get(t, s.URL+exportPath+ticket).StatusCode }

	d := offer()
	resp := get(t, s.URL+exportPath+d.Ticket)
	if _, params, err := mime.ParseMediaType(resp.Header.Get("Content-Disposition")); err != nil || params["filename"] != "weir-calls-2026-11-21.csv" || params["filename"] != d.Name {
		t.Errorf("the file's name is %v, %v", params, err)
	}
	if kind := resp.Header.Get("Content-Type"); kind != "text/csv; charset=utf-8; header=present" {
		t.Errorf("the content is %q", kind)
	}
	if got := status(d.Ticket); got != http.StatusNotFound {
		t.Errorf("a ticket that was used: %d", got)
	}
	if got := status("none"); got != http.StatusNotFound {
		t.Errorf("an unknown ticket: %d", got)
	}
	late := offer()
	b.now = b.now.Add(ticketLife + time.Second)
	if got := status(late.Ticket); got != http.StatusNotFound {
		t.Errorf("a ticket that waited too long: %d", got)
	}
	first := offer()
	for range mostTickets {
		offer()
	}
	if got := status(first.Ticket); got != http.StatusNotFound || len(b.exports.waiting) != mostTickets {
		t.Errorf("the oldest of too many: %d, %d wait", got, len(b.exports.waiting))
	}
}

// A browser fetches a file by following a link, which cannot carry the session.
func TestBrowsersFetchWithTheTicketAlone(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-21T12:00:00Z"))
	sessions, _ := NewSessions()
	h := b.Browser(door.Loopback(9348, true), sessions, fstest.MapFS{})
	d := ask[Download](b, "calls.export", ExportCalls{Format: "csv"})
	serve := func(host, site, path string) int {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = host
		r.Header.Set("Sec-Fetch-Site", site)
		w := &deadlines{httptest.NewRecorder()}
		h.ServeHTTP(w, r)
		return w.Code
	}
	for _, tt := range []struct {
		name, host, site, ticket string
		want                     int
	}{
		{"another page's link", "127.0.0.1:9348", "cross-site", d.Ticket, http.StatusForbidden},
		{"another name of this machine", "evil.test:9348", "same-origin", d.Ticket, http.StatusForbidden},
		{"no ticket", "127.0.0.1:9348", "same-origin", "", http.StatusUnauthorized},
		{"a guess", "127.0.0.1:9348", "same-origin", "guess", http.StatusNotFound},
		{"the ticket", "127.0.0.1:9348", "same-origin", d.Ticket, http.StatusOK},
	} {
		if got := serve(tt.host, tt.site, exportPath+tt.ticket); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// deadlines is a recorder that takes them, as a connection does.
type deadlines struct{ *httptest.ResponseRecorder }

func (*deadlines) SetWriteDeadline(time.Time) error { return nil }

func TestOnlySoManyExportsAtOnce(t *testing.T) {
	var x exports
	now := time.Now()
	for range mostExports {
		d, err := x.offer(now, export{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.begin(now, d.Ticket); err != nil {
			t.Fatal(err)
		}
	}
	var e *gateway.Error
	if _, err := x.offer(now, export{}); !errors.As(err, &e) || e.Kind != gateway.Conflict {
		t.Errorf("one too many: %v", err)
	}
	x.end()
	if _, err := x.offer(now, export{}); err != nil {
		t.Errorf("one has ended, and another may not begin: %v", err)
	}
}
