import type { ApiError } from '../api'
import { connection } from './connection.svelte'
import { asApiError } from './errors'

const shownFor = 2000

/** One setting that is saved as it is changed: the new value is shown at once, and the old one again when saving failed. */
export class Saving<T> {
  saved = $state(false) // for a moment
  error = $state.raw<ApiError | null>(null)

  private chosen = $state.raw<{ value: T } | null>(null)
  private readonly work: (value: T) => Promise<unknown>
  private last: Promise<unknown> = Promise.resolve()
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(work: (value: T) => Promise<unknown>) {
    this.work = work
  }

  /** Returns the value to show, given the one that is kept. */
  shown(kept: T): T {
    return this.chosen ? this.chosen.value : kept
  }

  /** Saves a value after the ones that were chosen before it; only the last one's outcome is told. */
  choose = async (value: T): Promise<void> => {
    const chosen = { value }
    this.chosen = chosen
    this.error = null
    this.saved = false
    const saving = this.last.then(() => this.work(value))
    this.last = saving.catch(() => undefined) // the error is told below
    try {
      await saving
      if (this.chosen === chosen) this.tell()
    } catch (error) {
      if (this.chosen === chosen) this.error = asApiError(error)
      if (this.error?.kind === 'unauthorized') connection.recheck()
    } finally {
      if (this.chosen === chosen) this.chosen = null
    }
  }

  private tell(): void {
    this.saved = true
    clearTimeout(this.timer)
    this.timer = setTimeout(() => (this.saved = false), shownFor)
  }
}
