package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
)

// serveProxy is the measure: httputil.ReverseProxy with nothing around it but the request's body read first, which
// keeps it from cutting streams.
func serveProxy(stdin io.Reader, stdout io.Writer, target string) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	to, err := url.Parse(target)
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdin) // its end means that the bench is gone
		os.Exit(0)
	}()
	fmt.Fprintln(stdout, ln.Addr())
	return http.Serve(ln, newProxy(to))
}

func newProxy(to *url.URL) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to) },
		Transport:     &http.Transport{MaxIdleConnsPerHost: 512, DisableCompression: true},
		FlushInterval: -1,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, max(r.ContentLength, 0))
		if _, err := io.ReadFull(r.Body, body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	})
}
