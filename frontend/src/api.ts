// The only door to Weir's Go side: one function per operation of the console, and its feed.
import { frames } from './lib/sse'
import type { Call, Key, NewKey, Provider, ProviderType, Quota, Status } from './types.gen'

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

export interface Page {
  limit?: number
  after?: string
  key_id?: string
  state?: string
}

export interface NewProvider {
  type: string
  name: string
  secret?: string
  base_url?: string
  models?: string[]
  map?: Record<string, string>
  priority?: number
  weight?: number
  count?: string
  price_as?: string
  no_test?: boolean
}

export interface KeyRequest {
  name: string
  limits?: string[]
  models?: string[]
  expires?: string
  allow_unpriced?: boolean
  on_limit?: string
}

export type FeedEvent = { event: 'call'; call: Call } | { event: 'calls' | 'keys' | 'providers' | 'status' } // fetch these anew

const sessionName = 'weir.session'

export const api = {
  status: () => post<Status>('status.get'),
  providers: {
    types: () => post<ProviderType[]>('providers.types'),
    list: () => post<Provider[]>('providers.list'),
    add: (provider: NewProvider) => post<Provider>('providers.add', provider),
    test: (id: string) => post<Provider>('providers.test', { id }),
    enable: (id: string) => post<Provider>('providers.enable', { id }),
    disable: (id: string) => post<Provider>('providers.disable', { id }),
    remove: (id: string) => post<{ id: string }>('providers.remove', { id }),
  },
  keys: {
    list: () => post<Key[]>('keys.list'),
    add: (key: KeyRequest) => post<NewKey>('keys.add', key),
    limit: (id: string, limits: string[]) => post<Key>('keys.limit', { id, limits }),
    pause: (id: string) => post<Key>('keys.pause', { id }),
    resume: (id: string) => post<Key>('keys.resume', { id }),
    revoke: (id: string) => post<Key>('keys.revoke', { id }),
    rotate: (id: string) => post<NewKey>('keys.rotate', { id }),
  },
  quota: () => post<Quota>('quota.get'),
  calls: {
    list: (page: Page) => post<Call[]>('calls.list', page),
    show: (id: string) => post<Call>('calls.show', { id }),
  },
  sandbox: { try: (dialect: 'openai-chat' | 'anthropic') => post<{ call_id: string }>('sandbox.try', { dialect }) },
}

/** Trades the token of a login link for a session, which this browser keeps. */
export async function login(token: string): Promise<void> {
  const { session } = await post<{ session: string }>('login', { token })
  localStorage.setItem(sessionName, session)
}

/** Says whether this browser has kept a session, which may have ended since. */
export function hasSession(): boolean {
  return localStorage.getItem(sessionName) !== null
}

export function forgetSession(): void {
  localStorage.removeItem(sessionName)
}

/** Opens the feed of what changes; it ends, or throws, when the connection does. */
export async function openFeed(signal: AbortSignal): Promise<AsyncGenerator<FeedEvent>> {
  const response = await send('feed', { method: 'GET', headers: authorization(), signal })
  if (!response.ok || !response.body) throw await failure(response)
  return events(response.body)
}

async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<FeedEvent> {
  for await (const { event, data } of frames(body)) {
    if (event === 'call') yield { event, call: JSON.parse(data) as Call }
    if (event === 'calls' || event === 'keys' || event === 'providers' || event === 'status') yield { event }
  }
}

async function post<T>(op: string, args: object = {}): Promise<T> {
  const headers = { 'content-type': 'application/json', ...authorization() }
  const response = await send(op, { method: 'POST', headers, body: JSON.stringify(args) })
  if (!response.ok) throw await failure(response)
  return ((await response.json()) as { data: T }).data
}

async function send(op: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`/console/${op}`, { ...init, cache: 'no-store', credentials: 'omit', redirect: 'error' })
  } catch (cause) {
    throw new ApiError('offline', String(cause))
  }
}

async function failure(response: Response): Promise<ApiError> {
  const kind = response.status === 401 ? 'unauthorized' : 'internal'
  try {
    const { error } = (await response.json()) as { error: { kind: string; message: string; field?: string } }
    return new ApiError(error.kind, error.message, error.field || null)
  } catch {
    return new ApiError(kind, response.statusText) // no envelope: not our console that answered
  }
}

function authorization(): Record<string, string> {
  const session = localStorage.getItem(sessionName)
  return session ? { authorization: `Bearer ${session}` } : {}
}
