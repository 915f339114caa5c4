// Package console is the one table of operations that the window, the browser page and the
// command line work with, and its transports. It never moves model traffic.
package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"weir/backend/access"
	"weir/backend/autostart"
	"weir/backend/balance"
	"weir/backend/counting"
	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/prices"
	"weir/backend/relay"
	"weir/backend/reuse"
	"weir/backend/route"
	"weir/backend/secret"
	"weir/backend/setup"
	"weir/backend/store"
	"weir/frontend/src/i18n"
)

// A Console carries out operations. Its fields are all set by the backend.
type Console struct {
	Version  string
	Home     string
	Access   *access.Access
	Channels *route.Channels
	Ledger   *ledger.Ledger
	Prices   *prices.Prices
	Balances *balance.Balances
	Counting *counting.Checks
	Box      *secret.Box
	Relay    *relay.Relay
	Reuse    *reuse.Watch                                  // says why caches were missed
	Setup    *setup.Setup                                  // connects assistants
	Client   http.RoundTripper                             // for testing providers
	Through  func(proxy string) (http.RoundTripper, error) // for testing one that is reached through a proxy of its own
	Proxy    func(*http.Request) (*url.URL, error)         // through which proxy Client asks; nil: as the environment says
	Now      func() time.Time
	Log      *slog.Logger

	LoginURL   func() (string, error)                    // makes a new login link for a browser
	Door       func() Door                               // where the relay listens
	OpenDoor   func(ctx context.Context, port int) error // opens the relay's door at a port, 0: the wanted one again
	Role       string                                    // server or agent
	Tray       func() bool                               // says whether a tray shows Weir's icon; nil: there is none
	ShowWindow func(page string) error                   // opens or raises the window; nil: this Weir has none
	LoginItem  autostart.Item                            // what starts this Weir at login
	LogFile    string                                    // path of the log; empty: it goes to the terminal alone
	Store      *store.Store                              // of the settings

	changes  changes
	exports  exports
	stepwise sync.Mutex // held by a change that is done in several steps, none of which waits for a provider
}

// An operation takes JSON arguments and returns a value to be sent as JSON.
type operation func(ctx context.Context, args []byte) (any, error)

// operations is the table. Names are <thing>.<verb>.
func (c *Console) operations() map[string]operation {
	return map[string]operation{
		"status.get":              take(c.status),
		"providers.types":         take(c.providerTypes),
		"providers.list":          take(c.listProviders),
		"providers.add":           take(c.addProvider),
		"providers.update":        take(c.updateProvider),
		"providers.test":          take(c.testProvider),
		"providers.enable":        take(c.enableProvider),
		"providers.disable":       take(c.disableProvider),
		"providers.remove":        take(c.removeProvider),
		"providers.uses":          take(c.providerUses),
		"providers.duplicate":     take(c.duplicateProvider),
		"providers.models":        take(c.listModels),
		"providers.local":         take(c.findLocal),
		"providers.balance":       take(c.askBalances),
		"providers.probe.preview": take(c.previewCounting),
		"providers.probe.run":     take(c.runCounting),
		"keys.list":               take(c.listKeys),
		"keys.add":                take(c.addKey),
		"keys.limit":              take(c.limitKey),
		"keys.pause":              take(c.pauseKey),
		"keys.resume":             take(c.resumeKey),
		"keys.rotate":             take(c.rotateKey),
		"keys.update":             take(c.updateKey),
		"keys.revoke":             take(c.revokeKey),
		"quota.get":               take(c.quota),
		"calls.list":              take(c.listCalls),
		"calls.page":              take(c.pageCalls),
		"calls.show":              take(c.explainCall),
		"calls.export":            take(c.exportCalls),
		"overview.get":            take(c.overview),
		"cache.get":               take(c.cache),
		"overview.export":         take(c.exportOverview),
		"glance.get":              take(c.glance),
		"account.limit":           take(c.limitAccount),
		"account.get":             take(c.account),
		"account.pace":            take(c.paceAccount),
		"groups.list":             take(c.listGroups),
		"groups.add":              take(c.addGroup),
		"groups.update":           take(c.updateGroup),
		"groups.limit":            take(c.limitGroup),
		"groups.remove":           take(c.removeGroup),
		"limits.topup":            take(c.topUpLimit),
		"limits.reset":            take(c.resetLimit),
		"limits.changes":          take(c.limitChanges),
		"alarm.get":               take(c.alarm),
		"alarm.set":               take(c.setAlarm),
		"prices.list":             take(c.listPrices),
		"prices.show":             take(c.showPrice),
		"prices.set":              take(c.setPrice),
		"prices.reset":            take(c.resetPrice),
		"prices.alias.list":       take(c.listAliases),
		"prices.alias.set":        take(c.setAlias),
		"prices.alias.remove":     take(c.removeAlias),
		"prices.unmatched":        take(c.unmatched),
		"prices.rates.list":       take(c.listRates),
		"prices.rates.set":        take(c.setRate),
		"prices.export":           take(c.exportPrices),
		"prices.file":             take(c.filePrices),
		"prices.import":           take(c.importPrices),
		"prices.update.get":       take(c.priceUpdates),
		"prices.update.check":     take(c.checkPrices),
		"prices.update.preview":   take(c.previewPrices),
		"prices.update.apply":     take(c.applyPrices),
		"prices.update.rollback":  take(c.rollbackPrices),
		"prices.update.source":    take(c.setPriceSource),
		"prices.keys.trust":       take(c.trustKey),
		"prices.keys.untrust":     take(c.untrustKey),
		"sandbox.try":             take(c.trySandbox),
		"connect.list":            take(c.listConnections),
		"connect.preview":         take(c.previewConnect),
		"connect.apply":           take(c.applyConnect),
		"connect.undo":            take(c.undoConnect),
		"login.new":               take(c.newLogin),
		"secrets.unlock":          take(c.unlockSecrets),
		"relay.pause":             take(c.pauseRelay),
		"relay.resume":            take(c.resumeRelay),
		"relay.open":              take(c.openRelay),
		"window.show":             take(c.showWindow),
		"settings.get":            take(c.settings),
		"settings.set":            take(c.setSettings),
		"privacy.get":             take(c.privacy),
		"reprice.preview":         take(c.previewRepricing),
		"reprice.apply":           take(c.applyRepricing),
		"reprice.undo":            take(c.undoRepricing),
		"reprice.list":            take(c.listRepricings),
		"reported.get":            take(c.reported),
		"reconcile.import":        take(c.importReconciliation),
		"reconcile.list":          take(c.listReconciliations),
		"reconcile.show":          take(c.showReconciliation),
		"reconcile.export":        take(c.exportReconciliation),
		"reconcile.remove":        take(c.removeReconciliation),
		"diagnostics.get":         take(c.diagnostics),
		"retention.get":           take(c.retention),
		"retention.preview":       take(c.previewRetention),
		"retention.set":           take(c.setRetention),
		"retention.run":           take(c.runRetention),
		"retention.compact":       take(c.compact),
		"logs.tail":               take(c.tailLog),
	}
}

