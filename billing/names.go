package billing

import "slices"

// MeterNames returns every name that Meters may use, in the meters' order, the whole prompt last.
func MeterNames() []string {
	var names []string
	for _, m := range meters {
		if !slices.Contains(names, m.name) {
			names = append(names, m.name)
		}
	}
	return append(names, "input_tokens_total")
}
