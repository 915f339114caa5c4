// Why a provider's cache did not serve a call, in words.
import { maybe, t } from '../i18n'
import type { Miss } from '../types.gen'
import { integer } from './format'

/** Says what the cause of a miss is called in a list. */
export const causeName = (cause: string): string => maybe(`cache.cause.${cause}`, cause)

/** Says why a call's cache was missed: a sentence for each cause that holds. */
export function whyMissed(miss: Miss): string[] {
  const causes = miss.causes.length ? miss.causes : [miss.cause]
  return causes.map((cause) => sentence(cause, miss)).filter((words) => words !== '')
}

/** Says what a person can do about a miss; empty where it is none. */
export const whatToDo = (miss: Miss): string => (miss.missed ? maybe(`cache.do.${miss.cause}`, '') : '')

function sentence(cause: string, miss: Miss): string {
  if (cause !== miss.cause && needsPlace.has(cause) && placed(miss) !== cause) return maybe(`cache.cause.${cause}`, '') + '.'
  const words = maybe(`cache.why.${cause}`, '')
  const values: Record<string, string> = {
    was: miss.was ?? '',
    idle: length(miss.idle_ms ?? 0),
    life: life(miss.least_life_ms, miss.most_life_ms),
    place: integer(miss.place ?? 1),
    block: integer(miss.block ?? 1),
    setting: miss.setting ?? '',
    blocks: integer(miss.blocks ?? 0),
    least: integer(miss.least_tokens ?? 0),
  }
  return words.replace(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all)
}

// Of several causes only the first that has a place is told with it.
const needsPlace = new Set(['tools', 'tools_order', 'system', 'message'])
const placed = (miss: Miss): string | undefined => miss.causes.find((cause) => needsPlace.has(cause))

/** Writes how long something took or may take: 2 h 10 min. */
export function length(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60)]
  if (days > 0) return t('cache.time.days', { d: integer(days), h: integer(hours % 24) })
  if (hours > 0) return minutes % 60 ? t('cache.time.both', { h: integer(hours), m: integer(minutes % 60) }) : t('cache.time.hours', { h: integer(hours) })
  if (minutes > 0) return t('cache.time.minutes', { m: integer(minutes) })
  return t('cache.time.seconds', { s: integer(Math.floor(ms / 1000)) })
}

function life(least: number | null, most: number | null): string {
  if (least !== null && most !== null) return least === most ? length(least) : t('cache.life.range', { least: length(least), most: length(most) })
  if (least !== null) return t('cache.life.least', { least: length(least) })
  return most === null ? '' : t('cache.life.most', { most: length(most) })
}
