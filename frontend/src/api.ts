// The only door to Weir's Go side: one function per operation of the console, and its feed.
import type { Bounds } from './lib/retention'
import { desktop, Offline, session, transport, type Envelope } from './transport'
import type {
  Account, CacheView, ShownCall, Alarm, Call, CallPage, Connected, Connection, Counting, CountingPlan, Diagnostics, Download, ExchangeRate, Group, Host, Key, Limit, LimitChange, LocalServer, LogTail, Model, NewKey, Overview, Plan, PriceAlias, PriceDetail, PriceDifference, PricePage, PriceQuestion, PriceSet, PricesImported, PriceUpdates, Provider, ProviderType, ProviderUses, Quota, Retention, RetentionPreview, SetAlias, SetPrice, Settings, Status, Timeouts, Unmatched, Reconciliation, ReconciliationHead, ReportedView, RepriceCalls, RepricePreview, Repricing,
} from './types.gen'

/** What an operation answered instead of data. Kind "offline": nothing answered at all. */
export class ApiError extends Error {
  readonly kind: string
  readonly field: string | null

  constructor(kind: string, message: string, field: string | null = null) {
    super(message)
    this.kind = kind
    this.field = field
  }
}

/** Which calls a list is to have; what is empty does not restrict. */
export interface CallsFilter {
  since?: string // inclusive
  until?: string // exclusive
  key_id?: string
  channel_id?: string
  model?: string
  state?: string // open, settled, released, refused, or failed: released ones, and those that the upstream cut
  unpriced?: boolean
  over?: string // decimal dollars: only calls that cost more
}

export interface NewProvider {
  type: string
  name: string
  secret?: string // one a line; a line that shows a stored key stands for it
  base_url?: string
  models?: string[]
  map?: Record<string, string>
  priority?: number
  weight?: number
  count?: string
  price_as?: string
  proxy?: string
  headers?: Record<string, string>
  params?: Record<string, unknown>
  timeouts?: Timeouts
  no_test?: boolean
  strict?: boolean // refuse what the test finds bad, instead of saving it so
}

/** What a key may and may not, beyond its limits. Names of models may hold stars; those that are denied win. */
export interface KeyOptions {
  models?: string[]
  denied_models?: string[]
  networks?: string[]
  group_id?: string // empty: none
  clamp?: boolean
  most_per_call_usd?: string // empty: no bound
  pace?: PaceRequest // replaced whole
  pause_on_burn?: boolean
  allow_unpriced?: boolean
  on_limit?: string
}

/** How fast calls may come; what is 0 or left out is no bound. */
export interface PaceRequest {
  requests?: number // a minute
  tokens?: number // a minute
  running?: number // at once
}

export interface KeyRequest extends KeyOptions {
  name: string
  limits?: string[]
  expires?: string
}

export interface GroupRequest {
  name: string
  limits?: string[]
  pace?: PaceRequest
  key_ids?: string[]
}

/** A provider as it is, or as a form has it, that is asked for its models. */
export interface ModelsQuestion {
  id?: string
  type: string
  base_url?: string
  secret?: string
  proxy?: string
  headers?: Record<string, string>
}

/** What of a provider changes; what is left out stays. An empty secret keeps the key. */
export type ProviderChange = Partial<Omit<NewProvider, 'type'>>

/** What of a key changes; what is left out stays. A null expires means never. */
export interface KeyChange extends KeyOptions {
  name?: string
  expires?: string | null
}

/** What of the settings changes; what is left out stays. */
export interface SettingsChange {
  appearance?: string
  on_close?: string
  notify?: boolean
  ask_balances?: boolean
  explain_misses?: boolean // false deletes what was stored for it
  port?: number
  start_at_login?: boolean
  login_item_offered?: boolean
  first_steps_done?: boolean
}

export type FeedEvent = { event: 'call'; call: Call } | { event: 'calls' | 'keys' | 'providers' | 'status' | 'settings' | 'burn' } // fetch these anew

