import { expect, test } from 'vitest'
import { rateParts } from '../src/lib/prices'

test.each([
  ['0.5', '0', '.50', '0.50', '.50'],
  ['3', '3', '', '3', ''],
  ['12.5', '12', '.50', '12.50', '.50'],
  ['0.123456', '0', '.1235', '0.123456', '.123456'],
  ['1234.5', '1,234', '.50', '1,234.50', '.50'],
])('a rate of %s has no single digit after its point', (text, before, after, full, tail) => {
  expect(rateParts(text)).toEqual({ before, after, full, tail })
})

test('where there is no rate there are no parts', () => expect(rateParts(undefined)).toBeNull())
