// The only door to Weir's Go side: one function per operation of the console, and its feed.
import type { Bounds } from './lib/retention'
import { desktop, Offline, session, transport, type Envelope } from './transport'
import type {
  Call, CallPage, Connected, Connection, Diagnostics, Download, Host, Key, LocalServer, LogTail, Model, NewKey, Overview, Plan, Provider, ProviderType, ProviderUses, Quota, Retention, RetentionPreview, Settings, Status, Timeouts,
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

export interface KeyRequest {
  name: string
  limits?: string[]
  models?: string[]
  expires?: string
  allow_unpriced?: boolean
  on_limit?: string
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
export interface KeyChange {
  name?: string
  models?: string[]
  expires?: string | null
  allow_unpriced?: boolean
  on_limit?: string
}

/** What of the settings changes; what is left out stays. */
export interface SettingsChange {
  appearance?: string
  on_close?: string
  notify?: boolean
  port?: number
  start_at_login?: boolean
  login_item_offered?: boolean
  first_steps_done?: boolean
}

export type FeedEvent = { event: 'call'; call: Call } | { event: 'calls' | 'keys' | 'providers' | 'status' | 'settings' } // fetch these anew

export const api = {
  status: () => post<Status>('status.get'),
  overview: (span: { from: string; to: string; by: 'model' | 'key' | 'provider' }) => post<Overview>('overview.get', { ...span, zone: Intl.DateTimeFormat().resolvedOptions().timeZone }),
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
  account: { limit: (limits: string[]) => post<Quota>('account.limit', { limits }) },
  calls: {
    page: (filter: CallsFilter & { at?: string; offset?: number; limit?: number }) => post<CallPage>('calls.page', filter),
    show: (id: string) => post<Call>('calls.show', { id }),
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
    if (event === 'calls' || event === 'keys' || event === 'providers' || event === 'status' || event === 'settings') yield { event }
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
