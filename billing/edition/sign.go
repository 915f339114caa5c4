package edition

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

//go:embed keys.txt
var keysText string

// signed is what stands before a body when it is signed, so that a signature under anything
// else of the same key never passes for one of these.
const signed = "weir-prices 1\n"

// A Key is one that a publisher signs with.
type Key struct {
	Name   string
	Public ed25519.PublicKey
	Until  string // the last day on which it may sign; empty: no end
}

// Fingerprint is the key's short form, for people to compare: the first sixteen bytes of its SHA-256.
func (k Key) Fingerprint() string {
	sum := sha256.Sum256(k.Public)
	return hex.EncodeToString(sum[:16])
}

// Text is the public key as a publisher hands it out.
func (k Key) Text() string { return base64.StdEncoding.EncodeToString(k.Public) }

// ParseKey reads a public key as a publisher hands it out.
func ParseKey(text string) (ed25519.PublicKey, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("not a public key: 32 bytes in base64")
	}
	return raw, nil
}

// CompiledKeys are those that the program itself trusts: none, until there is a publisher.
func CompiledKeys() ([]Key, error) { return parseKeys(keysText) }

// parseKeys reads a list of keys: the key, the last day of its use or "-", and a name.
func parseKeys(text string) (keys []Key, err error) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) < 3 {
			return nil, fmt.Errorf("%q: a key, its last day or -, and a name", strings.TrimSpace(line))
		}
		k := Key{Name: strings.Join(fields[2:], " "), Until: strings.TrimPrefix(fields[1], "-")}
		if k.Public, err = ParseKey(fields[0]); err != nil {
			return nil, fmt.Errorf("%q: %w", fields[0], err)
		}
		if _, err := time.Parse(time.DateOnly, k.Until); k.Until != "" && err != nil {
			return nil, fmt.Errorf("%q is no day", k.Until)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// A head line opens a file: who signed what follows.
type headLine struct {
	Weir      int    `json:"weir_prices"`
	Key       string `json:"key"`
	Signature string `json:"signature"`
}

func (h headLine) bytes() []byte {
	text, err := json.Marshal(h)
	if err != nil {
		return nil // three plain values always marshal
	}
	return append(text, '\n')
}

// read takes a file's first line apart. A form that is newer than this program is none of its business.
func (h *headLine) read(first []byte) error {
	if err := strict(first, h); err != nil || h.Weir < 1 {
		return &Fault{Code: Malformed, About: "1"}
	}
	if h.Weir > 1 {
		return &Fault{Code: NewerSchema, About: fmt.Sprint(h.Weir)}
	}
	return nil
}

// Sign writes the file of a body: a line with the signature, and the body as it is.
func Sign(body []byte, secret ed25519.PrivateKey) []byte {
	key := Key{Public: secret.Public().(ed25519.PublicKey)}
	signature := ed25519.Sign(secret, append([]byte(signed), body...))
	return append(headLine{1, key.Fingerprint(), base64.StdEncoding.EncodeToString(signature)}.bytes(), body...)
}

// Open checks a file's signature by the keys that are trusted, and then all that can be
// checked of an edition alone. What is not signed is not even read.
func Open(file []byte, keys []Key, now time.Time) (*Edition, error) {
	if len(file) > MostBytes {
		return nil, &Fault{Code: TooLarge}
	}
	first, body, _ := bytes.Cut(file, []byte("\n"))
	var head headLine
	if err := head.read(first); err != nil {
		return nil, err
	}
	at := slices.IndexFunc(keys, func(k Key) bool { return k.Fingerprint() == head.Key })
	if at < 0 {
		return nil, &Fault{Code: UnknownKey, About: head.Key}
	}
	key := keys[at]
	if key.Until != "" && now.UTC().Format(time.DateOnly) > key.Until {
		return nil, &Fault{Code: ExpiredKey, About: head.Key, Detail: key.Until}
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(head.Signature)
	// There is one way to write a head line: another that means the same was not written by Sign.
	if err != nil || !bytes.Equal(head.bytes(), file[:min(len(first)+1, len(file))]) || !ed25519.Verify(key.Public, append([]byte(signed), body...), signature) {
		return nil, &Fault{Code: BadSignature, About: head.Key}
	}
	e, err := read(body)
	if err != nil {
		return nil, err
	}
	if err := e.bounds(); err != nil {
		return nil, err
	}
	if e.day().After(now.Add(24 * time.Hour)) {
		return nil, &Fault{Code: FromTomorrow, About: e.CreatedOn}
	}
	e.Key = head.Key
	return e, nil
}

// Reopen reads a file that was checked before it was kept: whose keys are trusted now does not matter.
func Reopen(file []byte) (*Edition, error) {
	first, body, _ := bytes.Cut(file, []byte("\n"))
	var head headLine
	if err := head.read(first); err != nil {
		return nil, err
	}
	e, err := read(body)
	if err != nil {
		return nil, err
	}
	e.Key = head.Key
	return e, nil
}
