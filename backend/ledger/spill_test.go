package ledger

import (
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/frontend/src/i18n"
)

// fillDisk lets the ledger's file grow no more, as on a full disk; freeDisk undoes it.
func (h *house) fillDisk() { h.mustExec("PRAGMA max_page_count = 1") }
func (h *house) freeDisk() { h.mustExec("PRAGMA max_page_count = 1000000") }

func (h *house) mustExec(query string) {
	h.t.Helper()
	if _, err := h.exec(query); err != nil {
		h.t.Fatal(err)
	}
}

// exec runs a statement as the ledger's writer would.
func (h *house) exec(query string) (res sql.Result, err error) {
	err = h.st.Do(bg, func(tx *store.Tx) error {
		res, err = tx.Exec(query)
		return err
	})
	return res, err
}

// large is an outcome that needs new pages.
func large(c gateway.Call) Outcome {
	o := settled(c, dollars("0.5"))
	o.Call.Usage, _ = json.Marshal(map[string]string{"padding": string(make([]byte, 30000))})
	return o
}

func (h *house) spilledFiles() []string {
	h.t.Helper()
	files, err := filepath.Glob(filepath.Join(h.home, "spill", "*"))
	if err != nil {
		h.t.Fatal(err)
	}
	return files
}

// wantSettled checks that the key's one call is settled once.
func (h *house) wantSettled(id string) {
	h.t.Helper()
	c, err := h.Ledger.Call(bg, id)
	if err != nil || c.State != gateway.Settled || c.Charge.String() != "0.5" {
		h.t.Errorf("call = %s, %s, %v, want settled with $0.5", c.State, c.Charge, err)
	}
	if got := h.uses("key_a", false)[0]; got.Spent != 500_000_000_000 || got.Held != 0 {
		h.t.Errorf("limit = %+v, want $0.5 spent and nothing held", got)
	}
	h.check()
}

func TestAFullDiskSpillsAndReplays(t *testing.T) {
	for _, tt := range []struct {
		name   string
		replay func(h *house) error
	}{
		{"in the running ledger", func(h *house) error {
			h.freeDisk()
			return h.replay(bg)
		}},
		{"at the next start", func(h *house) error {
			h.crash()
			_, err := h.Recover(bg, func(Interrupted) Outcome { return Outcome{} })
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.rest()
			h.limit("key_a", "5usd/day")
			hold := h.mustHold("key_a", dollars("1"))
			h.fillDisk()
			if !hold.End(large(hold.call)) {
				t.Fatal("End was not durable")
			}
			path, text := h.wantSpilled(hold.call.ID)
			if err := tt.replay(h); err != nil {
				t.Fatal(err)
			}
			h.wantReplayed(hold.call.ID)
			h.rest()
			// The same file once more, as after a crash between commit and removal.
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			h.spill.files.Store(true)
			if err := h.replay(bg); err != nil {
				t.Fatal(err)
			}
			h.wantReplayed(hold.call.ID)
			if _, err := h.hold("key_a", dollars("1")); err != nil {
				t.Errorf("Hold after the replay = %v", err)
			}
		})
	}
}

// wantSpilled checks the one spilled file, and that a full disk lets no call begin.
func (h *house) wantSpilled(id string) (path string, text []byte) {
	h.t.Helper()
	files := h.spilledFiles()
	if len(files) != 1 || filepath.Base(files[0]) != id+".json" {
		h.t.Fatalf("spilled files = %v", files)
	}
	if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
		h.t.Errorf("mode of the spilled file = %v, %v", info.Mode(), err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		h.t.Fatal(err)
	}
	if ok, why := h.Healthy(); ok || why != i18n.T("error.store.full") {
		h.t.Errorf("Healthy = %v, %q", ok, why)
	}
	var e *gateway.Error
	if _, err := h.hold("key_a", dollars("1")); !errors.As(err, &e) || e.Kind != gateway.Storage {
		h.t.Errorf("Hold on a full disk = %v, want a storage error", err)
	}
	return files[0], text
}

