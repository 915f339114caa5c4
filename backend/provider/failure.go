package provider

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strings"
	"syscall"
)

// Windows' own numbers for what other systems call ECONNREFUSED and the like (WSA…); Go
// does not translate them.
const (
	wsaNetUnreachable  = syscall.Errno(10051)
	wsaReset           = syscall.Errno(10054)
	wsaRefused         = syscall.Errno(10061)
	wsaHostUnreachable = syscall.Errno(10065)
)

// failures are why no answer comes, and the sentences that say so; the first that fits counts.
var failures = []struct {
	fits func(error) bool
	says string
}{
	{ofProxy, "error.provider.proxy"},
	{isDNS, "error.provider.name"},
	{tookTooLong, "error.provider.timeout"},
	{isOneOf(syscall.ECONNREFUSED, wsaRefused), "error.provider.refused"},
	{isOneOf(syscall.ENETUNREACH, syscall.EHOSTUNREACH, wsaNetUnreachable, wsaHostUnreachable), "error.provider.offline"},
	{is[tls.RecordHeaderError], "error.provider.no_tls"},
	{ofCertificate, "error.provider.certificate"},
	{ofTLS, "error.provider.tls"},
	{isOneOf(syscall.ECONNRESET, wsaReset), "error.provider.broke"},
}

// failure returns the key of the sentence that says why no answer came.
func failure(a Answer) string {
	for _, f := range failures {
		if a.Err != nil && f.fits(a.Err) {
			return f.says
		}
	}
	if a.Proxy != "" {
		return "error.provider.proxy" // what it answers to CONNECT is a bare text in Go
	}
	return "error.provider.unreachable"
}

func is[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

func isOneOf(numbers ...syscall.Errno) func(error) bool {
	return func(err error) bool {
		var n syscall.Errno
		return errors.As(err, &n) && slices.Contains(numbers, n)
	}
}

func ofProxy(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "proxyconnect" || strings.HasPrefix(op.Op, "socks"))
}

// ofTLS finds an alert of the other side, or of ours.
func ofTLS(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error")
}

func isDNS(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && !dns.IsTimeout
}

func tookTooLong(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

func ofCertificate(err error) bool {
	return is[*tls.CertificateVerificationError](err) || is[x509.UnknownAuthorityError](err) || is[x509.HostnameError](err) || is[x509.CertificateInvalidError](err)
}
