// The period that a page looks at. Days begin at the reader's midnight, whatever the clocks do in between.

/** A period as a person names it; both days of "days" are within it. */
export type Span = { kind: 'today' } | { kind: '7d' } | { kind: 'month' } | Days

interface Days {
  kind: 'days'
  from: string // 2026-11-03
  to: string
}

/** A period as the console takes it: from inclusive, to exclusive. */
export interface Instants {
  from: string
  to: string
}

const named = ['today', '7d', 'month'] as const

/** Reads a period of an address: today, 7d, month or 2026-11-03..2026-11-09; null when it is none. */
export function parseSpan(text: string | undefined): Span | null {
  const kind = named.find((name) => name === text)
  if (kind) return { kind }
  const [from = '', to = '', ...rest] = (text ?? '').split('..')
  if (rest.length > 0 || !dayStart(from) || !dayStart(to) || from > to) return null
  return { kind: 'days', from, to }
}

/** Writes a period for an address. */
export function formatSpan(span: Span): string {
  return span.kind === 'days' ? `${span.from}..${span.to}` : span.kind
}

/** Returns the first and the last instant of a period; its days are whole ones. */
export function instants(span: Span, now: Date): Instants {
  const [year, month, day] = [now.getFullYear(), now.getMonth(), now.getDate()]
  if (span.kind === 'today') return between(midnight(year, month, day), midnight(year, month, day + 1))
  if (span.kind === '7d') return between(midnight(year, month, day - 6), midnight(year, month, day + 1))
  if (span.kind === 'month') return between(midnight(year, month, 1), midnight(year, month + 1, 1))
  const [from, last] = [dayStart(span.from) ?? now, dayStart(span.to) ?? now]
  return between(from, midnight(last.getFullYear(), last.getMonth(), last.getDate() + 1))
}

/** Writes a period for the address of the calls in it. */
export function callsOf(span: Span, now: Date): Record<string, string> {
  if (span.kind !== 'days') return { span: span.kind }
  const { from, to } = instants(span, now)
  return { since: from, until: to }
}

/** Writes the day of an instant as an address and a date field have it: 2026-11-09. */
export function dayOf(date: Date): string {
  const [year, month, day] = [date.getFullYear(), date.getMonth() + 1, date.getDate()]
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}

/** Returns when a day begins; null for text that is no day of the calendar. */
export function dayStart(day: string): Date | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day)
  if (!match) return null
  const start = midnight(Number(match[1]), Number(match[2]) - 1, Number(match[3]))
  return dayOf(start) === day ? start : null
}

/** The day's first instant, also where the clocks skip it. */
function midnight(year: number, month: number, day: number): Date {
  return new Date(year, month, day)
}

function between(from: Date, to: Date): Instants {
  return { from: from.toISOString(), to: to.toISOString() }
}
