package relay

import (
	"net/http"
	"net/url"
	"strings"

	"weir/backend/dialect"
	"weir/backend/provider"
)

// The two ways in which an access key comes that leave the client's own headers as they are.
const (
	keyHeader = "X-Weir-Key"
	keyPath   = "/k/"
)

// ownKey returns the access key of a request that sends it in one of Weir's own ways, and the
// path without it. The key is in no path that is shown or passed on.
func ownKey(req *http.Request) (key, path string) {
	path = req.URL.EscapedPath()
	if rest, ok := strings.CutPrefix(path, keyPath); ok {
		first, more, _ := strings.Cut(rest, "/")
		if plain, err := url.PathUnescape(first); err == nil {
			key = plain
		}
		path = "/" + more
	}
	if sent := req.Header.Get(keyHeader); sent != "" {
		key = sent
	}
	return key, path
}

// secretOf returns the access key of a request from where it lies.
func secretOf(req *http.Request, d *dialect.Dialect) string {
	if key, _ := ownKey(req); key != "" {
		return key
	}
	return d.Secret(req.Header, req.URL.RawQuery)
}

// loginOf returns a client's own login where its access key came in another way.
func loginOf(req *http.Request) string {
	if key, _ := ownKey(req); key == "" {
		return ""
	}
	return provider.OwnLogin(req.Header)
}
