package console

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"

	"weir/backend/door"
	"weir/backend/gateway"
	"weir/backend/prices"
	"weir/backend/reconcile"
	"weir/billing/edition"
	"weir/frontend/src/i18n"
)

const largestArguments = 1 << 20

// longArguments are those of operations that take a file: as JSON it may be a good deal longer than it is.
var longArguments = map[string]int64{"reconcile.import": 2 * reconcile.Largest, "prices.update.check": 2 * edition.MostBytes, "prices.import": 2 * prices.MostImported}

// statuses says with which HTTP status an error of a kind is answered.
var statuses = map[string]int{
	string(gateway.Invalid):      http.StatusBadRequest,
	string(gateway.TooLarge):     http.StatusRequestEntityTooLarge,
	string(gateway.Unauthorized): http.StatusUnauthorized,
	string(gateway.Forbidden):    http.StatusForbidden,
	string(gateway.NotFound):     http.StatusNotFound,
	string(gateway.Conflict):     http.StatusConflict,
	string(gateway.Locked):       http.StatusServiceUnavailable,
	string(gateway.Storage):      http.StatusServiceUnavailable,
	string(gateway.BadUpstream):  http.StatusBadGateway,
	string(gateway.Unreachable):  http.StatusBadGateway,
}

// Local serves operations to programs of the same user that know the token of
// agent.json. A request that a web page could have sent is refused.
func (c *Console) Local(token string) http.Handler {
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" || r.Header.Get("Referer") != "" {
			answer(w, Envelope{Error: &ErrorView{Kind: string(gateway.Forbidden), Message: i18n.T("error.console.web_page")}})
			return
		}
		got := sha256.Sum256([]byte(bearer(r)))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			answer(w, Envelope{Error: &ErrorView{Kind: string(gateway.Unauthorized), Message: i18n.T("error.console.token")}})
			return
		}
		c.serve(w, r)
	})
}

// Sessions let browsers in: one login link, then a session that lives as long as the server.
type Sessions struct {
	mu       sync.Mutex
	login    string          // empty: used up
	sessions map[string]bool // SHA-256 of each session
}

// NewSessions returns sessions and the token of their first login link.
func NewSessions() (*Sessions, string) {
	s := &Sessions{sessions: map[string]bool{}}
	return s, s.NewLogin()
}

// NewLogin replaces the login link's token.
func (s *Sessions) NewLogin() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.login = token()
	return s.login
}

func (s *Sessions) open(login string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.login == "" || subtle.ConstantTimeCompare([]byte(login), []byte(s.login)) != 1 {
		return "", false
	}
	s.login = ""
	session := token()
	s.sessions[digest(session)] = true
	return session, true
}

func (s *Sessions) valid(session string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[digest(session)]
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return string(sum[:])
}

// token returns 256 random bits as text.
func token() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails since Go 1.24: the program ends instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// Browser serves the page and the operations to browsers on a loopback port.
func (c *Console) Browser(d *door.Door, s *Sessions, page fs.FS) http.Handler {
	files := http.FileServerFS(page)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		if e, _ := d.Check(r); e != nil {
			answer(w, Envelope{Error: &ErrorView{Kind: string(e.Kind), Message: e.Message}})
			return
		}
		if !strings.HasPrefix(r.URL.Path, "/console/") {
			if r.Method != http.MethodGet && r.Method != http.MethodHead {
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
			if r.URL.Path != "/" && strings.HasSuffix(r.URL.Path, "/") {
				http.NotFound(w, r) // folders are not listed
				return
			}
			files.ServeHTTP(w, r)
			return
		}
		if r.URL.Path == "/console/login" && r.Method == http.MethodPost {
			s.serveLogin(w, r)
			return
		}
		if ticket, ok := exportTicket(r); ok {
			c.serveExport(w, r, ticket)
			return
		}
		if !s.valid(bearer(r)) {
			answer(w, Envelope{Error: &ErrorView{Kind: string(gateway.Unauthorized), Message: i18n.T("error.console.session")}})
			return
		}
		c.serve(w, r)
	})
}

func (s *Sessions) serveLogin(w http.ResponseWriter, r *http.Request) {
	var args struct {
		Token string `json:"token"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, largestArguments)).Decode(&args)
	session, ok := s.open(args.Token)
	if err != nil || !ok {
		answer(w, Envelope{Error: &ErrorView{Kind: string(gateway.Unauthorized), Message: i18n.T("error.console.login")}})
		return
	}
	answer(w, Envelope{OK: true, Data: map[string]string{"session": session}})
}

// secure sets the headers of every answer of the browser's door.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

func bearer(r *http.Request) string {
	secret, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return secret
}

// serve carries out POST /console/{op}, GET /console/feed and GET /console/export/{ticket} for somebody who may.
func (c *Console) serve(w http.ResponseWriter, r *http.Request) {
	if ticket, ok := exportTicket(r); ok {
		c.serveExport(w, r, ticket)
		return
	}
	op, ok := strings.CutPrefix(r.URL.Path, "/console/")
	switch {
	case ok && op == "feed" && r.Method == http.MethodGet:
		c.serveFeed(w, r)
	case ok && r.Method == http.MethodPost:
		args, err := io.ReadAll(http.MaxBytesReader(w, r.Body, max(largestArguments, longArguments[op])))
		if err != nil {
			answer(w, Envelope{Error: &ErrorView{Kind: string(gateway.TooLarge), Message: i18n.T("error.console.too_large")}})
			return
		}
		answer(w, c.Call(r.Context(), op, args))
	default:
		answer(w, Envelope{Error: &ErrorView{Kind: string(gateway.NotFound), Message: i18n.T("error.console.no_path")}})
	}
}

func answer(w http.ResponseWriter, e Envelope) {
	status := http.StatusOK
	if !e.OK {
		status = http.StatusInternalServerError
		if known, ok := statuses[e.Error.Kind]; ok {
			status = known
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// A reader who left needs no answer.
	_ = json.NewEncoder(w).Encode(e)
}
