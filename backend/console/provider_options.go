package console

import (
	"net/textproto"
	"time"

	"weir/backend/gateway"
	"weir/backend/provider"
	"weir/frontend/src/i18n"
)

// patience is the longest that a provider may be waited for.
const patience = time.Hour

func timeoutsOf(t gateway.Timeouts) Timeouts {
	return Timeouts{Header: t.Header.Milliseconds(), StreamHeader: t.StreamHeader.Milliseconds(), Idle: t.Idle.Milliseconds()}
}

func (t Timeouts) of() gateway.Timeouts {
	ms := func(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
	return gateway.Timeouts{Header: ms(t.Header), StreamHeader: ms(t.StreamHeader), Idle: ms(t.Idle)}
}

func optionsOf(ch gateway.Channel) ProviderOptions {
	return ProviderOptions{Proxy: ch.Proxy, Headers: table(ch.Headers), Params: table(ch.Params), Timeouts: timeoutsOf(ch.Timeouts)}
}

// checkOptions says what is wrong with a provider's options, if anything is. A proxy that is
// only shown is checked where it is known whether it is the stored one.
func checkOptions(n NewProvider) error {
	for _, ms := range []int64{n.Timeouts.Header, n.Timeouts.StreamHeader, n.Timeouts.Idle} {
		if ms < 0 || ms > patience.Milliseconds() {
			return invalid("timeouts", i18n.T("error.console.timeout"))
		}
	}
	if err := provider.CheckHeaders(n.Headers); err != nil {
		return err
	}
	return provider.CheckParams(n.Params)
}

// canonical names headers as they are sent, so that one is not there twice.
func canonical(headers map[string]string) map[string]string {
	if len(headers) == 0 {
		return nil
	}
	out := make(map[string]string, len(headers))
	for name, value := range headers {
		out[textproto.CanonicalMIMEHeaderKey(name)] = value
	}
	return out
}
