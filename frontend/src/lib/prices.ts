// What price lists say, in words and in the order in which people read it.
import { plural, t, type Sentence } from '../i18n'
import { parse, significant, write } from './decimal'
import { cents, date, integer, listDigits, minute, plainAmount, quantity } from './format'
import type { PriceChange, PriceCondition, PriceTier, PriceVersion, PriceWindow } from '../types.gen'

/** All that can be charged, in the order in which it is shown. */
export const charged = [
  'input', 'cache_read', 'cache_write', 'cache_write_5m', 'cache_write_1h', 'cache_write_12h', 'output', 'reasoning', 'citation', 'input_audio', 'cache_read_audio', 'output_audio',
  'input_image', 'cache_read_image', 'output_image', 'web_search', 'file_search', 'x_search', 'search_query', 'grounded_prompt', 'request', 'request_low', 'request_medium', 'request_high',
  'image', 'code_interpreter_session', 'audio_seconds', 'search_unit',
] as const

type Unit = 'tokens' | 'thousand' | 'each' | 'hour'
const ones = ['code_interpreter_session', 'image']
const thousands = ['web_search', 'file_search', 'x_search', 'search_query', 'grounded_prompt', 'request', 'request_low', 'request_medium', 'request_high', 'search_unit']

function unitOf(what: string): Unit {
  if (what === 'audio_seconds') return 'hour'
  if (ones.includes(what)) return 'each'
  return thousands.includes(what) ? 'thousand' : 'tokens'
}

/** For how many of a thing its rate is: "for a million tokens". */
export const perText = (what: string): string => t(`prices.per.${unitOf(what)}`)

/** What is charged, in words. */
export const whatText = (what: string): string => {
  const key = `line.${what}` as Sentence
  const words = t(key)
  return words === undefined ? what : words
}

/** Rates in the order in which they are shown. */
export function ordered(rates: Record<string, string>): [string, string][] {
  const place = (what: string) => {
    const at = (charged as readonly string[]).indexOf(what)
    return at < 0 ? charged.length : at
  }
  return Object.entries(rates).sort(([a], [b]) => place(a) - place(b) || a.localeCompare(b))
}

/** The rate of a list's column for cache writes: the one, or that for five minutes. */
export const writeRate = (rates: Record<string, string>): string | undefined => rates.cache_write ?? rates.cache_write_5m

/** A rate in the pieces that a column aligns. */
export interface Rate {
  before: string
  after: string
  full: string
  tail: string // of the full rate, from the point on
}

/** Parts a rate at its point; null where there is none. */
export function rateParts(text: string | undefined): Rate | null {
  const value = text === undefined ? null : parse(text)
  if (!value || text === undefined) return null
  const shown = significant(value, listDigits)
  const [before = '', after = ''] = plainAmount(write(shown)).split(/(?=[.,]\d+$)/)
  const full = plainAmount(text)
  const tail = value.fraction ? full.slice(-cents(value).fraction.length - 1) : ''
  return shown.fraction ? { before, after, full, tail } : { before: before + after, after: '', full, tail }
}

/** Where a price is from, in words. */
export const layerText = (version: Pick<PriceVersion, 'layer'>): string => t(`prices.layer.${version.layer}`)

const weekdays = new Intl.DateTimeFormat(globalThis.navigator?.language, { weekday: 'short', timeZone: 'UTC' })
const sunday = Date.UTC(2026, 10, 22)

/** The hours of a price, in words: "Mon–Fri 09:00–12:00 (UTC+8)". */
export function windowText(window: PriceWindow): string {
  const name = (day: number) => weekdays.format(sunday + day * 86_400_000)
  const run = window.days.length > 2 && window.days.every((day, i) => i === 0 || day === (window.days[i - 1] ?? 0) + 1)
  const first = window.days[0]
  const last = window.days.at(-1)
  const days = run && first !== undefined && last !== undefined ? t('prices.window.run', { from: name(first), to: name(last) }) : window.days.map(name).join(t('prices.comma'))
  const hours = t('prices.window.hours', { from: window.from, to: window.to, zone: window.zone || offsetText(window.offset_minutes) })
  return days ? t('prices.window.days', { days, hours }) : hours
}

function offsetText(minutes: number): string {
  const size = Math.abs(minutes)
  const clock = size % 60 ? `${Math.floor(size / 60)}:${String(size % 60).padStart(2, '0')}` : String(size / 60)
  return `UTC${minutes === 0 ? '' : (minutes < 0 ? '−' : '+') + clock}`
}

/** From when to when a price holds, in words. */
export function spanText(from: string | null, to: string | null): string {
  if (from && to) return t('prices.span.both', { from: minute(from), to: minute(to) })
  if (from) return t('prices.span.from', { from: minute(from) })
  return to ? t('prices.span.to', { to: minute(to) }) : t('prices.span.ever')
}

/** A step for longer prompts, in words. */
export function tierText(tier: Pick<PriceTier, 'op' | 'prompt'>): string {
  const over = tier.op === '>'
  return t(over ? 'prices.tier.over' : 'prices.tier.from', { tokens: quantity(String(tier.prompt)) })
}

/** A step such as ">200000", in words. */
export function tierCodeText(code: string): string {
  const op = code.startsWith('>=') ? '>=' : '>'
  return tierText({ op, prompt: Number(code.slice(op.length)) })
}

/** When a condition holds, in words. */
export function conditionText(condition: PriceCondition): string {
  const region = condition.kind === 'geo' && condition.value === 'regional'
  const when = condition.kind === '' ? t('prices.when.always') : region ? t('prices.when.regional') : t(`prices.when.${condition.kind}`, { value: condition.value })
  return condition.prompt_below === null ? when : t('prices.when.below', { when, tokens: quantity(String(condition.prompt_below)) })
}

/** What a catalogue does to a model's price, in words. */
export function changeText(change: PriceChange): string {
  return t(`prices.change.${change.kind}`, { from: change.from ? minute(change.from) : t('prices.span.ever'), to: change.to ? minute(change.to) : '', names: change.names.join(t('prices.comma')) })
}

/** When somebody compared a price with its source, in words. */
export const checkedText = (version: PriceVersion): string => (version.checked_on ? date(version.checked_on) : '')

/** How long ago a bare day was, in words. */
export function ageText(day: string, now: Date): string {
  const days = Math.floor((now.getTime() - new Date(`${day}T00:00:00`).getTime()) / 86_400_000)
  return days < 1 ? t('prices.days.today') : plural('prices.days', days, { n: integer(days) })
}
