package wire

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// writers compress in each way that Decode knows.
var writers = []struct {
	encoding string
	sniffed  string
	make     func(w io.Writer) (io.WriteCloser, error)
}{
	{"gzip", "gzip", func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }},
	{"br", "", func(w io.Writer) (io.WriteCloser, error) { return brotli.NewWriter(w), nil }},
	{"zstd", "zstd", func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) }},
	{"deflate", "deflate", func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil }},
	{"deflate", "", func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 6) }},
}

func compressed(t testing.TB, i int, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := writers[i].make(&b)
	if err == nil {
		err = write(w)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecode(t *testing.T) {
	text := []byte(strings.Repeat(`{"model":"m"}`, 100))
	for i, w := range writers {
		b := compressed(t, i, func(w io.Writer) error { _, err := w.Write(text); return err })
		if got, err := Decode(w.encoding, bytes.NewReader(b), len(text)); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d %s: %d bytes, %v", i, w.encoding, len(got), err)
		}
		if _, err := Decode(w.encoding, bytes.NewReader(b), len(text)-1); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%d %s: one byte too many: %v, want %v", i, w.encoding, err, ErrTooLarge)
		}
		if _, err := Decode(w.encoding, bytes.NewReader(b[:len(b)/2]), len(text)); err == nil {
			t.Errorf("%d %s: the half of it passed", i, w.encoding)
		}
		if got := Sniff(b); got != w.sniffed {
			t.Errorf("%d %s: looks like %q, want %q", i, w.encoding, got, w.sniffed)
		}
	}
}

func TestDecodePassesPlainBodies(t *testing.T) {
	for _, encoding := range []string{"", "identity", " Identity "} {
		if got, err := Decode(encoding, strings.NewReader("{}"), 2); err != nil || string(got) != "{}" {
			t.Errorf("%q: %q, %v", encoding, got, err)
		}
		if _, err := Decode(encoding, strings.NewReader("{} "), 2); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%q: %v, want %v", encoding, err, ErrTooLarge)
		}
	}
}

func TestDecodeRefusesOtherEncodings(t *testing.T) {
	for _, encoding := range []string{"gzip, gzip", "gzip,br", "identity, gzip", "compress", "snappy", "*"} {
		if _, err := Decode(encoding, strings.NewReader("{}"), 10); !errors.Is(err, ErrEncoding) {
			t.Errorf("%q: %v, want %v", encoding, err, ErrEncoding)
		}
	}
}

func TestDecodeRefusesWhatIsNotEncoded(t *testing.T) {
	for _, encoding := range []string{"gzip", "br", "zstd", "deflate"} {
		if got, err := Decode(encoding, strings.NewReader(`{"model":"m"}`), 100); err == nil {
			t.Errorf("%s of plain JSON: %q", encoding, got)
		}
	}
}

func TestDecodeStopsBombs(t *testing.T) {
	const size, max = 64 << 20, 1 << 20
	for i, w := range writers {
		b := compressed(t, i, func(w io.Writer) error {
			_, err := io.CopyN(w, zeros{}, size)
			return err
		})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Decode(w.encoding, bytes.NewReader(b), max)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrTooLarge) {
			t.Errorf("%d %s: %v, want %v", i, w.encoding, err, ErrTooLarge)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 40<<20 {
			t.Errorf("%d %s: took %d MiB for a limit of one", i, w.encoding, n>>20)
		}
	}
}

func TestDecodeRefusesGreedyWindows(t *testing.T) {
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithWindowSize(16<<20))
	if err == nil {
		_, err = io.CopyN(w, zeros{}, 32<<20)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode("zstd", &b, 64<<20); !errors.Is(err, zstd.ErrWindowSizeExceeded) {
		t.Errorf("a window of 16 MiB: %v", err)
	}
}

func TestSniffSeesNothingInText(t *testing.T) {
	for _, s := range []string{"", "x", `{"a":1}`, "data: {}\n\n", "event: x", "<html>", "xylophone", "\x1f"} {
		if got := Sniff([]byte(s)); got != "" {
			t.Errorf("Sniff(%q) = %q", s, got)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func FuzzDecode(f *testing.F) {
	for i, w := range writers {
		f.Add(w.encoding, compressed(f, i, func(w io.Writer) error { _, err := w.Write(make([]byte, 5000)); return err }), 4999)
	}
	f.Fuzz(func(t *testing.T, encoding string, b []byte, max int) {
		max &= 0xffff
		if got, err := Decode(encoding, bytes.NewReader(b), max); err == nil && len(got) > max {
			t.Fatalf("%d bytes, at most %d allowed", len(got), max)
		}
	})
}
