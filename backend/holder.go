package backend

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/shirou/gopsutil/v4/net"
	"github.com/shirou/gopsutil/v4/process"

	"weir/frontend/src/i18n"
)

// holderOf names the program that listens at a loopback port, as "node (4242)"; empty when
// that cannot be known. It takes two seconds at most.
func holderOf(port int) string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if isWeir(ctx, port) {
		return i18n.T("error.door.weir")
	}
	conns, err := net.ConnectionsWithContext(ctx, "tcp")
	if err != nil {
		return ""
	}
	for _, c := range conns {
		if c.Status != "LISTEN" || c.Laddr.Port != uint32(port) || c.Pid == 0 {
			continue
		}
		p, err := process.NewProcessWithContext(ctx, c.Pid)
		if err != nil {
			return ""
		}
		if name, err := p.NameWithContext(ctx); err == nil {
			return fmt.Sprintf("%s (%d)", name, c.Pid)
		}
	}
	return ""
}

// isWeir asks whether it is the relay of another home or user that listens there.
func isWeir(ctx context.Context, port int) bool {
	ctx, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/healthz", port), nil)
	if err != nil {
		return false
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	var health struct{ App string }
	return json.NewDecoder(http.MaxBytesReader(nil, resp.Body, 1<<10)).Decode(&health) == nil && health.App == "weir"
}
