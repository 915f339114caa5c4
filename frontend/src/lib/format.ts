// Numbers, money and dates in the reader's locale. Money comes and goes as text.
import { parse, significant, type Decimal } from './decimal'

/** An amount in the three pieces that a column aligns: what stands left of the point, the rest, what follows. */
export interface Amount {
  before: string // sign, currency, whole digits
  after: string // the point and the digits after it, or nothing
  suffix: string // the currency, where the locale puts it last
}

interface Style {
  prefix: string
  suffix: string
  point: string
}

// Not left to Intl: where a system has no language, its own choice is nobody's. public/theme.js sees to it that there is one.
const locale = globalThis.navigator?.language
const latin = { numberingSystem: 'latn' } as const
const minus = '−'
const yuan = '¥'
const style = currencyStyle()
const integers = new Intl.NumberFormat(locale, latin)
const compacts = new Intl.NumberFormat(locale, { ...latin, notation: 'compact', maximumFractionDigits: 1 })
const percents = new Intl.NumberFormat(locale, { ...latin, style: 'percent', maximumFractionDigits: 1 })
const times = new Intl.DateTimeFormat(locale, { ...latin, hour: 'numeric', minute: '2-digit', second: '2-digit' })
const dates = new Intl.DateTimeFormat(locale, { ...latin, dateStyle: 'medium' })
const clockHours = new Intl.DateTimeFormat(locale, { ...latin, hour: 'numeric', ...(halfDays() ? {} : { minute: '2-digit' }) })
const hours = new Intl.DateTimeFormat(locale, { ...latin, hour: 'numeric', minute: '2-digit' })
const dayHours = new Intl.DateTimeFormat(locale, { ...latin, day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' })
const moments = new Intl.DateTimeFormat(locale, { ...latin, dateStyle: 'medium', timeStyle: 'medium' })
const months = new Intl.DateTimeFormat(locale, { ...latin, month: 'long' })
const days = new Intl.DateTimeFormat(locale, { ...latin, day: 'numeric', month: 'short' })
const minutes = new Intl.DateTimeFormat(locale, { ...latin, dateStyle: 'medium', timeStyle: 'short' })
const shortMoments = new Intl.DateTimeFormat(locale, { ...latin, weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' })

/** How many significant digits an amount has in a list; the receipt has all of them. */
export const listDigits = 4

/** How many it has where it is only glanced at: cents, and a little more below a cent. */
export const glanceDigits = 2

/** Splits an amount for a column; places pads it with zeros to so many digits after the point. */
export function split(value: Decimal, places = 0): Amount {
  const fraction = value.fraction.padEnd(places, '0')
  return {
    before: (value.negative ? minus : '') + style.prefix + integers.format(BigInt(value.whole)),
    after: fraction ? style.point + fraction : '',
    suffix: style.suffix,
  }
}

/** Writes an amount with every digit that it has; text that is no amount is returned as it is. */
export function usd(text: string): string {
  const value = parse(text)
  return value ? join(split(cents(value))) : text
}

/** Writes an amount with the digits that a list shows. */
export function usdShort(text: string): string {
  const value = parse(text)
  return value ? join(split(cents(significant(value, listDigits)))) : text
}

/** Writes an amount as a list does, in a currency: yuan stand beside dollars and are never added to them. */
export function inCurrency(currency: 'USD' | 'CNY', text: string): string {
  const short = usdShort(text)
  return currency === 'USD' ? short : short.replace(style.prefix.trim() || style.suffix.trim(), yuan)
}

/** Writes an amount for a glance: $3.63, $0.016. */
export function usdGlance(text: string): string {
  const value = parse(text)
  return value ? join(split(cents(significant(value, glanceDigits)))) : text
}

/** Writes an amount with exactly so many digits after the point, as an axis does; it must not have more. */
export function usdTo(text: string, places: number): string {
  const value = parse(text)
  return value ? join(split(value, places)) : text
}

/** Writes an amount whose currency is said elsewhere: 3, 0.50. */
export function plainAmount(text: string): string {
  const value = parse(text)
  return value ? quantityOf(cents(value)) : text
}

/** Writes a plain decimal, such as a number of tokens or calls. */
export function quantity(text: string): string {
  const value = parse(text)
  return value ? quantityOf(value) : text
}

function quantityOf(value: Decimal): string {
  const fraction = value.fraction ? style.point + value.fraction : ''
  return (value.negative ? minus : '') + integers.format(BigInt(value.whole)) + fraction
}

/** Pads the fraction as people write money: $3 stays, $0.3 becomes $0.30. */
export function cents(value: Decimal): Decimal {
  return value.fraction.length === 1 ? { ...value, fraction: value.fraction + '0' } : value
}

const sizes = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']

export const integer = (n: number): string => integers.format(n)
export const compact = (n: number): string => compacts.format(n)
export const percent = (permille: number): string => percents.format(permille / 1000).replace('-', minus)

/** Writes the size of a file: 12 MB. */
export function bytes(n: number): string {
  const step = Math.max(1, Math.min(sizes.length - 1, Math.floor(Math.log10(Math.max(1, n)) / 3)))
  return new Intl.NumberFormat(undefined, { style: 'unit', unit: sizes[step], maximumFractionDigits: 1 }).format(n / 1000 ** step)
}

export const moment = (iso: string): string => moments.format(new Date(iso))

/** Writes from when to when, to the minute. */
export function momentRange(from: string, to: string): string {
  return minutes.formatRange(new Date(from), new Date(to))
}
export const minute = (iso: string): string => minutes.format(new Date(iso))

/** Writes a date; a bare day, such as 2026-09-23, is not moved by the reader's time zone. */
export function date(iso: string): string {
  return dates.format(new Date(iso.length === 10 ? `${iso}T12:00:00` : iso))
}

/** Writes the days from one to another, both bare: Nov 3 – 9. */
export function dateRange(from: string, to: string): string {
  return days.formatRange(new Date(`${from}T12:00:00`), new Date(`${to}T12:00:00`))
}

/** Writes an hour as a range, with its day where the hour alone does not say which. */
export function hourRange(from: Date, to: Date, dated: boolean): string {
  return (dated ? dayHours : hours).formatRange(from, to)
}

/** Writes a time of the day to the minute. */
export const timeOfDay = (time: Date): string => hours.format(time)

/** Writes a full hour as a clock has it: 2 PM, 14:00. */
export const clockHour = (time: Date): string => clockHours.format(time)

export const dayName = (day: Date): string => days.format(day)
export const monthName = (day: Date): string => months.format(day)

/** Writes when a row happened: the time of day, or the day with it when that is not today. */
export function rowTime(iso: string, now: Date): string {
  const then = new Date(iso)
  return (then.toDateString() === now.toDateString() ? times : dayHours).format(then)
}

/** Writes when a window ends: the hour when that is less than a day away, else the day, and its hour unless it begins then. */
export function resetTime(iso: string, now: Date): string {
  const then = new Date(iso)
  if (then.getTime() - now.getTime() < 86_400_000) return hours.format(then)
  return (then.getHours() + then.getMinutes() === 0 ? days : shortMoments).format(then)
}

/** Writes how long something took. */
export function duration(ms: number): string {
  return ms < 1000 ? `${integers.format(ms)}\u00a0ms` : `${compacts.format(ms / 1000)}\u00a0s`
}

function join(amount: Amount): string {
  return amount.before + amount.after + amount.suffix
}

function halfDays(): boolean {
  return new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions().hour12 ?? false
}

function currencyStyle(): Style {
  const format = new Intl.NumberFormat(locale, { ...latin, style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol' })
  const found: Style = { prefix: '', suffix: '', point: '.' }
  let before = true
  for (const part of format.formatToParts(1.5)) {
    if (part.type === 'integer' || part.type === 'fraction') before = false
    else if (part.type === 'decimal') found.point = part.value
    else if (before) found.prefix += part.value
    else found.suffix += part.value
  }
  return found
}
