package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// A result is what one measurement of one target found.
type result struct {
	calls int
	took  time.Duration
	first []time.Duration // until the first byte of the body
	whole []time.Duration // until its last
}

// load sends one request again and again on c connections for some time, at least once on each; every answer must be 200
// and whole.
func load(ctx context.Context, addr string, request []byte, c int, d time.Duration) (result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parts, errs := make([]result, c), make([]error, c)
	began := time.Now()
	var wg sync.WaitGroup
	for i := range c {
		wg.Go(func() {
			if parts[i], errs[i] = loop(ctx, addr, request, began.Add(d)); errs[i] != nil {
				cancel()
			}
		})
	}
	wg.Wait()
	all := result{took: time.Since(began)}
	for _, p := range parts {
		all.calls += p.calls
		all.first = append(all.first, p.first...)
		all.whole = append(all.whole, p.whole...)
	}
	return all, errors.Join(errs...)
}

// loop is one connection's share of the load.
func loop(ctx context.Context, addr string, request []byte, until time.Time) (result, error) {
	var r result
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return r, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(until.Add(30 * time.Second)); err != nil {
		return r, err
	}
	reader := bufio.NewReaderSize(conn, 64<<10)
	for r.calls == 0 || time.Now().Before(until) && ctx.Err() == nil {
		began := time.Now()
		if _, err := conn.Write(request); err != nil {
			return r, err
		}
		first, err := readReply(reader)
		if err != nil {
			return r, err
		}
		r.calls++
		r.first = append(r.first, first.Sub(began))
		r.whole = append(r.whole, time.Since(began))
	}
	return r, nil
}

// readReply reads one reply to its end and returns when its body began.
func readReply(r *bufio.Reader) (time.Time, error) {
	length, chunked, status := -1, false, ""
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return time.Time{}, err
		}
		line = bytes.TrimSpace(line)
		if status == "" {
			status = string(line)
			continue
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return time.Time{}, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
	}
	if _, err := r.Peek(1); err != nil {
		return time.Time{}, err
	}
	first := time.Now()
	if status != "HTTP/1.1 200 OK" {
		body, _ := r.Peek(min(r.Buffered(), 300)) // what came of it, for the message
		return first, fmt.Errorf("answer %q: %s", status, body)
	}
	if chunked {
		return first, readChunks(r)
	}
	if length < 0 {
		return first, errors.New("an answer without a length")
	}
	_, err := r.Discard(length)
	return first, err
}

// readChunks reads a body in chunks; a stream must end with [DONE].
func readChunks(r *bufio.Reader) error {
	var last [16]byte
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return err
		}
		if n == 0 {
			if !bytes.HasSuffix(last[:], []byte("[DONE]\n\n")) {
				return fmt.Errorf("a stream ended with %q", last)
			}
			_, err = r.Discard(2)
			return err
		}
		keep := min(int(n), len(last))
		if _, err = r.Discard(int(n) - keep); err != nil {
			return err
		}
		copy(last[:], last[keep:])
		if _, err = io.ReadFull(r, last[len(last)-keep:]); err != nil {
			return err
		}
		if _, err = r.Discard(2); err != nil {
			return err
		}
	}
}
