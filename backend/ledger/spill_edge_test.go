package ledger

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
)

func TestASpillThatIsNotThere(t *testing.T) {
	s := spill{dir: filepath.Join(t.TempDir(), "spill")}
	if names, err := s.names(); err != nil || len(names) != 0 {
		t.Errorf("without a folder %q are spilled, %v", names, err)
	}
	if _, err := s.read("call_1.json"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what is not there reads as %v", err)
	}
	if err := os.WriteFile(s.dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.names(); err == nil {
		t.Error("a file that is no folder has no names")
	}
	if err := s.write(settled(gateway.Call{ID: "call_1"}, dollars("1"))); err == nil {
		t.Error("a call was spilled into a file")
	}
}

// TestASpillThatCannotBeSetApart stays: the next start tries again.
func TestASpillThatCannotBeSetApart(t *testing.T) {
	h := newHouse(t)
	dir := filepath.Join(h.home, "spill")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "call_x.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "call_x.json.unread", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := h.replayFiles(bg); err == nil {
		t.Error("what cannot be set apart was set apart")
	}
	if err := os.RemoveAll(filepath.Join(dir, "call_x.json.unread")); err != nil {
		t.Fatal(err)
	}
	if err := h.replayFiles(bg); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "call_x.json.unread")); err != nil {
		t.Errorf("it was not set apart: %v", err)
	}
	if err := h.replayFile(bg, "call_gone.json"); err != nil {
		t.Errorf("what was replayed meanwhile: %v", err)
	}
}

// TestWhatCouldNotBeWrittenStays until it can be.
func TestWhatCouldNotBeWrittenStays(t *testing.T) {
	h := newHouse(t)
	h.rest()
	hold := h.mustHold("key_a", dollars("1"))
	s, err := h.settle(settled(hold.call, dollars("0.5")), hold)
	if err != nil {
		t.Fatal(err)
	}
	h.untrack(hold)
	h.mustExec("ALTER TABLE entry RENAME TO lost")
	h.Ledger.mu.Lock()
	h.unsaved = append(h.unsaved, s)
	h.Ledger.mu.Unlock()
	if err := h.writeUnsaved(bg); err == nil || len(h.unsaved) != 1 {
		t.Errorf("%d settlements wait, %v", len(h.unsaved), err)
	}
	h.setTrouble("no room")
	if err := h.replay(bg); err == nil {
		t.Error("what cannot be written was written")
	}
	if ok, _ := h.Healthy(); ok {
		t.Error("the ledger is healthy while a call waits")
	}
	h.mustExec("ALTER TABLE lost RENAME TO entry")
	if err := h.replay(bg); err != nil {
		t.Fatal(err)
	}
	if ok, _ := h.Healthy(); !ok || len(h.unsaved) != 0 {
		t.Errorf("healthy %t, %d settlements wait", ok, len(h.unsaved))
	}
	h.setTrouble("no room")
	h.mustExec("ALTER TABLE setting RENAME TO lost")
	if err := h.replay(bg); err == nil {
		t.Error("a ledger that takes no probe is healthy")
	}
	h.mustExec("ALTER TABLE lost RENAME TO setting")
	if err := h.replay(bg); err != nil {
		t.Fatal(err)
	}
	if c, err := h.Call(bg, hold.call.ID); err != nil || c.State != gateway.Settled {
		t.Errorf("the call is %s, %v", c.State, err)
	}
	h.check()
}

func TestASpillIsReadByItsOwnerAlone(t *testing.T) {
	s := spill{dir: filepath.Join(t.TempDir(), "spill")}
	o := settled(gateway.Call{ID: "call_1", Usage: json.RawMessage(`{"a":1}`)}, dollars("0.5"))
	if err := s.write(o); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{s.dir: 0o700, filepath.Join(s.dir, "call_1.json"): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has %v, %v, want %v", path, info.Mode().Perm(), err, want)
		}
	}
	back, err := s.read("call_1.json")
	if err != nil || string(back.Call.Usage) != `{"a":1}` || back.Spent != o.Spent || back.Call.ID != "call_1" {
		t.Errorf("it came back as %+v, %v", back, err)
	}
	o.Call.ID, o.Call.Usage = "call_2", nil
	if err := s.write(o); err != nil {
		t.Fatal(err)
	}
	if back, err := s.read("call_2.json"); err != nil || back.Call.Usage != nil {
		t.Errorf("a call without usage came back with %s, %v", back.Call.Usage, err)
	}
	if names, err := s.names(); err != nil || len(names) != 2 {
		t.Errorf("%q are spilled, %v", names, err)
	}
	for _, id := range []string{"../x", "", "a/b", "a.b", strings.Repeat("x", 101)} {
		o.Call.ID = id
		if err := s.write(o); err == nil {
			t.Errorf("a call named %q was spilled", id)
		}
	}
}

