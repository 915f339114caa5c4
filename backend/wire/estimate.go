package wire

const (
	base64Run    = 1 << 10 // a longer run is a picture, a sound or a file
	base64Tokens = 2000    // what one of those is counted as
	bytesPer     = 3       // bytes of anything else for a token
)

// EstimateTokens says how many tokens a request body may at most be worth, roughly and
// quickly: a third of its bytes, but each base64 run over 1 KiB as 2,000 tokens.
func EstimateTokens(body []byte) int64 {
	rest, runs := len(body), 0
	for i := 0; i+base64Run < len(body); {
		// Looking backwards from where a long run starting at i would still last
		// skips most of a text in leaps.
		last := i + base64Run
		for last >= i && base64Char(body[last]) {
			last--
		}
		if last >= i {
			i = last + 1
			continue
		}
		end := i + base64Run + 1
		for end < len(body) && base64Char(body[end]) {
			end++
		}
		runs++
		rest -= end - i
		i = end + 1
	}
	return int64(rest/bytesPer) + int64(runs)*base64Tokens
}

func base64Char(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '+' || c == '/' || c == '-' || c == '_' || c == '='
}
