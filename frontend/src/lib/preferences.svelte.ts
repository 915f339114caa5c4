// What a person chose, kept by Weir: fetched once, and again whenever somebody changed it.
import { api, type SettingsChange } from '../api'
import type { Settings } from '../types.gen'
import { connection } from './connection.svelte'
import { Resource } from './resource.svelte'
import { theme, type Choice } from './theme.svelte'

class Preferences {
  private readonly kept = new Resource<Settings>(api.settings.get)
  private changing = 0

  get data(): Settings | null {
    return this.kept.data
  }

  get error() {
    return this.kept.error
  }

  /** Says whether the checklist of first steps is still to be shown. */
  get stepsOpen(): boolean {
    return this.kept.data?.first_steps_done_at === null
  }

  start(): void {
    connection.listen((change) => {
      if (change.event === 'opened' || change.event === 'settings') void this.load()
    })
  }

  load = async (): Promise<void> => {
    await this.kept.load()
    if (this.kept.data && this.changing === 0) theme.choose(this.kept.data.appearance)
  }

  /** Changes some of the settings, for good. */
  set = async (change: SettingsChange): Promise<void> => {
    this.changing++
    try {
      this.kept.data = await api.settings.set(change)
    } finally {
      this.changing--
    }
  }

  /** Shows an appearance at once and keeps it; when that fails, the one before comes back. */
  appear = async (choice: Choice): Promise<void> => {
    const before = theme.choice
    theme.choose(choice)
    try {
      await this.set({ appearance: choice })
    } catch (error) {
      theme.choose(before)
      throw error
    }
  }
}

export const preferences = new Preferences()
