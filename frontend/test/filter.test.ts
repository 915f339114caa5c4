import { describe, expect, test } from 'vitest'
import { amount, everything, exactPeriod, fits, fromQuery, periodOf, restricts, toArgs, toQuery, type Filter } from '../src/lib/filter'
import type { Query } from '../src/lib/router.svelte'
import { call } from './call'

const now = new Date('2026-11-20T18:00:00')
const filter = (differs: Partial<Filter>): Filter => ({ ...everything, ...differs })
const filled = (query: Query) => Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''))

describe('an address', () => {
  test.each<[string, Query]>([
    ['nothing', {}],
    ['a period by its name', { span: '7d' }],
    ['days', { span: '2026-11-03..2026-11-09' }],
    ['instants', { since: '2026-11-20T10:00:00.000Z', until: '2026-11-20T11:00:00.000Z' }],
    ['everything at once', { span: 'today', key: 'key_1', channel: 'ch_2', model: 'a/b & c', state: 'failed', unpriced: '1', over: '0.5' }],
  ])('with %s means the same after reading and writing it', (_, query) => expect(filled(toQuery(fromQuery(query)))).toEqual(query))

  test('with nonsense restricts nothing', () => {
    const read = fromQuery({ span: 'yesterday', since: 'x', until: '', state: 'lost', unpriced: 'yes', over: '-1', page: '3' })
    expect(read).toEqual(everything)
    expect(restricts(read)).toBe(false)
  })
  test('whose period ends before it begins has no end', () => {
    expect(fromQuery({ since: '2026-11-20T10:00:00.000Z', until: '2026-11-20T09:00:00.000Z' })).toMatchObject({ since: '2026-11-20T10:00:00.000Z', until: '' })
  })
  test('with a period that has a name needs no instants', () => expect(fromQuery({ span: 'today', since: '2026-11-20T10:00:00Z' }).since).toBe(''))
})

test('the console is asked for what restricts, and for nothing else', () => {
  expect(toArgs(everything, now)).toEqual({})
  expect(toArgs(filter({ key: 'key_1', channel: 'ch_1', model: 'm', state: 'open', unpriced: true, over: '2' }), now)).toEqual({ key_id: 'key_1', channel_id: 'ch_1', model: 'm', state: 'open', unpriced: true, over: '2' })
  expect(toArgs(filter({ span: { kind: 'today' } }), now)).toEqual({ since: new Date('2026-11-20T00:00:00').toISOString(), until: new Date('2026-11-21T00:00:00').toISOString() })
})

describe('a call', () => {
  test.each<[string, Partial<Filter>, ReturnType<typeof call>, boolean]>([
    ['always fits no filter', {}, call(), true],
    ['of its key', { key: 'key_1' }, call(), true],
    ['of another key', { key: 'key_2' }, call(), false],
    ['of another provider', { channel: 'ch_2' }, call(), false],
    ['without a provider', { channel: 'ch_2' }, call({ channel_id: null }), false],
    ['of another model', { model: 'gpt-5' }, call(), false],
    ['at the first instant', { since: '2026-11-20T15:42:07Z' }, call(), true],
    ['at the last instant, which is not within', { until: '2026-11-20T15:42:07Z' }, call(), false],
    ['of a day', { span: { kind: 'days', from: '2026-11-20', to: '2026-11-20' } }, call({ started_at: new Date('2026-11-20T00:00:00').toISOString() }), true],
    ['of the day after', { span: { kind: 'days', from: '2026-11-20', to: '2026-11-20' } }, call({ started_at: new Date('2026-11-21T00:00:00').toISOString() }), false],
    ['that runs', { state: 'open' }, call({ state: 'open' }), true],
    ['that was released has failed', { state: 'failed' }, call({ state: 'released' }), true],
    ['that was cut has failed', { state: 'failed' }, call({ end: 'upstream_cut' }), true],
    ['that failed and was charged has failed', { state: 'failed' }, call({ end: 'failed' }), true],
    ['that was refused has not failed', { state: 'failed' }, call({ state: 'refused' }), false],
    ['without a price', { unpriced: true }, call({ price_status: 'unpriced', cost_usd: null }), true],
    ['whose usage was rejected is not priced either', { unpriced: true }, call({ price_status: 'rejected', cost_usd: null }), true],
    ['that still runs is not unpriced yet', { unpriced: true }, call({ state: 'open', cost_usd: null }), false],
    ['with a price', { unpriced: true }, call(), false],
    ['that costs more', { over: '0.0157265' }, call(), true],
    ['that costs just that', { over: '0.0157266' }, call(), false],
    ['whose cost is not known', { over: '0' }, call({ cost_usd: null }), false],
  ])('%s', (_, differs, it, want) => expect(fits(it, filter(differs), now)).toBe(want))
})

describe('a period of instants', () => {
  const days = filter({ since: new Date('2026-11-03T00:00:00').toISOString(), until: new Date('2026-11-10T00:00:00').toISOString() })
  const hour = filter({ since: new Date('2026-11-03T10:00:00').toISOString(), until: new Date('2026-11-03T11:00:00').toISOString() })
  test('that is whole days is shown as these days', () => {
    expect(periodOf(days)).toEqual({ kind: 'days', from: '2026-11-03', to: '2026-11-09' })
    expect(exactPeriod(days)).toBe(false)
  })
  test('that is not is said beside its day', () => {
    expect(periodOf(hour)).toEqual({ kind: 'days', from: '2026-11-03', to: '2026-11-03' })
    expect(exactPeriod(hour)).toBe(true)
  })
  test('that has a name, or none, is what it is', () => {
    expect(periodOf(everything)).toBeNull()
    expect(exactPeriod(filter({ span: { kind: 'month' } }))).toBe(false)
  })
})

test.each([
  ['0.5', '0.5'],
  ['$0.50', '0.50'],
  ['.5', '0.5'],
  [' 12 ', '12'],
  ['-1', null],
  ['1e3', null],
  ['', null],
])('the amount %j is %j', (text, want) => expect(amount(text)).toBe(want))
