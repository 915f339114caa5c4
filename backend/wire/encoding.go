package wire

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

var (
	// ErrEncoding is returned for a content encoding that is unknown, or for more than one.
	ErrEncoding = errors.New("content encoding is not supported")
	// ErrTooLarge is returned for a body that is over its limit once decoded.
	ErrTooLarge = errors.New("body is too large")
)

// zstdWindow is the largest window that a zstd body may ask memory for: what RFC 9659
// allows for the zstd content encoding.
const zstdWindow = 8 << 20

// NewDecoder returns the bytes of r with one layer of content encoding taken off: gzip, br,
// zstd or deflate (with or without the zlib header). "" and "identity" pass. It uses a
// bounded amount of memory whatever r says; how many bytes come out is for the reader to bound.
func NewDecoder(encoding string, r io.Reader) (io.ReadCloser, error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return io.NopCloser(r), nil
	case "gzip", "x-gzip":
		return gzip.NewReader(r)
	case "br":
		return io.NopCloser(brotli.NewReader(r)), nil
	case "zstd":
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	case "deflate":
		// RFC 9110 §8.4.1.2 means zlib, and notes that some send the bare deflate stream.
		b := bufio.NewReader(r)
		if head, _ := b.Peek(2); zlibHeader(head) {
			return zlib.NewReader(b)
		}
		return flate.NewReader(b), nil
	}
	return nil, fmt.Errorf("%q: %w", encoding, ErrEncoding)
}

// Decode reads r with one layer of content encoding taken off. It stops with ErrTooLarge
// as soon as more than max bytes have come out.
func Decode(encoding string, r io.Reader, max int) ([]byte, error) {
	d, err := NewDecoder(encoding, r)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var out bytes.Buffer
	n, err := out.ReadFrom(io.LimitReader(d, int64(max)+1))
	if err != nil {
		return nil, err
	}
	if n > int64(max) {
		return nil, ErrTooLarge
	}
	return out.Bytes(), nil
}

// Sniff names the content encoding that a body's first bytes show: gzip, zstd, deflate
// (only with a zlib header) or "". Brotli cannot be seen.
func Sniff(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\x1f\x8b\x08")):
		return "gzip"
	case bytes.HasPrefix(b, []byte("\x28\xb5\x2f\xfd")):
		return "zstd"
	case zlibHeader(b) && b[0] == 0x78 && strings.IndexByte("\x01\x5e\x9c\xda", b[1]) >= 0:
		return "deflate"
	}
	return ""
}

// zlibHeader reports whether b begins as RFC 1950 says.
func zlibHeader(b []byte) bool {
	return len(b) >= 2 && b[0]&0x0f == 8 && (int(b[0])<<8|int(b[1]))%31 == 0
}
