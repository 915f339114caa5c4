// Which calls the list shows: as the address says it, as the console takes it, and as a live call meets it.
import type { CallsFilter } from '../api'
import type { Call } from '../types.gen'
import { compare, parse } from './decimal'
import type { Query } from './router.svelte'
import { dayOf, formatSpan, instants, parseSpan, type Span } from './span'

export const states = ['open', 'settled', 'failed', 'refused'] as const
export type State = (typeof states)[number]

export interface Filter {
  span: Span | null
  since: string // instants, where the period is not one of whole days that has a name
  until: string
  key: string
  channel: string
  model: string
  state: State | ''
  unpriced: boolean
  over: string // decimal dollars
}

export const everything: Filter = { span: null, since: '', until: '', key: '', channel: '', model: '', state: '', unpriced: false, over: '' }

/** Reads the filter of an address; what makes no sense in it does not restrict. */
export function fromQuery(query: Query): Filter {
  const span = parseSpan(query.span)
  const [since, until] = span ? ['', ''] : [instant(query.since), instant(query.until)]
  return {
    span,
    since,
    until: until > since ? until : '',
    key: query.key ?? '',
    channel: query.channel ?? '',
    model: query.model ?? '',
    state: states.find((state) => state === query.state) ?? '',
    unpriced: query.unpriced === '1',
    over: amount(query.over ?? '') ?? '',
  }
}

/** Writes a filter for the address; empty values are left out there. */
export function toQuery({ span, since, until, key, channel, model, state, unpriced, over }: Filter): Query {
  return { span: span ? formatSpan(span) : '', since, until, key, channel, model, state, unpriced: unpriced ? '1' : '', over }
}

/** Says whether a filter restricts anything. */
export function restricts(filter: Filter): boolean {
  return Object.values(toQuery(filter)).some((value) => value !== '')
}

/** Writes a filter as the console takes it. */
export function toArgs(filter: Filter, now: Date): CallsFilter {
  const [since, until] = bounds(filter, now)
  return {
    ...(since && { since }),
    ...(until && { until }),
    ...(filter.key && { key_id: filter.key }),
    ...(filter.channel && { channel_id: filter.channel }),
    ...(filter.model && { model: filter.model }),
    ...(filter.state && { state: filter.state }),
    ...(filter.unpriced && { unpriced: true }),
    ...(filter.over && { over: filter.over }),
  }
}

/** Says whether a call belongs to the list, as the console would. */
export function fits(call: Call, filter: Filter, now: Date): boolean {
  const [since, until] = bounds(filter, now)
  const started = Date.parse(call.started_at)
  if (since && started < Date.parse(since)) return false
  if (until && started >= Date.parse(until)) return false
  if (filter.key && call.key_id !== filter.key) return false
  if (filter.channel && call.channel_id !== filter.channel) return false
  if (filter.model && call.model !== filter.model) return false
  if (filter.state && !isState(call, filter.state)) return false
  if (filter.unpriced && (call.state !== 'settled' || call.cost_usd !== null)) return false
  return !filter.over || costsMore(call, filter.over)
}

/** The period that a picker shows for a filter: instants that are no whole days are widened to the days around them. */
export function periodOf(filter: Filter): Span | null {
  if (filter.span || (!filter.since && !filter.until)) return filter.span
  const from = filter.since ? new Date(filter.since) : new Date(0)
  const last = filter.until ? new Date(Date.parse(filter.until) - 1) : new Date()
  return { kind: 'days', from: dayOf(from), to: dayOf(last < from ? from : last) }
}

/** Says whether the period of a filter is more exact than whole days, so that a picker cannot say it. */
export function exactPeriod(filter: Filter): boolean {
  const period = filter.span ? null : periodOf(filter)
  if (!period) return false
  const days = instants(period, new Date())
  return !same(days.from, filter.since) || !same(days.to, filter.until)
}

/** Reads an amount as a person types it: 0.5, $0.50 or .5; null when it is none. */
export function amount(text: string): string | null {
  const plain = text.trim().replace(/^\$/, '').replace(/^\./, '0.')
  const value = parse(plain)
  return value && !value.negative ? plain : null
}

function bounds(filter: Filter, now: Date): [string, string] {
  if (!filter.span) return [filter.since, filter.until]
  const { from, to } = instants(filter.span, now)
  return [from, to]
}

function isState(call: Call, state: State): boolean {
  if (state === 'failed') return call.state === 'released' || (call.state === 'settled' && (call.end === 'upstream_cut' || call.end === 'failed'))
  return call.state === state
}

function costsMore(call: Call, over: string): boolean {
  const [cost, least] = [parse(call.cost_usd ?? ''), parse(over)]
  return cost !== null && least !== null && compare(cost, least) > 0
}

function instant(text = ''): string {
  const time = Date.parse(text)
  return Number.isNaN(time) ? '' : new Date(time).toISOString()
}

const same = (a: string, b: string): boolean => b !== '' && Date.parse(a) === Date.parse(b)
