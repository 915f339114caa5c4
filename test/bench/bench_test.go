package main

import (
	"bufio"
	"net"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestLoadIsCountedAlikeOnBothSides(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := newUpstream()
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = u.serve(ln) // until the listener is closed
	}()
	defer func() {
		_ = ln.Close()
		<-served
	}()
	proxy := httptest.NewServer(newProxy(&url.URL{Scheme: "http", Host: ln.Addr().String()}))
	defer proxy.Close()
	want := map[string]int{}
	for _, sc := range scenarios {
		sc.c, sc.pause = min(sc.c, 4), min(sc.pause, 1)
		for _, to := range []target{
			{addr: ln.Addr().String(), sender: "direct"},
			{addr: strings.TrimPrefix(proxy.URL, "http://"), sender: "bare"},
		} {
			request := sc.request(to)
			if _, body, _ := strings.Cut(string(request), "\r\n\r\n"); len(body) != sc.prompt {
				t.Errorf("%s: the body has %d bytes, want %d", sc.name, len(body), sc.prompt)
			}
			got, err := load(t.Context(), to.addr, request, sc.c, 5*time.Millisecond)
			if err != nil {
				t.Fatalf("%s, %s: %v", sc.name, to.sender, err)
			}
			if got.calls < sc.c || len(got.first) != got.calls || len(got.whole) != got.calls {
				t.Errorf("%s, %s: %d calls, %d and %d times", sc.name, to.sender, got.calls, len(got.first), len(got.whole))
			}
			want[to.sender] += got.calls
		}
	}
	for sender, n := range want {
		if counted := u.counted(sender); counted != int64(n) {
			t.Errorf("the upstream counted %d calls of %s, want %d", counted, sender, n)
		}
	}
}

func TestAnswersThatAreNotWholeAreErrors(t *testing.T) {
	for _, tt := range []struct{ name, reply string }{
		{"a status other than 200", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno"},
		{"a stream without its end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},
		{"a body that is cut", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := readReply(bufio.NewReader(strings.NewReader(tt.reply))); err == nil {
				t.Errorf("readReply(%q) = nil, want an error", tt.reply)
			}
		})
	}
}

func TestMedian(t *testing.T) {
	same := func(n float64) float64 { return n }
	if got := median([]float64{9, 1, 5}, same); got != 5 {
		t.Errorf("median of an odd number = %v, want 5", got)
	}
	if got := median([]float64{9, 1, 5, 6}, same); got != 5.5 {
		t.Errorf("median of an even number = %v, want 5.5", got)
	}
}
