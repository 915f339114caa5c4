package access

import (
	"cmp"
	"crypto/rand"
	"hash/crc32"
	"math/big"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"

	"weir/backend/gateway"
)

// A secret reads sk-weir-, 43 base62 digits of 32 random bytes, and 6 of their checksum, so
// that scanners recognise it. With 256 random bits a fast digest is enough.
const (
	secretHead = "sk-weir-"
	prefixLen  = len(secretHead) + 4
)

func newSecret() (string, error) {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	body := base62(new(big.Int).SetBytes(b), 43)
	sum := crc32.ChecksumIEEE([]byte(body))
	return secretHead + body + base62(big.NewInt(int64(sum)), 6), nil
}

func base62(n *big.Int, width int) string {
	// big.Int's digits are 0-9a-zA-Z, 62 of them.
	text := n.Text(62)
	return strings.Repeat("0", max(width-len(text), 0)) + text
}

func newID() string { return strings.ToLower(ulid.Make().String()) }

func sortNewest(keys []gateway.Key) {
	slices.SortFunc(keys, func(a, b gateway.Key) int { return cmp.Compare(b.ID, a.ID) })
}