export const api = {
  status: () => post<Status>('status.get'),
  overview: (span: { from: string; to: string; by: 'model' | 'key' | 'provider' }) => post<Overview>('overview.get', { ...span, zone: Intl.DateTimeFormat().resolvedOptions().timeZone }),
  /** Says what providers' caches did in a span. */
  cache: (span: { from: string; to: string }) => post<CacheView>('cache.get', { ...span, zone: Intl.DateTimeFormat().resolvedOptions().timeZone }),
  /** Offers what was spent by day, model, key and provider as a file. */
  exportOverview: (span: { from: string; to: string }) => post<Download>('overview.export', { ...span, zone: Intl.DateTimeFormat().resolvedOptions().timeZone }),
  providers: {
    types: () => post<ProviderType[]>('providers.types'),
    list: () => post<Provider[]>('providers.list'),
    add: (provider: NewProvider) => post<Provider>('providers.add', provider),
    update: (id: string, change: ProviderChange) => post<Provider>('providers.update', { id, ...change }),
    duplicate: (id: string) => post<Provider>('providers.duplicate', { id }),
    uses: (id: string) => post<ProviderUses>('providers.uses', { id }),
    /** Asks the provider, which costs nothing. */
    models: (question: ModelsQuestion) => post<Model[]>('providers.models', question),
    /** Asks what is left, which costs nothing. */
    balance: (id: string) => post<Provider[]>('providers.balance', { id }),
    probe: {
      /** Says what a check would cost; it sends nothing. */
      preview: (id: string, model: string) => post<CountingPlan>('providers.probe.preview', { id, model }),
      run: (id: string, model: string) => post<Counting>('providers.probe.run', { id, model }),
    },
    /** Looks at the usual addresses of servers on this machine. */
    local: () => post<LocalServer[]>('providers.local'),
    test: (id: string) => post<Provider>('providers.test', { id }),
    enable: (id: string) => post<Provider>('providers.enable', { id }),
    disable: (id: string) => post<Provider>('providers.disable', { id }),
    remove: (id: string) => post<{ id: string }>('providers.remove', { id }),
  },
  keys: {
    list: () => post<Key[]>('keys.list'),
    add: (key: KeyRequest) => post<NewKey>('keys.add', key),
    update: (id: string, change: KeyChange) => post<Key>('keys.update', { id, ...change }),
    limit: (id: string, limits: string[]) => post<Key>('keys.limit', { id, limits }),
    pause: (id: string) => post<Key>('keys.pause', { id }),
    resume: (id: string) => post<Key>('keys.resume', { id }),
    revoke: (id: string) => post<Key>('keys.revoke', { id }),
    /** The old secret works for the grace, such as "24h" or "0s". */
    rotate: (id: string, grace: string) => post<NewKey>('keys.rotate', { id, grace }),
  },
  quota: () => post<Quota>('quota.get'),
  account: {
    get: () => post<Account>('account.get'),
    limit: (limits: string[]) => post<Quota>('account.limit', { limits }),
    pace: (pace: PaceRequest) => post<Account>('account.pace', { pace }),
  },
  groups: {
    list: () => post<Group[]>('groups.list'),
    add: (group: GroupRequest) => post<Group>('groups.add', group),
    /** The keys that are named are all that are in it from now on. */
    update: (id: string, change: Partial<Omit<GroupRequest, 'limits'>>) => post<Group>('groups.update', { id, ...change }),
    limit: (id: string, limits: string[]) => post<Group>('groups.limit', { id, limits }),
    /** Its keys stay, in no group. */
    remove: (id: string) => post<{ id: string }>('groups.remove', { id }),
  },
  limits: {
    /** Adds an amount, in the limit's unit, to its running window alone. */
    topUp: (id: string, amount: string, reason: string) => post<Limit>('limits.topup', { id, amount, reason }),
    /** Lets the running window begin with nothing spent. */
    reset: (id: string, reason: string) => post<Limit>('limits.reset', { id, reason }),
    changes: (id: string) => post<LimitChange[]>('limits.changes', { id }),
  },
  alarm: {
    get: () => post<Alarm>('alarm.get'),
    set: (change: { on?: boolean; times?: number; least_usd?: string }) => post<Alarm>('alarm.set', change),
  },
  prices: {
    list: (question: Partial<PriceQuestion>) => post<PricePage>('prices.list', question),
    show: (provider: string, model: string) => post<PriceDetail>('prices.show', { provider, model }),
    /** Holds from an instant on, now where none is named; what was there before stays as it is. */
    set: (price: SetPrice) => post<PriceSet>('prices.set', price),
    /** Ends your prices of a model from now on. */
    reset: (provider: string, model: string) => post<PriceSet>('prices.reset', { provider, model }),
    unmatched: () => post<Unmatched[]>('prices.unmatched'),
    aliases: () => post<PriceAlias[]>('prices.alias.list'),
    setAlias: (alias: SetAlias) => post<PriceAlias[]>('prices.alias.set', alias),
    removeAlias: (provider: string, model: string) => post<PriceAlias[]>('prices.alias.remove', { provider, model }),
    rates: () => post<ExchangeRate[]>('prices.rates.list'),
    /** An empty rate forgets the day's. */
    setRate: (rate: ExchangeRate) => post<ExchangeRate[]>('prices.rates.set', rate),
    /** Offers your own prices, aliases and rates as a file. */
    file: () => post<Download>('prices.file'),
    import: (file: unknown) => post<PricesImported>('prices.import', { file }),
    updates: () => post<PriceUpdates>('prices.update.get'),
    /** Looks at a catalogue: the file's, or that of the address that is set. Nothing changes. */
    check: (file?: string) => post<PriceDifference>('prices.update.check', file === undefined ? {} : { file }),
    preview: (version: number) => post<PriceDifference>('prices.update.preview', { version }),
    apply: (version: number) => post<PriceUpdates>('prices.update.apply', { version }),
    rollback: () => post<PriceUpdates>('prices.update.rollback'),
    setSource: (url: string) => post<PriceUpdates>('prices.update.source', { url }),
    trust: (key: string, name: string, until: string) => post<PriceUpdates>('prices.keys.trust', { key, name, until }),
    untrust: (fingerprint: string) => post<PriceUpdates>('prices.keys.untrust', { fingerprint }),
  },
  calls: {
    page: (filter: CallsFilter & { at?: string; offset?: number; limit?: number }) => post<CallPage>('calls.page', filter),
    show: (id: string) => post<ShownCall>('calls.show', { id }),
    /** Offers every call that fits as a file. */
    export: (filter: CallsFilter, format: 'csv' | 'json') => post<Download>('calls.export', { ...filter, format }),
  },
  /** Tries the system's keychain once more. */
  unlock: () => post<Status>('secrets.unlock'),
  relay: {
    pause: () => post<Status>('relay.pause'),
    resume: () => post<Status>('relay.resume'),
    /** Opens the relay's door at its port again, or at another one from now on. */
    open: (port?: number) => post<Status>('relay.open', port === undefined ? {} : { port }),
  },
  settings: {
    get: () => post<Settings>('settings.get'),
    set: (change: SettingsChange) => post<Settings>('settings.set', change),
  },
  /** How long calls keep their details; both bounds are set at once. */
  retention: {
    get: () => post<Retention>('retention.get'),
    preview: (bounds: Bounds) => post<RetentionPreview>('retention.preview', bounds),
    set: (bounds: Bounds) => post<Retention>('retention.set', bounds),
    /** Calls wait until it answers. */
    compact: () => post<Retention>('retention.compact'),
  },
  /** Pricing past calls again: first looked at, then applied by the token of what was shown, and undone. */
  reprice: {
    preview: (calls: RepriceCalls) => post<RepricePreview>('reprice.preview', calls),
    apply: (calls: RepriceCalls, token: string, reason: string) => post<Repricing>('reprice.apply', { ...calls, token, reason }),
    undo: (id: string, reason: string) => post<Repricing>('reprice.undo', { id, reason }),
    list: () => post<Repricing[]>('reprice.list'),
  },
  /** What providers said they charged beside what the price list comes to; days of UTC, as 2026-11-20. */
  reported: (asked: { from: string; to: string; provider?: string }) => post<ReportedView>('reported.get', asked),
  /** Lays a provider's own export beside the ledger. */
  reconcile: {
    import: (name: string, text: string, channel = '') => post<Reconciliation>('reconcile.import', { name, text, ...(channel && { channel_id: channel }) }),
    list: () => post<ReconciliationHead[]>('reconcile.list'),
    show: (id: string) => post<Reconciliation>('reconcile.show', { id }),
    remove: (id: string) => post<{ id: string }>('reconcile.remove', { id }),
    export: (id: string, different: boolean) => post<Download>('reconcile.export', { id, different }),
  },
  privacy: () => post<Host[]>('privacy.get'),
  diagnostics: () => post<Diagnostics>('diagnostics.get'),
  logs: () => post<LogTail>('logs.tail', { lines: 200 }),
  connect: {
    list: () => post<Connection[]>('connect.list'),
    /** What would happen; `key` is an access key of a person's choice. */
    preview: (tool: string, { key = '', undo = false } = {}) => post<Plan>('connect.preview', { tool, ...(key && { key_id: key }), undo }),
    /** Does what a plan says, and nothing else: its token is refused when that has changed. */
    apply: ({ tool, token }: Plan, key = '') => post<Connected>('connect.apply', { tool, token, ...(key && { key_id: key }) }),
    undo: ({ tool, token }: Plan) => post<Connected>('connect.undo', { tool, token }),
  },
  sandbox: { try: (dialect: 'openai-chat' | 'anthropic') => post<{ call_id: string }>('sandbox.try', { dialect }) },
}

