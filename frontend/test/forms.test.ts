import { expect, test } from 'vitest'
import { fromField, isPast, toField } from '../src/lib/expiry'
import { blank, faults, specOf, type Draft } from '../src/lib/limits'
import { names } from '../src/lib/lists'
import { loginToken } from '../src/lib/router.svelte'

const draft = (amount: string, unit: Draft['unit'] = 'usd', window: Draft['window'] = 'day'): Draft => ({ amount, unit, window })

test('a limit is sent as its digits were typed, without what only helps the eye', () => {
  expect(specOf(draft(' 2.50 '))).toBe('2.50usd/day')
  expect(specOf(draft('$12,345.67', 'usd', 'month'))).toBe('12345.67usd/month')
  expect(specOf(draft('1,000,000', 'tokens', 'total'))).toBe('1000000tokens/total')
})

test.each([
  ['5', 'usd', null],
  ['0.000001', 'usd', null],
  ['100000', 'tokens', null],
  ['1.5', 'calls', 'whole'],
  ['0', 'usd', 'amount'],
  ['-1', 'usd', 'amount'],
  ['1e3', 'usd', 'amount'],
  ['1,5', 'usd', 'amount'],
  ['', 'usd', 'amount'],
] as const)('a limit of %j %s: %s', (amount, unit, want) => expect(faults([draft(amount, unit)])).toEqual([want]))

test('one limit is enough for a unit and a period', () => {
  expect(faults([draft('1'), draft('2'), draft('2', 'calls'), draft('2', 'usd', 'week')])).toEqual([null, 'twice', null, null])
})

test('a new limit is for the first period that has none', () => {
  expect(blank().window).toBe('day')
  expect(blank([], 'month').window).toBe('month')
  expect(blank([draft('1'), draft('1', 'calls', 'week')]).window).toBe('week')
  expect(blank([draft('1', 'usd', 'month')], 'month').window).toBe('day')
})

test('names are split at commas, spaces and lines', () => expect(names(' a, b\nc  ')).toEqual(['a', 'b', 'c']))

test('an expiry goes through its field unchanged, to the minute', () => {
  expect(fromField(toField('2026-12-24T18:05:00.000Z'))).toBe('2026-12-24T18:05:00.000Z')
  expect(toField(null)).toBe('')
  expect(fromField('')).toBeNull()
})

test('an expiry must lie ahead', () => {
  const now = new Date(2026, 10, 22, 12, 0)
  expect(isPast('2026-11-22T11:59', now)).toBe(true)
  expect(isPast('2026-11-22T12:01', now)).toBe(false)
  expect(isPast('', now)).toBe(false)
})

test('a login link is told from a page', () => {
  expect(loginToken('#login=a%2Bb')).toBe('a+b')
  expect(loginToken('#/calls')).toBeNull()
})
