package standin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

// A Verdict says whether a provider would charge for what the stand-in did.
type Verdict string

const (
	NotBilled Verdict = "no"
	MayBill   Verdict = "maybe" // the request was read, no answer or a vague one was given
	Billed    Verdict = "yes"
)

// An Entry is one request and what became of it.
type Entry struct {
	Seq     int         `json:"seq"`
	Nonce   string      `json:"nonce"` // metadata.user_id, user, or the first [[mark]] of the body
	At      time.Time   `json:"at"`
	Method  string      `json:"method"`
	Path    string      `json:"path"`
	Query   string      `json:"query"`
	Header  http.Header `json:"header"`
	Dialect string      `json:"dialect"` // openai, anthropic
	Op      string      `json:"op"`      // chat, messages, count_tokens, models
	Model   string      `json:"model"`
	Stream  bool        `json:"stream"`
	Mode    string      `json:"mode"`

	Body      []byte `json:"body,omitempty"` // exactly as it came
	BodyLen   int    `json:"body_len"`
	BodySHA   string `json:"body_sha256"`
	Written   []byte `json:"written,omitempty"` // the reply's body as the client got it, encoding included
	WroteLen  int    `json:"written_len"`
	WroteSHA  string `json:"written_sha256"`
	Status    int    `json:"status"` // 0: no header was sent
	Events    int    `json:"events"` // frames written so far; a JSON reply is one
	UsageSent *Usage `json:"usage_sent"`

	Billed       Verdict   `json:"billed"`
	Ended        string    `json:"ended"` // empty while running; done, cut, reset, closed, client_left
	EndedAt      time.Time `json:"ended_at"`
	ClientLeftAt time.Time `json:"client_left_at"` // zero: it stayed
}

// A Journal is what the stand-in saw and sent, in order of arrival.
type Journal struct {
	discard bool

	mu      sync.Mutex
	last    int // the newest entry's Seq
	entries []*Entry
	sums    map[int]hash.Hash // of replies that are being written
	moved   chan struct{}     // closed and replaced when an entry ends
	file    *os.File          // nil: memory alone
	fileErr error             // the first failure to write the file
}

func newJournal(path string, discard bool) (*Journal, error) {
	j := &Journal{discard: discard, sums: map[int]hash.Hash{}, moved: make(chan struct{})}
	if path == "" {
		return j, nil
	}
	var err error
	j.file, err = openJournalFile(path)
	return j, err
}

func (j *Journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	err := errors.Join(j.fileErr, j.file.Close())
	j.file = nil
	return err
}

// Entries returns a copy of the journal.
func (j *Journal) Entries() []Entry {
	return j.where(func(*Entry) bool { return true })
}

// Of returns the entries of one nonce.
func (j *Journal) Of(nonce string) []Entry {
	return j.where(func(e *Entry) bool { return e.Nonce == nonce })
}

// Calls returns the entries that were model calls: chat, messages, responses and generate.
func (j *Journal) Calls() []Entry {
	return j.where(func(e *Entry) bool { return e.isCall() })
}

func (j *Journal) where(keep func(*Entry) bool) []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := []Entry{}
	for _, e := range j.entries {
		if keep(e) {
			out = append(out, *e)
		}
	}
	return out
}

// Take returns the journal as it stands and forgets it, so that long runs do not fill the memory.
func (j *Journal) Take() []Entry {
	all := j.Entries()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = j.entries[len(all):]
	return all
}

// Len returns the number of requests so far.
func (j *Journal) Len() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.entries)
}

// WaitIdle returns once at least n requests have come and all of them have ended, or with the context's error.
func (j *Journal) WaitIdle(ctx context.Context, n int) error {
	for {
		j.mu.Lock()
		idle := len(j.entries) >= n && !slices.ContainsFunc(j.entries, func(e *Entry) bool { return e.Ended == "" })
		moved := j.moved
		j.mu.Unlock()
		if idle {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (e *Entry) isCall() bool {
	return e.Op == "chat" || e.Op == "messages" || e.Op == "responses" || e.Op == "generate"
}

// arrive enters a request and returns its entry, which only the journal may change.
func (j *Journal) arrive(e Entry, body []byte) *Entry {
	sum := sha256.Sum256(body)
	e.BodyLen, e.BodySHA = len(body), hex.EncodeToString(sum[:])
	if !j.discard {
		e.Body = body
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	e.Seq = j.last
	kept := &e
	j.entries = append(j.entries, kept)
	j.sums[e.Seq] = sha256.New()
	j.save(kept)
	return kept
}

// update changes an entry under the journal's lock.
func (j *Journal) update(e *Entry, change func(*Entry)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	change(e)
}

// wrote adds bytes of the reply.
func (j *Journal) wrote(e *Entry, b []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.WroteLen += len(b)
	if h := j.sums[e.Seq]; h != nil {
		h.Write(b)
	}
	if !j.discard {
		e.Written = append(e.Written, b...)
	}
}

// end closes an entry.
func (j *Journal) end(e *Entry, how string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.Ended, e.EndedAt = how, time.Now()
	if h := j.sums[e.Seq]; h != nil {
		e.WroteSHA = hex.EncodeToString(h.Sum(nil))
		delete(j.sums, e.Seq)
	}
	j.save(e)
	close(j.moved)
	j.moved = make(chan struct{})
}

// save appends the entry to the file and syncs it; one line at arrival, one at the end.
func (j *Journal) save(e *Entry) {
	if j.file == nil || j.fileErr != nil {
		return
	}
	line, err := json.Marshal(e)
	if err == nil {
		_, err = j.file.Write(append(line, '\n'))
	}
	if err == nil {
		err = j.file.Sync()
	}
	j.fileErr = err
}