func (h *house) wantReplayed(id string) {
	h.t.Helper()
	h.wantSettled(id)
	if left := h.spilledFiles(); len(left) != 0 {
		h.t.Errorf("files after the replay = %v", left)
	}
	if ok, why := h.Healthy(); !ok {
		h.t.Errorf("Healthy after the replay = %v, %q", ok, why)
	}
}

func TestASlowDiskSpills(t *testing.T) {
	h := newHouse(t)
	h.rest()
	h.limit("key_a", "5usd/day")
	hold := h.mustHold("key_a", dollars("1"))
	started, free := make(chan struct{}), make(chan struct{})
	stuck := h.st.Send(bg, func(*store.Tx) error {
		close(started)
		<-free
		return nil
	})
	<-started
	before := time.Now()
	if !hold.End(settled(hold.call, dollars("0.5"))) {
		t.Fatal("End was not durable")
	}
	if took := time.Since(before); took > 20*patience {
		t.Errorf("End took %v", took)
	}
	if files := h.spilledFiles(); len(files) != 1 {
		t.Errorf("spilled files = %v, want one", files)
	}
	close(free)
	if err := <-stuck; err != nil {
		t.Fatal(err)
	}
	if err := h.replay(bg); err != nil {
		t.Fatal(err)
	}
	h.wantSettled(hold.call.ID)
}

func TestACallThatCanNeitherBeSettledNorSpilled(t *testing.T) {
	h := newHouse(t)
	h.rest()
	h.limit("key_a", "5usd/day")
	hold := h.mustHold("key_a", dollars("1"))
	h.fillDisk()
	// A file where the folder should be: nothing can be spilled.
	block := filepath.Join(h.home, "spill")
	if err := os.WriteFile(block, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if hold.End(large(hold.call)) {
		t.Fatal("End claims to be durable")
	}
	if hold.End(settled(hold.call, dollars("3"))) {
		t.Error("a second End claims to be durable")
	}
	if ok, why := h.Healthy(); ok || why == "" {
		t.Errorf("Healthy = %v, %q", ok, why)
	}
	c, err := h.Ledger.Call(bg, hold.call.ID)
	if err != nil || c.State != gateway.Open {
		t.Errorf("call = %s, %v, want open", c.State, err)
	}
	if err := h.replay(bg); err == nil {
		t.Error("a probe of the full disk succeeded")
	}
	h.freeDisk()
	if err := errors.Join(h.replay(bg), os.Remove(block)); err != nil {
		t.Fatal(err)
	}
	if ok, why := h.Healthy(); !ok {
		t.Errorf("Healthy = %v, %q", ok, why)
	}
	h.wantSettled(hold.call.ID)
}

func TestASpilledCallThatTheLedgerHasForgotten(t *testing.T) {
	h := newHouse(t)
	h.rest()
	h.limit("key_a", "5usd/day")
	o := settled(h.call("key_a"), dollars("0.5"))
	if err := h.spill.write(o); err != nil {
		t.Fatal(err)
	}
	if err := h.replay(bg); err != nil {
		t.Fatal(err)
	}
	c, err := h.Ledger.Call(bg, o.Call.ID)
	if err != nil || c.State != gateway.Settled || c.Charge.String() != "0.5" {
		t.Errorf("call = %+v, %v, want settled", c, err)
	}
	h.check()
}

func TestASpilledFileThatCannotBeReadIsSetApart(t *testing.T) {
	h := newHouse(t)
	if err := os.MkdirAll(h.spill.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.spill.dir, "call_x.json"), []byte(`{"call":`), 0o600); err != nil {
		t.Fatal(err)
	}
	h.spill.files.Store(true)
	if n, err := h.Recover(bg, func(Interrupted) Outcome { panic("nothing is open") }); n != 0 || err != nil {
		t.Errorf("Recover = %d, %v, want it to go on", n, err)
	}
	if files := h.spilledFiles(); len(files) != 1 || filepath.Base(files[0]) != "call_x.json.unread" {
		t.Errorf("files = %v", files)
	}
}

func TestAnIDThatIsNoFileNameIsNotSpilled(t *testing.T) {
	h := newHouse(t)
	if err := h.spill.write(Outcome{Call: gateway.Call{ID: "../../etc/passwd"}}); err == nil {
		t.Error("a path was taken for an id")
	}
}
