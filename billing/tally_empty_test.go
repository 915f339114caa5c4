package billing

import "testing"

// TestAnEmptyReplyTellsNothing, whatever its endpoint.
func TestAnEmptyReplyTellsNothing(t *testing.T) {
	for _, endpoint := range append([]string{"images/generations", "images/edits"}, endpointNames...) {
		for _, data := range []string{"", " \r\n\t"} {
			tally := NewTally(endpoint)
			tally.Observe([]byte(data))
			if raw := tally.Raw(); raw != nil || tally.Model() != "" || tally.Final() || tally.Request().Images != 0 {
				t.Errorf("%s: of %q a tally has %s, %q, %+v", endpoint, data, raw, tally.Model(), tally.Request())
			}
		}
	}
}
