// The one connection to Weir: it keeps the feed open, recovers by itself, and tells the pages what changed.
import { api, ApiError, hasSession, login, openFeed, type FeedEvent } from '../api'
import { desktop } from '../transport'
import type { Status } from '../types.gen'

export type Change = FeedEvent | { event: 'opened' } // opened: anything may have changed meanwhile

type Listener = (change: Change) => void

const firstWait = 500
const longestWait = 5000

class Connection {
  state = $state<'starting' | 'ready' | 'offline' | 'login'>('starting')
  status = $state.raw<Status | null>(null)

  private listeners = new Set<Listener>()
  private running = false
  private abort = new AbortController()

  listen(listener: Listener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Opens the feed with the session that this browser has; without one it asks for a login. */
  start(): void {
    if (!hasSession()) this.state = 'login'
    else if (!this.running) void this.run()
  }

  /** Uses a login link. A link that is used up does no harm to a session that still works. */
  async login(token: string): Promise<void> {
    try {
      await login(token)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
    }
    this.start()
  }

  /** Tries the session again: an operation was told that it has ended. */
  recheck(): void {
    this.abort.abort()
  }

  async refreshStatus(): Promise<void> {
    this.status = await api.status()
  }

  private async run(): Promise<void> {
    this.running = true
    for (let wait = firstWait; ; wait = Math.min(wait * 2, longestWait)) {
      try {
        this.abort = new AbortController()
        const events = await openFeed(this.abort.signal)
        await this.refreshStatus()
        this.state = 'ready'
        this.tell({ event: 'opened' })
        wait = firstWait
        for await (const event of events) this.handle(event)
      } catch (error) {
        if (error instanceof ApiError && error.kind === 'unauthorized' && !desktop) break // the window has no login
      }
      if (!this.abort.signal.aborted) this.state = 'offline'
      await new Promise((resume) => setTimeout(resume, wait))
    }
    this.running = false
    this.state = 'login'
  }

  private handle(event: FeedEvent): void {
    // The first call, and the first real one, change what the status says, and so do providers and keys.
    const first = event.event === 'call' && (!this.status?.has_calls || (this.status.simulated_only && !event.call.simulated))
    if (first || ['status', 'providers', 'keys'].includes(event.event)) this.refreshStatus().catch(() => undefined) // the feed will say when Weir is gone
    this.tell(event)
  }

  private tell(change: Change): void {
    for (const listener of this.listeners) listener(change)
  }
}

export const connection = new Connection()
