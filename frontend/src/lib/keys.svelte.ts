// What the page of keys and limits shows: fetched at once, and anew when the feed says that something changed.
import { api } from '../api'
import { connection } from './connection.svelte'
import { Resource } from './resource.svelte'
import { instants } from './span'

const restMs = 1000 // calls that settle change the limits; at most one fetch in this time
const monthRestMs = 10_000 // the month is summed up less often: it costs more

export class LiveKeys {
  readonly list = new Resource(api.keys.list)
  readonly groups = new Resource(api.groups.list)
  readonly quota = new Resource(api.quota)
  readonly account = new Resource(api.account.get)
  readonly alarm = new Resource(api.alarm.get)
  readonly month = new Resource(async () => {
    const { month, models } = await api.overview({ ...instants({ kind: 'month' }, new Date()), by: 'key' })
    this.used = models.map(({ id }) => id).filter(Boolean)
    return month
  })

  private readonly providers = new Resource(api.providers.list)
  private used = $state.raw<string[]>([]) // models of this month's calls
  private timer: ReturnType<typeof setTimeout> | undefined
  private monthTimer: ReturnType<typeof setTimeout> | undefined

  /** Follows the feed until the returned function is called. */
  start(): () => void {
    this.load()
    void this.providers.load()
    const stop = connection.listen(({ event }) => {
      if (event === 'keys' || event === 'opened') this.load()
      if (event === 'burn' || event === 'settings') void this.alarm.load()
      if (event === 'providers') void this.providers.load()
      if (event !== 'call' && event !== 'calls') return
      this.timer ??= setTimeout(this.loadLimits, restMs)
      this.monthTimer ??= setTimeout(this.loadMonth, monthRestMs)
    })
    return () => {
      stop()
      clearTimeout(this.timer)
      clearTimeout(this.monthTimer)
    }
  }

  load = (): void => {
    this.loadLimits()
    this.loadMonth()
    void this.account.load()
    void this.alarm.load()
  }

  /** The models that are known, for suggestions: those that providers are set to have, and those that were called. */
  get models(): string[] {
    const listed = (this.providers.data ?? []).flatMap(({ models, map }) => [...models, ...Object.keys(map)])
    return [...new Set([...listed, ...this.used])].sort()
  }

  private loadLimits = (): void => {
    this.timer = undefined
    for (const one of [this.list, this.groups, this.quota]) void one.load()
  }

  private loadMonth = (): void => {
    this.monthTimer = undefined
    void this.month.load()
  }
}
