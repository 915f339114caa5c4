package access

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

const keyColumns = `name, models, denied, networks, group_id, allow_unpriced, on_limit, clamp, most_per_call, pause_on_burn, expires_at`

const selectKeys = `SELECT id, prefix, state, created_at, last_used_at, ` + keyColumns + ` FROM access_key`

func scanKey(rows *sql.Rows) (k gateway.Key, err error) {
	var models, denied, networks string
	var created int64
	var expires, used sql.NullInt64
	err = rows.Scan(&k.ID, &k.Prefix, &k.State, &created, &used, &k.Name, &models, &denied, &networks, &k.GroupID,
		&k.AllowUnpriced, &k.OnLimit, &k.Clamp, &k.MostPerCall, &k.PauseOnBurn, &expires)
	if err != nil {
		return k, err
	}
	k.CreatedAt, k.ExpiresAt, k.LastUsedAt = time.UnixMilli(created).UTC(), fromMillis(expires), fromMillis(used)
	return k, errors.Join(json.Unmarshal([]byte(models), &k.Models), json.Unmarshal([]byte(denied), &k.Denied),
		json.Unmarshal([]byte(networks), &k.Networks))
}

// keyArgs are keyColumns' values, of a key that can be kept.
func keyArgs(k gateway.Key) ([]any, error) {
	if k.MostPerCall < 0 {
		return nil, &gateway.Error{Kind: gateway.Invalid, Field: "most_per_call_usd", Message: i18n.T("error.access.most_per_call")}
	}
	var texts [3]string
	for i, list := range []any{k.Models, k.Denied, k.Networks} {
		text, err := json.Marshal(list)
		if err != nil {
			return nil, fmt.Errorf("encode a key's list: %w", err)
		}
		texts[i] = string(text)
	}
	return []any{k.Name, texts[0], texts[1], texts[2], k.GroupID, k.AllowUnpriced, k.OnLimit, k.Clamp, k.MostPerCall, k.PauseOnBurn, millis(k.ExpiresAt)}, nil
}

// named says that a key needs a name that can be shown. Two keys may have the same one: scripts make keys without looking.
func named(name string) error {
	if name == "" {
		return &gateway.Error{Kind: gateway.Invalid, Field: "name", Message: i18n.T("error.access.nameless")}
	}
	if !gateway.Nameable(name) {
		return &gateway.Error{Kind: gateway.Invalid, Field: "name", Message: i18n.T("error.access.name", "most", gateway.LongestName)}
	}
	return nil
}

func millis(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

func fromMillis(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMilli(n.Int64).UTC()
}
