//go:build unix

package relay

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"weir/backend/gateway"
)

// BenchmarkForward is calls with the whole ledger on, over connections that stay open. Clients
// and upstream are in the same process and written by hand, so that what is measured is nearly
// all the relay's: CPU-µs/op is what the process used for a call, waiting left out.
func BenchmarkForward(b *testing.B) {
	for _, tt := range []struct {
		name, dialect string
		callers       int
		prompt        int // bytes
		stream        bool
	}{
		{"JSON, one caller", "openai-chat", 1, 1 << 10, false},
		{"JSON, 16 callers", "openai-chat", 16, 1 << 10, false},
		{"JSON, 128 callers", "openai-chat", 128, 1 << 10, false},
		{"Messages, 16 callers", "anthropic", 16, 1 << 10, false},
		{"stream of 100 events, 16 callers", "openai-chat", 16, 1 << 10, true},
		{"1 MB, 4 callers", "openai-chat", 4, 1_000_000, false},
	} {
		b.Run(tt.name, func(b *testing.B) {
			h := build(b)
			up := serveCanned(b)
			h.channel(tt.dialect, func(c *gateway.Channel) { c.BaseURL = "http://" + up + "/v1" })
			h.limit("1000000usd/total")
			body := strings.Replace(bodyFor(tt.dialect, tt.stream), "Grüße", strings.Repeat("How high is it? ", tt.prompt/16), 1)
			request := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nX-Api-Key: %s\r\nContent-Type: application/json\r\n"+
				"Content-Length: %d\r\n\r\n%s", paths[tt.dialect], strings.TrimPrefix(h.url, "http://"), h.secret, h.secret, len(body), body)
			b.ReportAllocs()
			b.ResetTimer()
			before := cpu(b)
			var left atomic.Int64
			left.Store(int64(b.N))
			var wg sync.WaitGroup
			for range tt.callers {
				wg.Go(func() {
					if err := callAgain(strings.TrimPrefix(h.url, "http://"), request, &left); err != nil {
						b.Error(err)
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "CPU-µs/op")
		})
	}
}

// cpu is how many microseconds this process has used.
func cpu(b *testing.B) int64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return (used.Utime.Nano() + used.Stime.Nano()) / 1000
}

// callAgain sends a request on one connection until none is left.
func callAgain(addr string, request []byte, left *atomic.Int64) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	r := bufio.NewReaderSize(conn, 64<<10)
	for left.Add(-1) >= 0 {
		if _, err := conn.Write(request); err != nil {
			return err
		}
		status, header, err := readHead(r)
		if err != nil || !strings.Contains(status, " 200 ") {
			return fmt.Errorf("answer %q: %w", status, err)
		}
		if header["content-length"] == "" {
			_, err = io.Copy(io.Discard, httputil.NewChunkedReader(r))
			header["content-length"] = "2" // the line that ends the trailer
		}
		n, nerr := strconv.Atoi(header["content-length"])
		if _, derr := r.Discard(n); err != nil || nerr != nil || derr != nil {
			return fmt.Errorf("a reply that is not whole: %w, %w, %w", err, nerr, derr)
		}
	}
	return nil
}

// readHead reads the first line and the header of a message.
func readHead(r *bufio.Reader) (first string, header map[string]string, err error) {
	header = map[string]string{}
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return first, header, err
		}
		line = bytes.TrimSpace(line)
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case first == "":
			first = string(line)
		case len(line) == 0:
			return first, header, nil
		case bytes.EqualFold(name, []byte("Content-Length")):
			header["content-length"] = string(value)
		}
	}
}

// serveCanned answers every request with bytes that were made before, and returns its address.
func serveCanned(b *testing.B) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = ln.Close() })
	const usage = `"usage":{"input_tokens":20,"output_tokens":10,"prompt_tokens":20,"completion_tokens":10,"total_tokens":30}`
	reply := `{"model":"x","choices":[{"message":{"content":"` + strings.Repeat("The water stands at the mark. ", 27) + `"}}],` + usage + `}`
	whole := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(reply), reply)
	events := [][]byte{[]byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")}
	add := func(data string) {
		events = append(events, fmt.Appendf(nil, "%x\r\ndata: %s\n\n\r\n", len(data)+8, data))
	}
	for range 100 {
		add(`{"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1780000000,"model":"x","choices":[{"index":0,` +
			`"delta":{"content":"twenty bytes of text"},"finish_reason":null}],"usage":null}`)
	}
	add(`{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}`)
	add(`{"choices":[],` + usage + `}`)
	add("[DONE]")
	events = append(events, []byte("0\r\n\r\n"))
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go answerCanned(conn, whole, events)
		}
	}()
	return ln.Addr().String()
}

// answerCanned answers the requests of one connection, a stream's events each by a write of its own.
func answerCanned(conn net.Conn, whole []byte, events [][]byte) {
	defer conn.Close()
	r := bufio.NewReaderSize(conn, 64<<10)
	for {
		_, header, err := readHead(r)
		if err != nil {
			return
		}
		n, _ := strconv.Atoi(header["content-length"])
		head, _ := r.Peek(min(n, 4<<10)) // what is wrong with it shows in the next read
		pieces := [][]byte{whole}
		if bytes.Contains(head, []byte(`"stream":true`)) {
			pieces = events
		}
		if _, err := r.Discard(n); err != nil {
			return
		}
		for _, p := range pieces {
			if _, err := conn.Write(p); err != nil {
				return
			}
		}
	}
}
