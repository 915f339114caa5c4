// The list of calls that the page looks at: its filter, its pages, and what the feed says of them.
import { api, type ApiError, type CallsFilter } from '../api'
import type { Call, CallPage } from '../types.gen'
import { connection } from './connection.svelte'
import { asApiError } from './errors'
import { everything, fits, toArgs, type Filter } from './filter'
import { Scale } from './scale.svelte'
import { Sparse, type Part } from './sparse'

export const mostCounted = 1000 // new calls that are counted one by one
const batchMs = 100
const pauseMs = 1000 // between two loads that the feed asks for

/** What the whole list comes to, whether its rows are loaded or not. */
export interface Summary {
  calls: number
  spent: string
  unpriced: number
  simulated: number // those whose money is not in spent
}

class Calls {
  filter = $state.raw<Filter>(everything)
  phase = $state<'loading' | 'ready' | 'error'>('loading')
  error = $state.raw<ApiError | null>(null)
  summary = $state.raw<Summary | null>(null)
  waiting = $state(0) // calls that came since, and are not in the list
  dated = $state(false) // some row is not of today
  stale = $state(false) // the rows are still those of the filter before
  cost = new Scale()
  saved = new Scale()

  private version = $state(0)
  private list = new Sparse((part) => this.fetch(part), (came) => this.changed(came))
  private fresh = new Set<string>() // the calls that wait
  private missed = 0 // how many more came unheard
  private held = false
  private queue = new Map<string, Call>()
  private batch: ReturnType<typeof setTimeout> | undefined
  private again: ReturnType<typeof setTimeout> | undefined
  private loadedAt = 0
  private args: CallsFilter = {}
  private other = true // the next page to come begins another list

  /** Shows the calls of a filter, and follows the feed until the returned function is called. */
  open(filter: Filter): () => void {
    this.ask(filter)
    const stop = connection.listen((change) => {
      if (change.event === 'opened' || change.event === 'calls') this.catchUp()
      if (change.event === 'call') this.enqueue(change.call)
    })
    return () => {
      stop()
      clearTimeout(this.again)
      this.again = undefined
      this.held = false
    }
  }

  /** Shows the calls of another filter. */
  ask(filter: Filter): void {
    this.filter = filter
    this.other = true
    this.stale = true
    if (connection.state !== 'starting') void this.load()
  }

  /** Says whether a person reads: then new calls wait. */
  hold(held: boolean): void {
    this.held = held
    if (!held && this.waiting > 0) this.loadSoon()
  }

  /** Fetches the list from its newest call on. */
  load = async (): Promise<void> => {
    clearTimeout(this.again)
    this.again = undefined
    this.loadedAt = Date.now()
    const asked = [...this.fresh]
    try {
      this.args = toArgs(this.filter, new Date())
      const page = await this.list.load()
      if (!page) return
      this.summary = { calls: page.total ?? 0, spent: page.spent_usd ?? '0', unpriced: page.unpriced_calls ?? 0, simulated: page.simulated_calls ?? 0 }
      this.shown(asked)
      this.phase = 'ready'
      this.stale = false
      this.error = null
    } catch (error) {
      this.fail(asApiError(error))
    }
  }

  get total(): number {
    void this.version
    return this.list.total
  }

  /** Says whether a page in view could not be fetched. */
  get broken(): boolean {
    void this.version
    return this.list.broken
  }

  at(index: number): Call | undefined {
    void this.version
    return this.list.get(index)
  }

  indexOf(id: string | null): number {
    void this.version
    return id === null ? -1 : this.list.indexOf(id)
  }

  find(id: string | null): Call | undefined {
    void this.version
    return id === null ? undefined : this.list.find(id)
  }

  /** The models of the calls that are at hand, for suggestions. */
  models(): string[] {
    void this.version
    return [...new Set([...this.list.kept()].map((call) => call.model ?? ''))].filter(Boolean).sort()
  }

  view = (from: number, to: number): void => this.list.view(from, to)
  pin = (id: string | null): void => this.list.pin(id)
  retry = (): void => this.list.retry()

  /** Says whether a row would move under a reader's eyes; in an empty list there is none. */
  private get read(): boolean {
    return this.held && this.list.total > 0
  }

  private fetch(part: Part): Promise<CallPage> {
    return api.calls.page({ ...this.args, ...part })
  }

  private changed(came: Call[]): void {
    if (this.other) {
      this.other = this.dated = false
      this.cost.reset()
      this.saved.reset()
    }
    const today = new Date().toDateString()
    for (const call of came) {
      this.widen(call)
      this.dated ||= new Date(call.started_at).toDateString() !== today
    }
    this.version++
  }

  private widen(call: Call): void {
    this.cost.widen(call.cost_usd)
    this.saved.widen(call.saved_usd)
  }

  /** After a break: what is read stays where it is, and is fetched once more. */
  private catchUp(): void {
    if (this.phase !== 'ready' || !this.read) return void this.load()
    this.list.retry()
    this.list.renew()
    void this.countMissed()
  }

  private async countMissed(): Promise<void> {
    try {
      const page = await api.calls.page(toArgs(this.filter, new Date()))
      for (const call of page.calls) this.note(call)
      this.missed = Math.max(0, (page.total ?? 0) - this.list.total - this.fresh.size)
      this.count()
    } catch {
      // The connection tells when it is back.
    }
  }

  private enqueue(call: Call): void {
    this.queue.set(call.id, call)
    this.batch ??= setTimeout(this.flush, batchMs)
  }

  private flush = (): void => {
    this.batch = undefined
    const changed = [...this.queue.values()]
    this.queue.clear()
    let stale = false
    for (const call of changed) stale = this.note(call) || stale
    this.version++
    if (stale && !this.read) this.loadSoon()
  }

  /** Takes in a call that the feed told of; says whether the list is not what it was fetched as any more. */
  private note(call: Call): boolean {
    const listed = this.list.take(call)
    if (listed === 'yes') {
      this.widen(call)
      return call.state !== 'open'
    }
    if (listed === 'unknown') return false
    if (fits(call, this.filter, new Date()) && this.fresh.size < mostCounted) this.fresh.add(call.id)
    else this.fresh.delete(call.id)
    this.count()
    return this.fresh.has(call.id)
  }

  private count(): void {
    this.waiting = this.fresh.size + this.missed
  }

  /** Loads at once, or as soon as the last load is a moment old. */
  private loadSoon(): void {
    const wait = Math.max(0, this.loadedAt + pauseMs - Date.now())
    this.again ??= setTimeout(() => {
      this.again = undefined
      if (!this.read) void this.load()
    }, wait)
  }

  /** Forgets the calls that a load asked for: either they are in the list now, or they do not belong to it. */
  private shown(asked: string[]): void {
    for (const id of asked) this.fresh.delete(id)
    for (const id of this.fresh) if (this.list.indexOf(id) >= 0) this.fresh.delete(id)
    this.missed = 0
    this.count()
  }

  private fail(error: ApiError): void {
    if (error.kind === 'unauthorized') connection.recheck()
    this.error = error
    if (error.kind !== 'offline' || this.summary === null) this.phase = 'error'
  }
}

export const calls = new Calls()
