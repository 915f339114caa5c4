// What providers reported beside what the price list comes to, as the page shows it.
import { shape, type Chart } from './chart'
import { add, compare, parse, write, zero } from './decimal'
import { usd } from './format'
import { link } from './router.svelte'
import { dayStart } from './span'
import type { ReportedPart, ReportedView } from '../types.gen'

const locale = globalThis.navigator?.language
const percents = new Intl.NumberFormat(locale, { numberingSystem: 'latn', style: 'percent', maximumFractionDigits: 2, signDisplay: 'exceptZero' })

/** Writes hundredths of a percent with their sign: +1.25%. */
export const share = (permyriad: number): string => percents.format(permyriad / 10000).replace('-', '−')

/** Writes a difference with its sign, also where it is more. */
export function signed(amount: string, written: (amount: string) => string = usd): string {
  const value = parse(amount)
  return value && compare(value, zero) > 0 ? `+${written(amount)}` : written(amount)
}

/** The difference of two amounts, exactly. */
export function less(a: string, b: string): string {
  const [first, second] = [parse(a) ?? zero, parse(b) ?? zero]
  return write(add(first, { ...second, negative: !second.negative }))
}

/** All days from one to another, both among them, as 2026-11-20. */
export function daysBetween(from: string, to: string): string[] {
  const days: string[] = []
  for (let at = Date.parse(from); at <= Date.parse(to); at += 86_400_000) days.push(new Date(at).toISOString().slice(0, 10))
  return days
}

/** The address of the calls of a day of UTC. */
export function callsOfDay(day: string): string {
  const next = new Date(Date.parse(day) + 86_400_000)
  return link('calls', { since: `${day}T00:00:00.000Z`, until: next.toISOString() })
}

/** A chart of what was reported, by provider, with what the price list comes to as its line. */
export function chartOf(view: ReportedView, now: Date): { chart: Chart; days: string[] } {
  const days = daysBetween(view.from, view.to)
  const of = (provider: string, day: string) => view.days.find((part) => part.provider === provider && part.day === day)
  const computed = days.map((day) => sum(view.days.filter((part) => part.day === day)))
  const series = view.providers.map(({ provider, name }) => ({ id: provider, name, points: days.map((day) => of(provider, day)?.reported_usd ?? '0') }))
  const slots = days.map((day) => (dayStart(day) ?? new Date(day)).toISOString())
  const end = dayStart(view.to) ?? new Date(view.to)
  return { chart: shape({ step: 'day', slots, series, without_cache: computed }, new Date(end.getTime() + 86_400_000).toISOString(), now), days }
}

function sum(parts: ReportedPart[]): string {
  return write(parts.map((part) => parse(part.computed_usd) ?? zero).reduce(add, zero))
}
