import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callsOf, dayStart, formatSpan, instants, parseSpan, type Span } from '../src/lib/span'

const zone = process.env.TZ
beforeAll(() => void (process.env.TZ = 'Europe/Berlin'))
afterAll(() => void (process.env.TZ = zone))

const at = (iso: string) => new Date(iso)

describe('an address names a period', () => {
  test.each(['today', '7d', 'month', '2026-11-03..2026-11-09', '2026-11-09..2026-11-09'])('%s', (text) => {
    const span = parseSpan(text)
    expect(span && formatSpan(span)).toBe(text)
  })

  test.each([undefined, '', 'yesterday', '2026-11-03', '2026-11-09..2026-11-03', '2026-02-30..2026-03-01', '2026-11-03..', '2026-1-3..2026-1-4', '2026-11-01..2026-11-02..2026-11-03'])('%s is none', (text) => {
    expect(parseSpan(text)).toBeNull()
  })
})

describe('days begin at local midnight', () => {
  const cases: [string, Span, string, string, string][] = [
    ['today', { kind: 'today' }, '2026-11-20T16:20:00Z', '2026-11-19T23:00:00.000Z', '2026-11-20T23:00:00.000Z'],
    ['just after midnight it is another day', { kind: 'today' }, '2026-11-20T23:00:00Z', '2026-11-20T23:00:00.000Z', '2026-11-21T23:00:00.000Z'],
    ['seven days are six and today', { kind: '7d' }, '2026-11-20T16:20:00Z', '2026-11-13T23:00:00.000Z', '2026-11-20T23:00:00.000Z'],
    ['the month is a whole one', { kind: 'month' }, '2026-11-20T16:20:00Z', '2026-10-31T23:00:00.000Z', '2026-11-30T23:00:00.000Z'],
    ['both days are within', { kind: 'days', from: '2026-12-30', to: '2026-12-31' }, '2027-01-05T00:00:00Z', '2026-12-29T23:00:00.000Z', '2026-12-31T23:00:00.000Z'],
    ['the day when the clocks go forward has 23 hours', { kind: 'today' }, '2026-03-29T12:00:00Z', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['the day when they go back has 25', { kind: 'today' }, '2026-10-25T12:00:00Z', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
    ['a week over the change', { kind: '7d' }, '2026-10-28T12:00:00Z', '2026-10-21T22:00:00.000Z', '2026-10-28T23:00:00.000Z'],
  ]
  test.each(cases)('%s', (_, span, now, from, to) => expect(instants(span, at(now))).toEqual({ from, to }))

  test('a day whose midnight the clocks skip begins at its first instant', () => {
    process.env.TZ = 'America/Sao_Paulo' // 2018-11-04 began at one o'clock
    expect(dayStart('2018-11-04')?.toISOString()).toBe('2018-11-04T03:00:00.000Z')
    process.env.TZ = 'Europe/Berlin'
  })
})

test('calls are asked for by the name of the period, or by its instants', () => {
  expect(callsOf({ kind: '7d' }, at('2026-11-20T16:20:00Z'))).toEqual({ span: '7d' })
  expect(callsOf({ kind: 'days', from: '2026-11-03', to: '2026-11-03' }, at('2026-11-20T16:20:00Z'))).toEqual({ since: '2026-11-02T23:00:00.000Z', until: '2026-11-03T23:00:00.000Z' })
})