/** Saves a file that was offered; false when a person chose no place for it, or stopped it. */
export async function save({ ticket, name }: Download): Promise<boolean> {
  try {
    return await transport.save(ticket, name)
  } catch (error) {
    throw new ApiError('failed', String(error))
  }
}

/** Trades the token of a login link for a session, which this browser keeps. */
export async function login(token: string): Promise<void> {
  const made = await post<{ session: string }>('login', { token })
  session.set(made.session)
}

/** Says whether Weir may be asked: the window always may, a browser needs a session, which may have ended since. */
export function hasSession(): boolean {
  return desktop !== null || session.get() !== null
}

/** Opens the feed of what changes; it ends, or throws, when the connection does. */
export async function openFeed(signal: AbortSignal): Promise<AsyncGenerator<FeedEvent>> {
  try {
    return events(await transport.feed(signal))
  } catch (error) {
    throw understood(error)
  }
}

async function* events(messages: AsyncIterable<{ event: string; data: string }>): AsyncGenerator<FeedEvent> {
  for await (const { event, data } of messages) {
    if (event === 'call') yield { event, call: JSON.parse(data) as Call }
    if (event === 'calls' || event === 'keys' || event === 'providers' || event === 'status' || event === 'settings' || event === 'burn') yield { event }
  }
}

async function post<T>(op: string, args: object = {}): Promise<T> {
  let answer: Envelope
  try {
    answer = await transport.call(op, JSON.stringify(args))
  } catch (error) {
    throw understood(error)
  }
  if (!answer.ok) throw refusal(answer)
  return answer.data as T
}

function refusal({ error }: Envelope): ApiError {
  return new ApiError(error?.kind ?? 'internal', error?.message ?? '', error?.field || null)
}

function understood(error: unknown): unknown {
  if (error instanceof Offline) return new ApiError('offline', error.message)
  if (error instanceof Error && 'envelope' in error) return refusal(error.envelope as Envelope)
  return error
}
