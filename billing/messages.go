package billing

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// mergeFrames joins the two reports of an Anthropic stream. Both are running
// totals: the larger of two counters holds and nothing is added. Without the
// second the answer's count is where it stood at the start.
func (r *reader) mergeFrames(doc map[string]any) map[string]any {
	start, started := doc["message_start"].(map[string]any)
	delta, ended := doc["message_delta"].(map[string]any)
	switch {
	case started && ended:
		both := r.larger(start, delta)
		if charged, ok := doc["copilot_usage"]; ok {
			both["copilot_usage"] = charged
		}
		return both
	case started:
		r.flag(flagOutputLowerBound)
		return start
	case ended:
		return delta
	}
	return doc
}

// larger merges a later report into an earlier one.
func (r *reader) larger(before, after map[string]any) map[string]any {
	out := maps.Clone(before)
	for key, v := range after {
		old := out[key]
		switch v := v.(type) {
		case nil:
			continue
		case map[string]any:
			if nested, ok := old.(map[string]any); ok {
				out[key] = r.larger(nested, v)
				continue
			}
		case json.Number:
			if shrank(old, v) {
				r.flag(flagUsageShrank)
				continue
			}
		}
		out[key] = v
	}
	return out
}

func shrank(before any, after json.Number) bool {
	old, isNumber := before.(json.Number)
	if !isNumber {
		return false
	}
	a, errA := strconv.ParseFloat(string(old), 64)
	b, errB := strconv.ParseFloat(string(after), 64)
	return errA == nil && errB == nil && b < a
}

// iterations splits an Anthropic report that one request caused in several steps.
// The totals at its top leave out a compaction, so then the steps are summed; an
// advisor runs on a model of its own; after a fallback the top is the bill.
func (r *reader) iterations(doc map[string]any) (main, others []map[string]any) {
	whole := []map[string]any{doc}
	list, _ := doc["iterations"].([]any)
	compacted := false
	for _, e := range list {
		step, _ := e.(map[string]any)
		switch kind, _ := step["type"].(string); kind {
		case "fallback_message":
			return whole, nil
		case "advisor_message":
			others = append(others, step)
		case "compaction":
			compacted = true
			main = append(main, step)
		case "message":
			main = append(main, step)
		default:
			r.flag(flagUnknownStep)
		}
	}
	if !compacted {
		return whole, others
	}
	r.flags = slices.DeleteFunc(r.flags, func(f string) bool { return f == flagUsageShrank }) // the top is not summed
	main[0]["server_tool_use"] = doc["server_tool_use"]
	return main, others
}

var (
	writes      = counterOf("cache_creation_input_tokens")
	writesFor5m = counterOf("cache_creation.ephemeral_5m_input_tokens")
	writesFor1h = counterOf("cache_creation.ephemeral_1h_input_tokens")
)

// splitWrites puts Anthropic's cache writes on the meters of their lifetimes.
func splitWrites(r *reader, u *Usage) {
	five, has5m := r.at(writesFor5m)
	hour, has1h := r.at(writesFor1h)
	_, hasTotal := r.at(writes)
	rest := u[CacheWrite] - five - hour
	u[CacheWrite], u[CacheWrite5m], u[CacheWrite1h] = 0, five, hour
	switch {
	case rest > 0 && !has5m && !has1h:
		u[CacheWrite5m] = rest
		r.flag(flagTTLAssumed)
	case rest > 0:
		u[CacheWrite5m] += rest
		r.flag(flagSplitMismatch)
	case rest < 0 && hasTotal:
		r.flag(flagSplitMismatch)
	}
	tools, _ := r.doc["server_tool_use"].(map[string]any)
	for name, used := range tools {
		if used == nil {
			continue
		}
		if n, _ := r.count(used); n > 0 && name != "web_search_requests" && name != "web_fetch_requests" {
			r.flag(flagToolUncounted)
		}
	}
}
