import { describe, expect, test } from 'vitest'
import { ages, boundOf, sameBounds } from '../src/lib/retention'

describe('the bounds of a form', () => {
  const cases: [string, string, string, ReturnType<typeof boundOf>][] = [
    ['nothing bounds nothing', '', '', { months: null, megabytes: null }],
    ['an age', '12', '', { months: 12, megabytes: null }],
    ['a size', '', ' 200 ', { months: null, megabytes: 200 }],
    ['the smallest size', '', '50', { months: null, megabytes: 50 }],
    ['a size that no ledger has', '', '49', null],
    ['a size that no disk has', '', '16777217', null],
    ['a size that is no whole number', '3', '1.5', null],
    ['a size in words', '3', '1 GB', null],
    ['less than nothing', '', '-50', null],
  ]
  for (const [name, months, size, want] of cases) {
    test(name, () => expect(boundOf(months, size)).toEqual(want))
  }
})

test('an age that was set elsewhere can be kept', () => {
  expect(ages(null).map((age) => age.value)).toEqual(['', '1', '3', '6', '12', '24', '60'])
  expect(ages(18).map((age) => age.value)).toEqual(['', '1', '3', '6', '12', '18', '24', '60'])
  expect(ages(12)).toHaveLength(7)
})

test('bounds are the same when both are', () => {
  expect(sameBounds({ months: 1, megabytes: null }, { months: 1, megabytes: null })).toBe(true)
  expect(sameBounds({ months: 1, megabytes: null }, { months: 1, megabytes: 50 })).toBe(false)
  expect(sameBounds({ months: null, megabytes: 50 }, { months: 1, megabytes: 50 })).toBe(false)
})
