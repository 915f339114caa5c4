package console

import "testing"

// TestRetention sets bounds, asks what they would do and has it done.
func TestRetention(t *testing.T) {
	b := openBooks(t, "UTC", noon)
	v := ask[Retention](b, "retention.get", raw(`{}`))
	if v.Months != nil || v.Megabytes != nil || v.FileBytes == 0 || v.ArchivedCalls != 0 || v.ArchivedUntil != nil || v.OldestDetailed != nil || v.Running || v.CompactSeconds < 1 {
		t.Errorf("a new ledger's retention is %+v", v)
	}
	p := ask[RetentionPreview](b, "retention.preview", raw(`{"months":1,"megabytes":50}`))
	if p.Calls != 0 || p.Bytes != 0 || !p.Enough {
		t.Errorf("of a new ledger it would take %+v", p)
	}
	v = ask[Retention](b, "retention.set", raw(`{"months":12,"megabytes":200}`))
	if v.Months == nil || *v.Months != 12 || v.Megabytes == nil || *v.Megabytes != 200 {
		t.Errorf("after it was set it is %+v", v)
	}
	same(t, "later", ask[Retention](b, "retention.run", raw(`{}`)), v)
	v = ask[Retention](b, "retention.set", raw(`{"months":null,"megabytes":null}`))
	if v.Months != nil || v.Megabytes != nil {
		t.Errorf("after it was taken away it is %+v", v)
	}
	for args, field := range map[string]string{`{"months":-1}`: "months", `{"months":1201}`: "months", `{"megabytes":49}`: "megabytes"} {
		for _, op := range []string{"retention.set", "retention.preview"} {
			if got := b.refused(op, args); got != field {
				t.Errorf("%s %s complains about %q, want %q", op, args, got, field)
			}
		}
	}
	if v := ask[Retention](b, "retention.compact", raw(`{}`)); v.FileBytes == 0 || v.FreeBytes != 0 {
		t.Errorf("a compacted ledger is %+v", v)
	}
}

// refused says which field an operation complains about; empty: none.
func (b *books) refused(op, args string) string {
	b.t.Helper()
	e := b.Call(b.t.Context(), op, raw(args))
	if e.OK || e.Error.Field == nil {
		return ""
	}
	return *e.Error.Field
}
