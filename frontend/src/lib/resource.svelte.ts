import type { ApiError } from '../api'
import { asApiError } from './errors'
import { connection } from './connection.svelte'

/** A list that a page fetches, with its three states: no data yet, an error, data. */
export class Resource<T> {
  data = $state.raw<T | null>(null)
  error = $state.raw<ApiError | null>(null)

  private fetch: () => Promise<T>
  private turn = 0

  constructor(fetch: () => Promise<T>) {
    this.fetch = fetch
  }

  /** Fetches anew; what was shown stays until the answer comes. */
  load = async (): Promise<void> => {
    const turn = ++this.turn
    try {
      const data = await this.fetch()
      if (turn !== this.turn) return
      this.data = data
      this.error = null
    } catch (error) {
      if (turn !== this.turn) return
      this.error = asApiError(error)
      if (this.error.kind === 'unauthorized') connection.recheck()
    }
  }
}

/** Something that a person asked for: whether it runs, and what went wrong. */
export class Action {
  busy = $state(false)
  error = $state.raw<ApiError | null>(null)

  /** Runs the work unless it runs already; returns its result, or undefined when it failed. */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.busy) return undefined
    this.busy = true
    this.error = null
    try {
      return await work()
    } catch (error) {
      this.error = asApiError(error)
      if (this.error.kind === 'unauthorized') connection.recheck()
      return undefined
    } finally {
      this.busy = false
    }
  }

  /** The sentence for one field, when the error is about that field. */
  at(field: string): string | null {
    return this.error?.field === field ? this.error.message : null
  }
}
