import { describe, expect, test } from 'vitest'
import { add, compare, parse, permille, round, significant, type Decimal } from '../src/lib/decimal'

const read = (text: string): Decimal => {
  const value = parse(text)
  if (!value) throw new Error(`${text} is no decimal`)
  return value
}
const write = (value: Decimal): string => (value.negative ? '-' : '') + value.whole + (value.fraction ? `.${value.fraction}` : '')

describe('parse', () => {
  test.each([
    ['zeros at both ends are dropped', '007.1000', '7.1'],
    ['a negative amount keeps its sign', '-0.0001733', '-0.0001733'],
    ['there is no negative zero', '-0.000', '0'],
    ['more digits than a number can hold are kept', '123456789012345678901.000000000001', '123456789012345678901.000000000001'],
  ])('%s', (_, text, want) => expect(write(read(text))).toBe(want))

  test.each(['', '.5', '5.', '1e-7', '1,5', 'NaN', '$1', '- 1'])('%j is no decimal', (text) => expect(parse(text)).toBeNull())
})

describe('round', () => {
  test.each([
    ['half goes to the even digit below', '0.00025', 4, '0.0002'],
    ['half goes to the even digit above', '0.00035', 4, '0.0004'],
    ['more than half goes up', '0.000251', 4, '0.0003'],
    ['a carry reaches the whole digits', '9.99996', 4, '10'],
    ['fewer digits stay as they are', '1.5', 4, '1.5'],
    ['what rounds to nothing has no sign', '-0.00001', 4, '0'],
  ])('%s', (_, text, places, want) => expect(write(round(read(text), places))).toBe(want))
})

describe('significant', () => {
  test.each([
    ['four digits of a small amount', '0.0157266', '0.01573'],
    ['zeros after the point do not count', '0.00000012345', '0.0000001234'],
    ['cents are never cut', '12345.674', '12345.67'],
    ['whole digits count', '1.23456', '1.235'],
    ['nothing is nothing', '0', '0'],
  ])('%s', (_, text, want) => expect(write(significant(read(text), 4))).toBe(want))
})

test('add and compare are exact where numbers are not', () => {
  expect(write(add(read('0.1'), read('0.2')))).toBe('0.3')
  expect(write(add(read('0.1'), read('-0.3')))).toBe('-0.2')
  expect(compare(read('0.30000000000000004'), read('0.3'))).toBe(1)
  expect(compare(read('-2'), read('1'))).toBe(-1)
})

test('a share of nothing is not known', () => {
  expect(permille(read('0.0493824'), read('0.065109'))).toBe(758)
  expect(permille(read('1'), read('0'))).toBeNull()
})
