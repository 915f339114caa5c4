// The list of calls: pages by cursor, live changes by the feed.
import { api, type ApiError } from '../api'
import type { Call } from '../types.gen'
import { connection } from './connection.svelte'
import { asApiError } from './errors'
import { later, merge } from './merge'
import { Scale } from './scale.svelte'

const pageSize = 100
const mostWaiting = 2000 // beyond it only the number is kept, and the list is fetched anew
const mostLive = 2000 // rows that stay when calls stream in and nobody scrolls
const batchMs = 100

class Calls {
  rows = $state.raw<Call[]>([])
  waiting = $state.raw<Call[]>([])
  missed = $state(0)
  phase = $state<'loading' | 'ready' | 'error'>('loading')
  error = $state.raw<ApiError | null>(null)
  older = $state<'idle' | 'loading' | 'error' | 'none'>('idle')
  hold = $state(false) // true while a person reads: new rows wait
  cost = new Scale()
  saved = new Scale()

  private queue = new Map<string, Call>()
  private timer: ReturnType<typeof setTimeout> | undefined

  start(): void {
    connection.listen((change) => {
      if (change.event === 'opened' || change.event === 'calls') void this.catchUp()
      if (change.event === 'call') this.enqueue(change.call)
    })
  }

  /** Fetches the newest page and forgets everything older. */
  load = async (): Promise<void> => {
    try {
      const page = await api.calls.list({ limit: pageSize })
      this.reset(page)
    } catch (error) {
      this.fail(asApiError(error))
    }
  }

  /** Fetches the page after the oldest row. */
  loadOlder = async (): Promise<void> => {
    const last = this.rows.at(-1)
    if (!last || this.older === 'loading' || this.older === 'none') return
    this.older = 'loading'
    try {
      const page = await api.calls.list({ limit: pageSize, after: last.id })
      this.widen(page)
      if (this.rows.at(-1)?.id === last.id) this.rows = [...this.rows, ...page]
      this.older = page.length < pageSize ? 'none' : 'idle'
    } catch {
      this.older = 'error'
    }
  }

  /** Shows the calls that wait. */
  release(): void {
    if (this.missed > 0) void this.load()
    else this.apply(new Map(), false)
  }

  find(id: string): Call | undefined {
    return this.rows.find((call) => call.id === id) ?? this.waiting.find((call) => call.id === id)
  }

  /** After a break: the newest page either joins what is there, or replaces it. */
  private async catchUp(): Promise<void> {
    if (this.phase !== 'ready' || this.rows.length === 0) return this.load()
    try {
      const page = await api.calls.list({ limit: pageSize })
      const oldest = page.at(-1)?.id ?? ''
      const newest = this.waiting[0]?.id ?? this.rows[0]?.id ?? ''
      if (page.length === pageSize && oldest > newest) this.reset(page)
      else this.apply(new Map(page.map((call) => [call.id, call])), this.hold)
    } catch (error) {
      this.fail(asApiError(error))
    }
  }

  private enqueue(call: Call): void {
    this.queue.set(call.id, call)
    this.timer ??= setTimeout(this.flush, batchMs)
  }

  private flush = (): void => {
    this.timer = undefined
    if (this.phase !== 'ready') return // the first page takes the queue along when it comes
    const changed = this.queue
    this.queue = new Map()
    this.apply(changed, this.hold)
  }

  private apply(changed: Map<string, Call>, hold: boolean): void {
    const lists = merge(this, changed, hold, this.older === 'none')
    this.widen(changed.values())
    this.missed += Math.max(0, lists.waiting.length - mostWaiting)
    this.waiting = lists.waiting.slice(0, mostWaiting)
    this.rows = lists.rows
    if (!hold && this.rows.length > mostLive) {
      this.rows = this.rows.slice(0, mostLive)
      this.older = 'idle'
    }
  }

  private reset(page: Call[]): void {
    this.cost.reset()
    this.saved.reset()
    this.widen(page)
    const known = new Map(this.rows.map((call) => [call.id, call]))
    this.rows = page.map((call) => later(known.get(call.id) ?? call, call))
    this.waiting = []
    this.missed = 0
    this.older = page.length < pageSize ? 'none' : 'idle'
    this.phase = 'ready'
    this.error = null
    this.flush()
  }

  private fail(error: ApiError): void {
    if (error.kind === 'unauthorized') connection.recheck()
    this.error = error
    if (this.rows.length === 0) this.phase = 'error'
  }

  private widen(calls: Iterable<Call>): void {
    for (const call of calls) {
      this.cost.widen(call.cost_usd)
      this.saved.widen(call.saved_usd)
    }
  }
}

export const calls = new Calls()
