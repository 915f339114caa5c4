import { describe, expect, test } from 'vitest'
import { against, cacheWords, callsOfLimit, during, foreignMidnight, item, known, knownPart, ofLimit } from '../src/lib/summary'
import type { Attention, Limit, Sums } from '../src/types.gen'

const sums = (differs: Partial<Sums>): Sums => ({
  spent_usd: '0', without_cache_usd: '0', saved_usd: '0', calls: 1, unpriced_calls: 0, estimated_calls: 0, failed_calls: 0, refused_calls: 0,
  tokens: { fresh: 0, cache_read: 0, cache_write_5m: 0, cache_write_1h: 0, output: 0 }, hit_permille: null, ...differs,
})
const limit = (differs: Partial<Limit>): Limit => ({ id: 'lim_1', unit: 'usd', amount: '5', window: 'day', spent: '0', held: '0', left: '5', extra: '0', mark: 0, starts_at: '2026-11-16T00:00:00.000Z', resets_at: '2026-11-23T00:00:00.000Z', hard: true, ...differs })
const now = new Date(2026, 10, 20, 17)
const between = (from: Date, to: Date) => ({ starts_at: from.toISOString(), resets_at: to.toISOString() })
const today = between(new Date(2026, 10, 20), new Date(2026, 10, 21))
const month = between(new Date(2026, 10, 1), new Date(2026, 11, 1))
const elsewhere = { starts_at: '2026-11-19T18:30:00.000Z', resets_at: '2026-11-20T18:30:00.000Z' } // Kolkata's

describe('what the cache did', () => {
  test.each([
    ['0.0494', '0.0651', '75.8% of what it would have cost'],
    ['-1.734', '5', 'The cache cost $1.73 more than it saved.'],
    ['0', '5', 'Nothing was read from a cache.'],
    ['0', '0', 'No calls to compare.'],
  ])('saved %s of %s', (saved_usd, without_cache_usd, words) => expect(cacheWords(sums({ saved_usd, without_cache_usd }))).toBe(words))
})

test('a sum of unpriced calls alone is not known', () => {
  expect(known(sums({ calls: 12, unpriced_calls: 12 }))).toBeNull()
  expect(known(sums({ calls: 12, unpriced_calls: 11, spent_usd: '1' }))).toBe('1')
  expect(known(sums({ calls: 0 }))).toBe('0')
  expect(knownPart('0', 3)).toBeNull()
  expect(knownPart('0', 0)).toBe('0')
  expect(knownPart('0.5', 3)).toBe('0.5')
})

test('periods have names, and the time before them is compared', () => {
  expect(during({ kind: 'month' }, now)).toBe('in November')
  expect(during({ kind: 'days', from: '2026-11-03', to: '2026-11-09' }, now)).toMatch(/Nov 3.+9/)
  expect(against({ kind: 'today' }, sums({ spent_usd: '4.1' }))).toBe('against $4.10 by this time yesterday')
  expect(against({ kind: 'today' }, null)).toBeNull()
})

describe('a limit leads to its calls', () => {
  test.each([
    ['key_1', limit(today), '#/calls?key=key_1&span=today'],
    [null, limit({ window: 'month', ...month }), '#/calls?span=month'],
    ['key_1', limit({ window: 'day', ...elsewhere }), '#/calls?key=key_1&since=2026-11-19T18%3A30%3A00.000Z&until=2026-11-20T18%3A30%3A00.000Z'],
    ['key_1', limit({ unit: 'calls', ...today }), '#/calls?key=key_1&span=today&state=settled'],
    ['key_1', limit({ window: 'week' }), '#/calls?key=key_1&since=2026-11-16T00%3A00%3A00.000Z&until=2026-11-23T00%3A00%3A00.000Z'],
    ['key_1', limit({ window: 'total', starts_at: null, resets_at: null }), '#/calls?key=key_1'],
  ])('%s %o', (key_id, limit, address) => expect(callsOfLimit({ key_id, group_id: null, name: '', permille: 0, limit }, now)).toBe(address))

  test('where its days begin at another hour, that is said', () => {
    const of = (found: Limit) => ({ key_id: null, group_id: null, name: '', permille: 0, limit: found })
    expect(foreignMidnight([of(limit(today)), of(limit({ window: 'month', ...month })), of(limit({ window: 'total', starts_at: null }))])).toBeNull()
    expect(foreignMidnight([of(limit(today)), of(limit(elsewhere))])).toEqual(new Date(elsewhere.starts_at))
  })

  test('its words have its unit', () => {
    expect(ofLimit(limit({}))).toBe('of $5 today')
    expect(ofLimit(limit({ unit: 'tokens', amount: '100000', window: 'week' }))).toBe('of 100K tokens this week')
  })
})

describe('what needs attention leads to where it is mended', () => {
  const found = (differs: Partial<Attention>): Attention => ({ kind: 'unpriced', grave: false, id: '', name: '', count: 0, permille: 0, limit: null, burn: null, message: null, ...differs })
  test.each([
    [found({ id: 'glm', name: 'glm', count: 12 }), '12 calls', 'No price for glm', '#/calls?span=today&model=glm&unpriced=1'],
    [found({ kind: 'limit', id: 'key_2', name: 'Codex', permille: 940, limit: limit({ amount: '1' }) }), '94%', 'Codex comes near its limit of $1 today', '#/keys/key_2'],
    [found({ kind: 'limit', name: 'Account', permille: 1000, limit: limit({}) }), '100%', 'Account has used up its limit of $5 today', '#/keys'],
    [found({ kind: 'provider', id: 'ch_2', name: 'Groq', message: 'Groq refused this key (401).' }), 'provider', 'Groq refused this key (401).', '#/providers/ch_2'],
    [found({ kind: 'paused' }), 'paused', 'The relay is paused and refuses every call', '#/settings'],
  ])('%o', (one, tag, text, href) => expect(item(one, { span: 'today' })).toMatchObject({ tag, text, href }))
})
