package ledger

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"
)

const archiveHome = "WEIR_TEST_ARCHIVE_HOME"

// TestArchiveProcess is the process that TestKilledWhileArchiving kills.
func TestArchiveProcess(t *testing.T) {
	home := os.Getenv(archiveHome)
	if home == "" {
		t.Skip("it runs in a process of its own")
	}
	h := &house{t: t, home: home, zone: "Europe/Berlin", now: noon.AddDate(0, 6, 0)}
	h.start()
	for end := false; !end; {
		var err error
		if _, end, err = h.archive(bg, h.time(), 5); err != nil {
			t.Fatal(err)
		}
	}
	h.stop()
}

// TestKilledWhileArchiving: whenever the process dies, each call is whole or archived, and every figure stands.
func TestKilledWhileArchiving(t *testing.T) {
	h := past(t, 25)
	h.swell()
	all := Slot{noon.AddDate(0, 0, -26), noon.Add(time.Hour)}
	want, err := h.Sums(bg, all, false)
	if err != nil {
		t.Fatal(err)
	}
	for kill := 0; ; kill++ {
		h.stop()
		cmd := exec.Command(os.Args[0], "-test.run", "^TestArchiveProcess$")
		cmd.Env = append(os.Environ(), archiveHome+"="+h.home)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		over := false
		select {
		case err := <-ended:
			over = err == nil
		case <-time.After(time.Duration(20+rand.IntN(60+40*kill)) * time.Millisecond):
			_ = cmd.Process.Kill() // it may have ended
			<-ended
		}
		h.start()
		h.check()
		got, err := h.Sums(bg, all, false)
		if err != nil || got.written() != want.written() {
			t.Fatalf("after %d kills the sums are %s, %v, want %s", kill+1, got.written(), err, want.written())
		}
		a, err := h.Archived(bg)
		if err != nil {
			t.Fatal(err)
		}
		if whole := int64(len(h.whole())); whole+a.Calls != 100 {
			t.Fatalf("after %d kills %d calls are whole and %d archived, of 100", kill+1, whole, a.Calls)
		}
		if over || kill > 100 {
			if a.Calls != 100 {
				t.Errorf("in the end %d calls are archived, of 100", a.Calls)
			}
			return
		}
	}
}
