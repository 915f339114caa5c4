package console

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// A Download is an export that waits to be fetched, once, with GET /console/export/{ticket}.
// Who has the ticket needs no session: a browser saves a file without one.
type Download struct {
	Ticket string `json:"ticket"`
	Name   string `json:"name"` // what to call the file
}

const (
	exportPath   = "/console/export/"
	ticketLife   = 10 * time.Minute // long enough to choose a folder
	mostTickets  = 32
	mostExports  = 2 // at once: each takes one of the store's readers
	exportBuffer = 64 << 10
	exportStall  = 30 * time.Second // whoever reads nothing for so long has left
)

// An export is what a ticket stands for.
type export struct {
	Download
	kind  string // of its content
	until time.Time
	write func(ctx context.Context, w io.Writer) error
}

// exports are those that wait, and how many run. The zero value is ready.
type exports struct {
	mu      sync.Mutex
	waiting []export // the oldest first
	running int
}

// offer makes a ticket for an export.
func (x *exports) offer(now time.Time, e export) (Download, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.running >= mostExports {
		return Download{}, busyExporting()
	}
	for len(x.waiting) > 0 && (len(x.waiting) >= mostTickets || now.After(x.waiting[0].until)) {
		x.waiting = x.waiting[1:]
	}
	e.Ticket, e.until = token(), now.Add(ticketLife)
	x.waiting = append(x.waiting, e)
	return e.Download, nil
}

// begin takes a ticket and returns its export; end must be called after it.
func (x *exports) begin(now time.Time, ticket string) (e export, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, e := range x.waiting {
		if digest(e.Ticket) != digest(ticket) || now.After(e.until) {
			continue
		}
		if x.running >= mostExports {
			return export{}, busyExporting()
		}
		x.waiting = append(x.waiting[:i:i], x.waiting[i+1:]...)
		x.running++
		return e, nil
	}
	return export{}, &gateway.Error{Kind: gateway.NotFound, Message: i18n.T("error.console.no_export")}
}

func (x *exports) end() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.running--
}

func busyExporting() error {
	return &gateway.Error{Kind: gateway.Conflict, Message: i18n.T("error.console.exports", "most", mostExports)}
}

// exportTicket returns the ticket that a request brings.
func exportTicket(r *http.Request) (string, bool) {
	ticket, ok := strings.CutPrefix(r.URL.Path, exportPath)
	return ticket, ok && ticket != "" && r.Method == http.MethodGet
}

// serveExport writes an export as a file. One that fails midway breaks the connection, so that
// nobody takes a part for the whole.
func (c *Console) serveExport(w http.ResponseWriter, r *http.Request, ticket string) {
	e, err := c.exports.begin(c.Now(), ticket)
	if err != nil {
		answer(w, Envelope{Error: c.show("export", err)})
		return
	}
	defer c.exports.end()
	out := &paced{w: w, name: e.Name, kind: e.kind}
	buffered := bufio.NewWriterSize(out, exportBuffer)
	if err = e.write(r.Context(), buffered); err == nil {
		err = buffered.Flush()
	}
	switch {
	case err == nil:
		// The connection may serve others after this; where it cannot, it is gone.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
	case !out.begun:
		answer(w, Envelope{Error: c.show("export", err)})
	default:
		c.Log.Warn("an export broke off", "name", e.Name, "err", err)
		panic(http.ErrAbortHandler)
	}
}

// paced writes to somebody who may be slow, but not forever. Before the first byte it says what
// file this is.
type paced struct {
	w          http.ResponseWriter
	name, kind string
	begun      bool
}

func (p *paced) Write(b []byte) (int, error) {
	if !p.begun {
		p.begun = true
		p.w.Header().Set("Content-Type", p.kind)
		p.w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", p.name))
	}
	if err := http.NewResponseController(p.w).SetWriteDeadline(time.Now().Add(exportStall)); err != nil {
		return 0, fmt.Errorf("bound a write: %w", err)
	}
	return p.w.Write(b)
}
