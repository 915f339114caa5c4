package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"weir/billing"
)

// Every call is written with its meters, its lines and the upstream's usage. They are encoded here
// rather than by reflection, which takes as long as writing the row; the text is the same.

// encodeMeters names what a call consumed; what is absent is zero.
func encodeMeters(u billing.Usage) any {
	if u == (billing.Usage{}) {
		return nil
	}
	b := append(make([]byte, 0, 64), '{')
	for m, n := range u {
		if n == 0 {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), meterNames[m]...), `":`...)
		b = strconv.AppendInt(b, n, 10)
	}
	return string(append(b, '}'))
}

// encodeLines writes lines as billing.Line does.
func encodeLines(lines []billing.Line) any {
	if len(lines) == 0 {
		return nil
	}
	b := append(make([]byte, 0, 128*len(lines)), '[')
	for i, l := range lines {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(append(b, `{"what":`...), l.What)
		b = strconv.AppendInt(append(b, `,"quantity":"`...), l.Quantity, 10)
		b = appendText(append(b, `","unit":`...), l.Unit)
		b = append(b, `,"rate_usd":`...)
		if l.RateUSD == "" {
			b = append(b, `null`...)
		} else {
			b = appendText(b, l.RateUSD)
		}
		b = strconv.AppendInt(append(b, `,"per":"`...), l.Per, 10)
		b = append(b, `","cost_usd":`...)
		if l.Cost == nil {
			b = append(b, `null}`...)
		} else {
			b = append(append(append(b, '"'), l.Cost.String()...), `"}`...)
		}
	}
	return string(append(b, ']'))
}

// appendText writes a JSON string. What needs no escape, as nearly all, is copied.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			escaped, err := json.Marshal(s)
			if err != nil {
				return append(b, `""`...) // cannot be: strings can always be encoded
			}
			return append(b, escaped...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// encodeUsage keeps the upstream's object without its spaces. What is no JSON can be neither shown nor priced again.
func encodeUsage(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	var b bytes.Buffer
	b.Grow(len(raw))
	if json.Compact(&b, raw) != nil {
		return nil
	}
	return b.String()
}

// encodeOther encodes what few calls have, or what is small; nil where there is none.
func encodeOther(value any, some bool) (any, error) {
	if !some {
		return nil, nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return string(text), nil
}
