package console

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"runtime"
	"testing"
	"time"

	"weir/backend/store"
)

// multiply copies the ledger's calls until there are so many; nothing but the list knows of the copies.
func (b *books) multiply(n int) {
	b.t.Helper()
	err := b.Store.Do(b.t.Context(), func(tx *store.Tx) error {
		var columns string
		if err := tx.QueryRow("SELECT group_concat(name) FROM pragma_table_info('call') WHERE name NOT IN ('seq', 'id')").Scan(&columns); err != nil {
			return err
		}
		_, err := tx.Exec("WITH RECURSIVE turn(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM turn WHERE n < ?) "+
			"INSERT INTO call (id, "+columns+") SELECT id || '_' || n, "+columns+" FROM turn, call LIMIT ?", n, n-len(b.calls))
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// manyCalls is how many calls a large export has; fewer under the race detector.
func manyCalls() int {
	if testing.Short() {
		return 30_000
	}
	return 100_000
}

// TestALargeExportTakesNoMemory reads a hundred thousand calls, of which only a few may lie in memory.
func TestALargeExportTakesNoMemory(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-21T12:00:00Z"))
	b.crowd(200, b.now.Add(-time.Hour), b.now)
	want := manyCalls()
	b.multiply(want)
	s := b.listen()
	resp := get(t, s.URL+exportPath+ask[Download](b, "calls.export", ExportCalls{Format: "json-lines"}).Ticket)
	lines := bufio.NewReader(resp.Body)
	read, size, before := 0, 0, uint64(0)
	for {
		line, err := lines.ReadSlice('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		read, size = read+1, size+len(line)
		if read%(want/4) != 1 {
			continue
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if before == 0 {
			before = m.HeapAlloc
		} else if grown := int64(m.HeapAlloc) - int64(before); grown > 8<<20 {
			t.Fatalf("after %d calls the heap has grown by %d bytes", read, grown)
		}
	}
	if read != want {
		t.Errorf("%d lines in %d bytes, want %d", read, size, want)
	}
}

// TestABrokenExportIsNoFile is an export that fails after much of it was sent: its reader learns of it.
func TestABrokenExportIsNoFile(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-21T12:00:00Z"))
	b.crowd(100, b.now.Add(-time.Hour), b.now)
	b.multiply(5000)
	err := b.Store.Do(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE call SET meters = '{' WHERE seq = (SELECT seq FROM call ORDER BY started_at LIMIT 1)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s := b.listen()
	for format := range formats() {
		resp := get(t, s.URL+exportPath+ask[Download](b, "calls.export", ExportCalls{Format: format}).Ticket)
		text, err := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusOK || len(text) == 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %s, %d bytes, %v, want an end that nobody expected", format, resp.Status, len(text), err)
		}
		if json.Valid(text) {
			t.Errorf("%s: a part is valid JSON", format)
		}
	}
	if b.exports.running != 0 {
		t.Errorf("%d exports run after all have ended", b.exports.running)
	}
}

// TestAnExportThatCannotBegin is one that fails before a byte was sent: it is answered in words.
func TestAnExportThatCannotBegin(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-21T12:00:00Z"))
	b.crowd(10, b.now.Add(-time.Hour), b.now)
	s := b.listen()
	d := ask[Download](b, "calls.export", ExportCalls{Format: "json"})
	if err := b.Store.Do(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE call SET meters = '{'")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	resp := get(t, s.URL+exportPath+d.Ticket)
	var e Envelope
	if err := json.NewDecoder(resp.Body).Decode(&e); err != nil || resp.StatusCode != http.StatusInternalServerError || e.OK || e.Error.Message == "" {
		t.Errorf("%s %+v, %v", resp.Status, e, err)
	}
}

// TestAReaderWhoLeaves ends the export: nothing is read for nobody.
func TestAReaderWhoLeaves(t *testing.T) {
	b := openBooks(t, "UTC", instant(t, "2026-11-21T12:00:00Z"))
	b.crowd(200, b.now.Add(-time.Hour), b.now)
	b.multiply(20_000)
	ended := make(chan error, 1)
	all, err := CallsPage{}.filter()
	if err != nil {
		t.Fatal(err)
	}
	d, err := b.exports.offer(b.now, export{write: func(ctx context.Context, w io.Writer) error {
		err := b.writeCalls(ctx, all, newCSV(b.Console, w))
		ended <- err
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	resp := get(t, b.listen().URL+exportPath+d.Ticket)
	if _, err := io.ReadFull(resp.Body, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("the export was written to its end")
		}
	case <-time.After(20 * time.Second):
		t.Error("the export goes on")
	}
}