// TestASpillThatHasNoRoom says so, and leaves no part of a file under a call's name.
func TestASpillThatHasNoRoom(t *testing.T) {
	s := spill{dir: filepath.Join(t.TempDir(), "spill")}
	o := settled(gateway.Call{ID: "call_1"}, dollars("0.5"))
	for _, in := range []string{"call_1.json.part", "call_1.json"} {
		way := filepath.Join(s.dir, in)
		if err := os.MkdirAll(filepath.Join(way, "in the way"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := s.write(o); err == nil || s.files.Load() {
			t.Errorf("with %s in the way: %v, and files to replay: %t", in, err, s.files.Load())
		}
		if err := os.RemoveAll(way); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.write(o); err != nil || !s.files.Load() {
		t.Errorf("with nothing in the way: %v", err)
	}
	late := o
	late.Call.EndedAt = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := s.write(late); err == nil {
		t.Error("a time that JSON cannot hold was spilled")
	}
	if err := syncFolder(filepath.Join(s.dir, "nowhere")); err == nil {
		t.Error("a folder that is not there was made durable")
	}
}

// TestSpillsThatCannotBeListed are looked for again.
func TestSpillsThatCannotBeListed(t *testing.T) {
	h := newHouse(t)
	h.rest()
	dir := filepath.Join(h.home, "spill")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := h.Recover(bg, nil); err == nil || n != 0 {
		t.Errorf("Recover = %d, %v", n, err)
	}
	if err := h.replay(bg); err == nil {
		t.Error("a folder that is a file was listed")
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	o := settled(h.call("key_a"), dollars("0.5"))
	other := spill{dir: dir}
	if err := other.write(o); err != nil {
		t.Fatal(err)
	}
	if err := h.replay(bg); err != nil {
		t.Fatal(err)
	}
	if c, err := h.Call(bg, o.Call.ID); err != nil || c.State != gateway.Settled {
		t.Errorf("what was spilled is %s, %v", c.State, err)
	}
}

// TestACallThatCanBeKeptNowhere turns the ledger unhealthy, and is settled when it can be written.
func TestACallThatCanBeKeptNowhere(t *testing.T) {
	h := newHouse(t)
	h.rest()
	dir := filepath.Join(h.home, "spill")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	hold := h.mustHold("key_a", dollars("1"))
	h.mustExec("ALTER TABLE entry RENAME TO lost")
	for range 2 {
		if hold.End(settled(hold.call, dollars("0.5"))) {
			t.Error("a call that is kept nowhere is safe")
		}
	}
	if ok, why := h.Healthy(); ok || why == "" || len(h.unsaved) != 1 {
		t.Errorf("healthy %t, %q, and %d wait", ok, why, len(h.unsaved))
	}
	if _, err := h.hold("key_a", dollars("1")); err == nil {
		t.Error("a ledger that cannot be written holds")
	}
	h.mustExec("ALTER TABLE lost RENAME TO entry")
	if err := h.replay(bg); err != nil {
		t.Fatal(err)
	}
	if ok, _ := h.Healthy(); !ok || h.count("SELECT count(*) FROM setting WHERE name = 'probe'") != 0 {
		t.Errorf("healthy %t, and the probe stays", ok)
	}
	if c, err := h.Call(bg, hold.call.ID); err != nil || c.State != gateway.Settled {
		t.Errorf("the call is %s, %v", c.State, err)
	}
	h.check()
}

// TestASpilledCallKeepsItsUsageOnce, and as it came, be it no JSON.
func TestASpilledCallKeepsItsUsageOnce(t *testing.T) {
	for _, usage := range []string{`{"prompt_tokens":5}`, `{"prompt_tokens":5`} {
		h := newHouse(t)
		o := settled(h.call("key_a"), dollars("0.5"))
		o.Call.Usage = json.RawMessage(usage)
		if err := h.spill.write(o); err != nil {
			t.Errorf("usage %s: %v", usage, err)
			continue
		}
		text, err := os.ReadFile(h.spilledFiles()[0])
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "prompt_tokens"); n != 1 {
			t.Errorf("usage %s is kept %d times: %s", usage, n, text)
		}
		if got, err := h.spill.read(o.Call.ID + ".json"); err != nil || string(got.Call.Usage) != usage {
			t.Errorf("usage %s came back as %s, %v", usage, got.Call.Usage, err)
		}
	}
}
