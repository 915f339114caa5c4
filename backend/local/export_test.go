package local

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

func TestExport(t *testing.T) {
	a := agent(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/console/export/whole":
			io.WriteString(w, "id\n1\n")
		case "/console/export/part":
			io.WriteString(w, "id\n")
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		default:
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, `{"ok":false,"error":{"kind":"not_found","message":"It is gone."}}`)
		}
	})
	c := NewClient(a)
	defer c.Close()
	var got bytes.Buffer
	if err := c.Export(t.Context(), "whole", &got); err != nil || got.String() != "id\n1\n" {
		t.Errorf("a whole export = %q, %v", got.String(), err)
	}
	if err := c.Export(t.Context(), "part", io.Discard); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a part of an export: %v", err)
	}
	var refused *Refusal
	if err := c.Export(t.Context(), "none", io.Discard); !errors.As(err, &refused) || refused.Kind != "not_found" || refused.Message != "It is gone." {
		t.Errorf("an export that there is not: %v", err)
	}
}

func TestSave(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "calls.csv")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := Save(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, "a part"); err != nil {
			return err
		}
		return broken
	})
	if text, rerr := os.ReadFile(path); !errors.Is(err, broken) || rerr != nil || string(text) != "before" {
		t.Errorf("after a failure the file is %q, %v; Save = %v", text, rerr, err)
	}
	if err := Save(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "whole")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || string(text) != "whole" {
		t.Errorf("the file is %q, %v", text, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%d files are left, %v, want the one", len(left), err)
	}
	if err := Save(filepath.Join(dir, "none", "calls.csv"), func(io.Writer) error { return nil }); err == nil {
		t.Error("a file was made in a folder that is not there")
	}
}

func TestWhatIsNoFileIsWrittenTo(t *testing.T) {
	if err := Save(os.DevNull, func(w io.Writer) error { _, err := io.WriteString(w, "id\n"); return err }); err != nil {
		t.Fatal(err)
	}
	if at, err := os.Stat(os.DevNull); err != nil || at.Mode().IsRegular() {
		t.Errorf("%s = %v, %v after a save, want it as it was", os.DevNull, at, err)
	}
}
