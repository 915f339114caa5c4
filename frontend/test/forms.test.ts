import { describe, expect, test } from 'vitest'
import { layoutFor } from '../src/lib/columns'
import { specOf, valid } from '../src/lib/limits'
import { mapping, names, typeOfKey } from '../src/lib/lists'
import { loginToken } from '../src/lib/router.svelte'
import { rowHeight, windowOf } from '../src/lib/window'
import type { ProviderType } from '../src/types.gen'

test('a limit is sent as its digits were typed', () => {
  expect(specOf({ amount: ' 2.50 ', unit: 'usd', window: 'day' })).toBe('2.50usd/day')
})

test.each([
  ['5', 'usd', true],
  ['0.000001', 'usd', true],
  ['100000', 'tokens', true],
  ['1.5', 'calls', false],
  ['0', 'usd', false],
  ['-1', 'usd', false],
  ['1e3', 'usd', false],
  ['', 'usd', false],
] as const)('a limit of %j %s: %s', (amount, unit, want) => expect(valid({ amount, unit, window: 'day' })).toBe(want))

test('names are split at commas, spaces and lines', () => expect(names(' a, b\nc  ')).toEqual(['a', 'b', 'c']))

test('a mapping is one pair per line, or nothing at all', () => {
  expect(mapping('fast = gpt-5-mini\n\nsmart=claude')).toEqual({ fast: 'gpt-5-mini', smart: 'claude' })
  expect(mapping('fast')).toBeNull()
})

test('the longest prefix says whose key it is', () => {
  const type = (id: string, ...key_prefixes: string[]): ProviderType => ({ type: id, name: id, dialect: '', base_url: '', needs_base_url: false, key_prefixes })
  const types = [type('openai', 'sk-'), type('anthropic', 'sk-ant-')]
  expect(typeOfKey('sk-ant-1', types)?.type).toBe('anthropic')
  expect(typeOfKey('sk-proj-1', types)?.type).toBe('openai')
  expect(typeOfKey('gsk_1', types)).toBeNull()
})

test('a login link is told from a page', () => {
  expect(loginToken('#login=a%2Bb')).toBe('a+b')
  expect(loginToken('#/calls')).toBeNull()
})

test('few rows are drawn of many, wherever the list is scrolled', () => {
  const { from, to } = windowOf(100_000, 50_000 * rowHeight, 600)
  expect(from).toBeLessThan(50_000)
  expect(to - from).toBeLessThan(40)
  expect(windowOf(3, 0, 600)).toEqual({ from: 0, to: 3 })
  expect(windowOf(3, 999_999, 600)).toEqual({ from: 3, to: 3 })
})

describe('columns', () => {
  const usual = { dated: false, cost: { before: 2, after: 6 }, saved: { before: 3, after: 6 } }
  const huge = { dated: true, cost: { before: 7, after: 8 }, saved: { before: 7, after: 8 } }

  test('a narrow list keeps time, model, cost and state', () => {
    expect(layoutFor(380, usual).columns).toEqual(['time', 'model', 'cost', 'state'])
  })
  test('a list beside the receipt has every column', () => {
    expect(layoutFor(636, usual)).toMatchObject({ columns: ['time', 'key', 'model', 'tokens', 'cost', 'saved', 'state'], wide: false })
  })
  test('large amounts take the room of what matters less', () => {
    expect(layoutFor(636, huge).columns).toEqual(['time', 'model', 'cost', 'saved', 'state'])
    expect(layoutFor(636, huge).template).toContain('16ch 16ch')
  })
  test('a wide list shows the number of tokens and several states', () => expect(layoutFor(1040, huge).wide).toBe(true))
})
