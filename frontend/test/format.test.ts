import { describe, expect, test } from 'vitest'
import { bytes, date, plainAmount, quantity, resetTime, usd, usdShort } from '../src/lib/format'
import { Scale, shorten } from '../src/lib/scale.svelte'

describe('money', () => {
  test.each([
    ['12345.67', '$12,345.67', '$12,345.67'],
    ['0.0157266', '$0.0157266', '$0.01573'],
    ['-0.1733', '−$0.1733', '−$0.1733'],
    ['0.3', '$0.30', '$0.30'],
    ['3', '$3', '$3'],
    ['0', '$0', '$0'],
    ['not known', 'not known', 'not known'],
  ])('%s is %s, in a list %s', (text, full, short) => {
    expect(usd(text)).toBe(full)
    expect(usdShort(text)).toBe(short)
  })
})

test('an amount without its currency is written as money is', () => {
  expect(plainAmount('0.5')).toBe('0.50')
  expect(plainAmount('1234')).toBe('1,234')
  expect(plainAmount('7.125')).toBe('7.125')
  expect(plainAmount('not known')).toBe('not known')
})

test('quantities have groups and no unit', () => {
  expect(quantity('18432')).toBe('18,432')
  expect(quantity('0.5')).toBe('0.5')
})

test.each([
  [0, '0 kB'],
  [999, '1 kB'],
  [64_000, '64 kB'],
  [1_234_567, '1.2 MB'],
  [5_000_000_000, '5 GB'],
])('%i bytes are %s', (n, text) => expect(bytes(n)).toBe(text))

test('a bare day stays that day in every time zone', () => expect(date('2026-09-23')).toContain('23'))

describe('a window ends', () => {
  const now = new Date(2026, 10, 22, 15, 40)
  test('by its hour when that is near', () => expect(resetTime(new Date(2026, 10, 23).toISOString(), now)).toMatch(/^12:00\sAM$/))
  test('by its day alone when it begins with a day', () => expect(resetTime(new Date(2026, 11, 1).toISOString(), now)).toBe('Dec 1'))
  test('by day and hour otherwise', () => expect(resetTime(new Date(2026, 11, 1, 3).toISOString(), now)).toMatch(/Dec 1.*3:00/))
})

test('a column makes room for its widest amount on both sides of the point, and never gives it back', () => {
  const scale = new Scale()
  for (const text of ['0.0157266', '12345.67', null, '0.0000001']) scale.widen(text)
  expect([scale.before, scale.after]).toEqual(['$12,345'.length, '.0000001'.length])
  scale.widen('1')
  expect(scale.before).toBe(7)
  expect(shorten('-0.5')).toEqual({ before: '−$0', after: '.50', suffix: '' })
})