// take reads an operation's arguments strictly: a misspelt one is an error.
func take[A, R any](do func(context.Context, A) (R, error)) operation {
	return func(ctx context.Context, raw []byte) (any, error) {
		var args A
		if len(bytes.TrimSpace(raw)) > 0 {
			dec := json.NewDecoder(bytes.NewReader(raw))
			dec.DisallowUnknownFields()
			if err := dec.Decode(&args); err != nil {
				return nil, badArguments(err)
			}
			if _, err := dec.Token(); err != io.EOF {
				return nil, badArguments(errors.New("more than one value"))
			}
		}
		return do(ctx, args)
	}
}

func badArguments(err error) error {
	e := &gateway.Error{Kind: gateway.Invalid, Message: i18n.T("error.console.arguments", "reason", err), Err: err}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		e.Field = wrong.Field
	}
	return e
}

// An Envelope is the one form of every answer.
type Envelope struct {
	OK    bool       `json:"ok"`
	Data  any        `json:"data,omitempty"`
	Error *ErrorView `json:"error,omitempty"`
}

// An ErrorView is a failure that a person may read.
type ErrorView struct {
	Kind    string  `json:"kind"`
	Message string  `json:"message"`
	Field   *string `json:"field"`
}

// Call carries out one operation. It never returns an error beside the envelope.
func (c *Console) Call(ctx context.Context, op string, args []byte) Envelope {
	do, ok := c.operations()[op]
	if !ok {
		return Envelope{Error: &ErrorView{Kind: string(gateway.NotFound), Message: i18n.T("error.console.no_operation", "operation", op)}}
	}
	data, err := do(ctx, args)
	if err != nil {
		return Envelope{Error: c.show(op, err)}
	}
	return Envelope{OK: true, Data: data}
}

func (c *Console) show(op string, err error) *ErrorView {
	var ge *gateway.Error
	if !errors.As(err, &ge) {
		c.Log.Error("operation failed", "op", op, "err", err)
		return &ErrorView{Kind: string(gateway.Internal), Message: i18n.T("error.console.internal")}
	}
	return &ErrorView{Kind: string(ge.Kind), Message: ge.Message, Field: orNull(ge.Field)}
}

type none struct{}

type byID struct {
	ID string `json:"id"`
}
