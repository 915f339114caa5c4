import { expect, test } from 'vitest'
import { specOf, valid } from '../src/lib/limits'
import { mapping, names, typeOfKey } from '../src/lib/lists'
import { loginToken } from '../src/lib/router.svelte'
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
