package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// An upstream is a server of HTTP/1.1 by hand, with as little work as can be: it reads a request, throws its body away
// and writes bytes that were rendered before. The path says who sent the call and what is wanted:
// /<sender>/<milliseconds of delay>/<milliseconds between events>/v1/…
type upstream struct {
	counts sync.Map // sender → *atomic.Int64
	reply  []byte
	events [][]byte // each in an HTTP chunk of its own
}

// events is how many pieces of text a stream has.
const streamEvents = 100

func newUpstream() *upstream {
	text := strings.Repeat("The water stands at the mark. ", 27)
	usage := `{"prompt_tokens":260,"completion_tokens":180,"total_tokens":440,"prompt_tokens_details":{"cached_tokens":128}}`
	body := fmt.Sprintf(`{"id":"chatcmpl-bench","object":"chat.completion","created":1780000000,"model":"gpt-4o","choices":[{"index":0,`+
		`"message":{"role":"assistant","content":%q},"finish_reason":"stop"}],"usage":%s}`, text, usage)
	u := &upstream{reply: fmt.Appendf(nil,
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)}
	add := func(data string) {
		data = "data: " + data + "\n\n"
		u.events = append(u.events, fmt.Appendf(nil, "%x\r\n%s\r\n", len(data), data))
	}
	chunk := func(choices, usage string) string {
		return fmt.Sprintf(`{"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1780000000,"model":"gpt-4o",`+
			`"system_fingerprint":"fp_bench","choices":[%s],"usage":%s}`, choices, usage)
	}
	add(chunk(`{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}`, "null"))
	for range streamEvents {
		add(chunk(`{"index":0,"delta":{"content":"twenty bytes of text"},"finish_reason":null}`, "null"))
	}
	add(chunk(`{"index":0,"delta":{},"finish_reason":"stop"}`, "null"))
	add(chunk("", usage))
	add("[DONE]")
	u.events = append(u.events, []byte("0\r\n\r\n"))
	return u
}

// serveUpstream prints its address and serves until its stdin ends.
func serveUpstream(stdin io.Reader, stdout io.Writer) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdin) // its end means that the bench is gone
		os.Exit(0)
	}()
	fmt.Fprintln(stdout, ln.Addr())
	return newUpstream().serve(ln)
}

func (u *upstream) serve(ln net.Listener) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			_ = u.talk(conn) // a broken connection shows at the client
		}()
	}
}

// talk answers the requests of one connection.
func (u *upstream) talk(conn net.Conn) error {
	r := bufio.NewReaderSize(conn, 64<<10)
	for {
		path, head, err := readRequest(r)
		if err != nil {
			return err
		}
		parts := strings.SplitN(path, "/", 5)
		if len(parts) < 5 {
			_, err = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(u.census()), u.census())
			if err != nil {
				return err
			}
			continue
		}
		u.count(parts[1])
		if ms, _ := strconv.Atoi(parts[2]); ms > 0 {
			time.Sleep(time.Duration(ms) * time.Millisecond)
		}
		if !bytes.Contains(head, []byte(`"stream":true`)) {
			_, err = conn.Write(u.reply)
		} else {
			pause, _ := strconv.Atoi(parts[3])
			err = u.stream(conn, time.Duration(pause)*time.Millisecond)
		}
		if err != nil {
			return err
		}
	}
}

// stream writes the events, each by a write of its own.
func (u *upstream) stream(conn net.Conn, pause time.Duration) error {
	if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"); err != nil {
		return err
	}
	for _, e := range u.events {
		if _, err := conn.Write(e); err != nil {
			return err
		}
		if pause > 0 {
			time.Sleep(pause)
		}
	}
	return nil
}

func (u *upstream) count(sender string) {
	n, ok := u.counts.Load(sender)
	if !ok {
		n, _ = u.counts.LoadOrStore(sender, new(atomic.Int64))
	}
	n.(*atomic.Int64).Add(1)
}

func (u *upstream) counted(sender string) int64 {
	n, ok := u.counts.Load(sender)
	if !ok {
		return 0
	}
	return n.(*atomic.Int64).Load()
}

// census lists how many calls each sender made, as "name number" lines.
func (u *upstream) census() string {
	var b strings.Builder
	u.counts.Range(func(name, _ any) bool {
		fmt.Fprintf(&b, "%s %d\n", name, u.counted(name.(string)))
		return true
	})
	return b.String()
}

// readRequest reads one request and returns its path and the beginning of its body.
func readRequest(r *bufio.Reader) (path string, head []byte, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return "", nil, err
	}
	if fields := bytes.Fields(line); len(fields) == 3 {
		path = string(fields[1])
	}
	length, chunked := 0, false
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return "", nil, err
		}
		name, value, ok := bytes.Cut(bytes.TrimSpace(line), []byte(":"))
		if !ok {
			break // the empty line
		}
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			length, err = strconv.Atoi(string(bytes.TrimSpace(value)))
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
		if err != nil {
			return "", nil, err
		}
	}
	if chunked {
		all, err := io.ReadAll(httputil.NewChunkedReader(r))
		if err == nil {
			_, err = r.Discard(2) // the line that ends the trailer
		}
		return path, all, err
	}
	peeked, err := r.Peek(min(length, 256))
	if err != nil {
		return "", nil, err
	}
	head = bytes.Clone(peeked)
	_, err = r.Discard(length)
	return path, head, err
}
