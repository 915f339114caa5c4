package logfile

import "regexp"

const gone = "[redacted]"

// shapes are how secrets look: what stands in groups stays, the rest goes. Nothing
// of ours writes them to the log; this is for what a library or an upstream may say.
var shapes = []*regexp.Regexp{
	regexp.MustCompile(`(?i)(\b(?:Bearer|Basic)\s+)[\w.~+/=-]{6,}`),
	regexp.MustCompile(`()\bsk-[\w-]{6,}`),                                                               // OpenAI, Anthropic, OpenRouter, Weir and others
	regexp.MustCompile(`()\b(?:xai-|gsk_|pplx-|nvapi-|hf_|ghp_|github_pat_|AIza)[\w-]{6,}`),              // xAI, Groq, Perplexity, NVIDIA, Hugging Face, GitHub, Google
	regexp.MustCompile(`()\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*`),                                               // a JSON web token
	regexp.MustCompile(`((?:#login|[?&](?:key|api_key|api-key|apikey|access_token|token))=)[^\s"'&\\]+`), // in an address
	regexp.MustCompile(`(//[^\s/:@"]*:)[^\s/@"]+(@)`),                                                    // a password in an address
	regexp.MustCompile(`(?i)(\b(?:authorization|x-api-key|x-goog-api-key|api[_-]?key|secret|password|passphrase|token)\\?["']?\s*[=:]\s*\[?\\?["']?)[^\s"'\\,}\]]{6,}`),
}

// Redact returns a text without what looks like a key, a token or a password.
func Redact(text string) string {
	for _, shape := range shapes {
		text = shape.ReplaceAllString(text, "${1}"+gone+"${2}")
	}
	return text
}
