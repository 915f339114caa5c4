// A long list of calls of which only the pages near the view are kept. Newest first; ids sort by time.
import type { Call, CallPage } from '../types.gen'

export interface Part {
  at?: string
  offset: number
  limit: number
}

export const pageSize = 100
const margin = 40 // rows beyond the view that are fetched before they are seen
const mostAtOnce = 3
const mostKept = 24 // pages; those farthest from the view go first
const settleMs = 90 // a view that jumps is waited for, so that a dragged scrollbar fetches only where it stops
const mostRecent = 500 // live calls that are remembered, for pages that were asked for before they changed

/** The list. It asks `fetch` for pages, and calls `changed`, with the calls that came, whenever it would answer something else than before. */
export class Sparse {
  total = 0
  at = ''
  broken = false // a page could not be fetched

  private fetch: (part: Part) => Promise<CallPage>
  private changed: (came: Call[]) => void
  private pages = new Map<number, Call[]>()
  private places = new Map<string, number>()
  private recent = new Map<string, Call>()
  private stale = new Set<number>()
  private coming = new Set<number>()
  private failed = new Set<number>()
  private pinned: string | null = null
  private floor = '' // the oldest call of the first page: what is older stands on a later page
  private from = 0
  private to = 0
  private turn = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(fetch: (part: Part) => Promise<CallPage>, changed: (came: Call[]) => void) {
    this.fetch = fetch
    this.changed = changed
  }

  /** Fetches the list anew, from its newest call on. What was there stays until the answer comes; null when another load overtook it. */
  async load(): Promise<CallPage | null> {
    const turn = ++this.turn
    const page = await this.fetch({ offset: 0, limit: pageSize })
    if (turn !== this.turn) return null
    this.at = page.at
    this.total = page.total ?? page.calls.length
    this.floor = this.total > page.calls.length ? (page.calls.at(-1)?.id ?? '') : ''
    for (const known of [this.pages, this.places, this.stale, this.coming, this.failed]) known.clear()
    this.broken = false
    this.place(0, page.calls)
    this.pump()
    return page
  }

  get(index: number): Call | undefined {
    return this.pages.get(Math.floor(index / pageSize))?.[index % pageSize]
  }

  /** Where a call stands; -1 when it is not among the pages that are kept. */
  indexOf(id: string): number {
    return this.places.get(id) ?? -1
  }

  /** A call as it is known now, whether it stands in the list or was heard of lately. */
  find(id: string): Call | undefined {
    return this.get(this.indexOf(id)) ?? this.recent.get(id)
  }

  /** Every call that is kept. */
  *kept(): Generator<Call> {
    for (const page of this.pages.values()) yield* page
  }

  /** Keeps the page on which a call stands, however far the view goes. */
  pin(id: string | null): void {
    this.pinned = id
  }

  /** Takes in what became of a call. Says whether the list has it: "no" means that it lacks it, "unknown" that it may stand on a page that is not kept. */
  take(call: Call): 'yes' | 'no' | 'unknown' {
    const now = later(this.find(call.id) ?? call, call)
    this.recent.delete(call.id)
    this.recent.set(call.id, now)
    if (this.recent.size > mostRecent) this.recent.delete(this.recent.keys().next().value ?? '')
    const index = this.indexOf(call.id)
    if (index < 0) return call.id > this.floor ? 'no' : 'unknown'
    const number = Math.floor(index / pageSize)
    this.pages.set(number, (this.pages.get(number) ?? []).with(index % pageSize, now))
    return 'yes'
  }

  /** Says which rows [from, to) are looked at, and fetches what is missing there. */
  view(from: number, to: number): void {
    const jumped = Math.abs(from - this.from) > pageSize / 2
    this.from = from
    this.to = to
    clearTimeout(this.timer)
    if (jumped) this.timer = setTimeout(() => this.pump(), settleMs)
    else this.pump()
  }

  /** Fetches the pages in view once more, and the others when they come into view: calls may have changed unheard. */
  renew(): void {
    for (const number of this.pages.keys()) this.stale.add(number)
    this.pump()
  }

  /** Tries again what could not be fetched. */
  retry(): void {
    this.failed.clear()
    this.broken = false
    this.changed([])
    this.pump()
  }

  private pump(): void {
    for (const number of this.wanted()) {
      if (this.coming.size >= mostAtOnce) return
      void this.bring(number)
    }
  }

  /** The pages around the view that are lacking, the ones in it first. */
  private wanted(): number[] {
    if (this.total === 0) return []
    const last = Math.floor((this.total - 1) / pageSize)
    const middle = this.middle()
    const first = Math.max(0, Math.floor((this.from - margin) / pageSize))
    const numbers: number[] = []
    for (let number = first; number <= Math.min(last, Math.floor((this.to + margin) / pageSize)); number++) {
      const lacking = !this.pages.has(number) || this.stale.has(number)
      if (lacking && !this.coming.has(number) && !this.failed.has(number)) numbers.push(number)
    }
    return numbers.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))
  }

  /** The number of the page around the middle of the view, with a fraction. */
  private middle(): number {
    return (this.from + this.to) / 2 / pageSize - 0.5
  }

  private async bring(number: number): Promise<void> {
    const turn = this.turn
    this.coming.add(number)
    this.stale.delete(number)
    try {
      const page = await this.fetch({ at: this.at, offset: number * pageSize, limit: pageSize })
      if (turn === this.turn) this.place(number, page.calls)
    } catch {
      if (turn !== this.turn) return
      this.failed.add(number)
      this.broken = true
      this.changed([])
    }
    if (turn !== this.turn) return
    this.coming.delete(number)
    this.pump()
  }

  private place(number: number, calls: Call[]): void {
    this.forget(number)
    const first = number * pageSize
    if (calls.length < Math.min(pageSize, this.total - first)) this.total = first + calls.length // some calls stopped to fit
    this.pages.set(
      number,
      calls.map((call) => later(this.recent.get(call.id) ?? call, call)),
    )
    calls.forEach((call, i) => this.places.set(call.id, first + i))
    this.trim()
    this.changed(calls)
  }

  private trim(): void {
    const middle = this.middle()
    const pinned = Math.floor(this.indexOf(this.pinned ?? '') / pageSize)
    while (this.pages.size > mostKept) {
      let farthest = -1
      for (const number of this.pages.keys()) {
        if (number === pinned) continue
        if (farthest < 0 || Math.abs(number - middle) > Math.abs(farthest - middle)) farthest = number
      }
      this.forget(farthest)
    }
  }

  private forget(number: number): void {
    for (const [i, call] of (this.pages.get(number) ?? []).entries()) {
      if (this.places.get(call.id) === number * pageSize + i) this.places.delete(call.id)
    }
    this.pages.delete(number)
    this.stale.delete(number)
  }
}

/** Of two views of one call, returns the later: a call that has ended stays so, whichever answer came last. */
export function later(known: Call, now: Call): Call {
  return now.state === 'open' && known.state !== 'open' ? known : now
}
