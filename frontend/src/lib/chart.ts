// What the chart of a timeline draws. Amounts stay text; numbers here are positions on the screen.
import type { Series, Timeline } from '../types.gen'
import { add, compare, parse, write, zero, type Decimal } from './decimal'
import { dayName, hourRange, clockHour, usdTo } from './format'

export interface Slot {
  from: Date
  to: Date
  name: string // 2 – 3 PM, or Nov 3
  total: string
  without: string | null // null for what has not come yet
}

export interface Stack {
  id: string // empty: everything else
  name: string
  colour: string // a token of app.css
  points: string[]
}

export interface Tick {
  at: number
  label: string
}

export interface Chart {
  step: Timeline['step']
  slots: Slot[]
  stacks: Stack[]
  ticks: Tick[] // of the amounts, from zero to above the highest one
}

const colours = 6
const lines = 4 // about so many lines across the chart

/** Prepares a timeline that ends at an instant; what begins after now has not come yet. */
export function shape(timeline: Timeline, end: string, now: Date): Chart {
  const starts = timeline.slots.map((slot) => new Date(slot))
  const long = timeline.step === 'hour' && timeline.slots.length > 25 // hours alone would not say which day
  const slots = starts.map((from, index): Slot => {
    const to = starts[index + 1] ?? new Date(end)
    const name = timeline.step === 'day' ? dayName(from) : hourRange(from, to, long)
    return { from, to, name, total: sum(timeline.series.map((series) => series.points[index] ?? '0')), without: from > now ? null : (timeline.without_cache[index] ?? null) }
  })
  return { step: timeline.step, slots, stacks: stacks(timeline.series), ticks: ticks(highest(slots)) }
}

/** Adds amounts exactly. */
export function sum(amounts: string[]): string {
  return write(amounts.map(amount).reduce(add, zero))
}

/** The heights of the bars, each on top of the ones before it; the last one is the whole bar. */
export function heights({ slots, stacks }: Chart): number[][] {
  const below = slots.map(() => 0)
  return stacks.map((stack) => below.map((height, index) => (below[index] = height + Number(stack.points[index] ?? 0))))
}

/** Says whether there is anything to draw. */
export function empty({ slots }: Chart): boolean {
  return slots.every((slot) => isZero(slot.total) && isZero(slot.without ?? '0'))
}

/** The slot with the highest amount. */
export function peak({ slots }: Chart): Slot | undefined {
  return slots.reduce<Slot | undefined>((best, slot) => (best && compare(amount(best.total), amount(slot.total)) >= 0 ? best : slot), undefined)
}

/** The slots that get a label below the chart, when there is room for so many. */
export function labelled({ step, slots }: Chart, room: number): Map<number, string> {
  const every = (step === 'hour' ? [1, 2, 3, 4, 6, 12, 24, 48, 96] : [1, 2, 7, 14, 28, 56, 112]).find((n) => slots.length / n <= room) ?? slots.length
  const long = step === 'hour' && slots.length > 25
  const chosen = slots.map(({ from }, index): [number, string] | null => {
    if (step === 'day') return index % every === 0 ? [index, dayName(from)] : null
    if (every > 24 ? index % every !== 0 : from.getHours() % every !== 0) return null
    return [index, long && from.getHours() === 0 ? dayName(from) : clockHour(from)]
  })
  return new Map(chosen.filter((label) => label !== null))
}

/** The lines across a chart whose highest point is here: round amounts, the last one not below it. */
export function ticks(top: number): Tick[] {
  if (!(top > 0)) return [{ at: 0, label: usdTo('0', 0) }, { at: 1, label: usdTo('1', 0) }]
  const [digits = '1', exponent = '0'] = (top / lines).toExponential(12).split('e')
  const [leading, power] = [[1, 2, 5].find((n) => Number(digits) <= n) ?? 10, Number(exponent)]
  const places = Math.max(0, -power, power === -1 ? 2 : 0)
  const step = leading * 10 ** power
  return Array.from({ length: Math.ceil(top / step - 1e-9) + 1 }, (_, i) => {
    return { at: i * step, label: usdTo(shifted(BigInt(i * leading), power), places) }
  })
}

function stacks(series: Series[]): Stack[] {
  return series.map(({ id, name, points }, index) => ({ id, name, points, colour: id === '' || index >= colours ? '--c-rest' : `--c${index + 1}` }))
}

function highest(slots: Slot[]): number {
  return Math.max(0, ...slots.map((slot) => Math.max(Number(slot.total), Number(slot.without ?? 0))))
}

/** Writes n × 10^power as decimal text. */
function shifted(n: bigint, power: number): string {
  if (power >= 0) return String(n * 10n ** BigInt(power))
  const digits = String(n).padStart(1 - power, '0')
  return `${digits.slice(0, power)}.${digits.slice(power)}`
}

function amount(text: string): Decimal {
  return parse(text) ?? zero
}

const isZero = (text: string): boolean => compare(amount(text), zero) === 0
