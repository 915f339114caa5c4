// What the overview shows: fetched for a period, and anew when the feed says that something changed.
import { api, type ApiError } from '../api'
import type { Overview } from '../types.gen'
import { connection } from './connection.svelte'
import { asApiError } from './errors'
import { instants, type Span } from './span'

export const groupings = ['model', 'key', 'provider'] as const
export type Grouping = (typeof groupings)[number]

/** An answer with its question, which may be an older one than the page asks now. */
export interface View {
  span: Span
  by: Grouping
  at: Date
  data: Overview
}

// Between two fetches that nobody asked for: long enough that they take a twentieth of the time at most.
const pauseMs = 2000
const longestPauseMs = 30_000

export class LiveOverview {
  view = $state.raw<View | null>(null)
  error = $state.raw<ApiError | null>(null)
  busy = $state(false)

  private span: Span = { kind: 'today' }
  private by: Grouping = 'model'
  private turn = 0
  private fetchedAt = 0
  private pause = pauseMs
  private again: ReturnType<typeof setTimeout> | undefined
  private midnight: ReturnType<typeof setTimeout> | undefined

  /** Follows the feed until the returned function is called. */
  start(): () => void {
    const off = connection.listen(({ event }) => {
      if (event !== 'settings') this.soon()
    })
    return () => {
      off()
      this.turn++
      clearTimeout(this.again)
      clearTimeout(this.midnight)
    }
  }

  /** Shows another period, or the same one parted otherwise. */
  ask(span: Span, by: Grouping): void {
    this.span = span
    this.by = by
    void this.load()
  }

  /** Fetches anew; what was shown stays until the answer comes. */
  load = async (): Promise<void> => {
    const turn = ++this.turn
    const { span, by } = this
    const at = new Date()
    clearTimeout(this.again)
    this.again = undefined
    this.fetchedAt = at.getTime()
    this.busy = true
    try {
      const data = await api.overview({ ...instants(span, at), by })
      if (turn === this.turn) this.show({ span, by, at, data })
    } catch (error) {
      if (turn === this.turn) this.fail(asApiError(error))
    } finally {
      this.pause = Math.min(Math.max(pauseMs, 20 * (Date.now() - at.getTime())), longestPauseMs)
      if (turn === this.turn) this.busy = false
    }
  }

  private soon(): void {
    this.again ??= setTimeout(this.load, Math.max(0, this.fetchedAt + this.pause - Date.now()))
  }

  private show(view: View): void {
    this.view = view
    this.error = null
    clearTimeout(this.midnight)
    this.midnight = setTimeout(this.load, Date.parse(instants({ kind: 'today' }, view.at).to) - view.at.getTime())
  }

  private fail(error: ApiError): void {
    if (error.kind === 'unauthorized') connection.recheck()
    this.error = error
  }
}
