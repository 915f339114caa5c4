import { describe, expect, test } from 'vitest'
import { fromField, isPast, toField } from '../src/lib/expiry'
import { blank, burnWords, faults, given, paceWords, readPace, specOf, useOf, type Draft } from '../src/lib/limits'
import { families, keyChange, keyDraft, keyRequest, rulesOf } from '../src/lib/keyDraft'
import { names } from '../src/lib/lists'
import { loginToken } from '../src/lib/router.svelte'
import type { Key, Limit } from '../src/types.gen'

const draft = (amount: string, unit: Draft['unit'] = 'usd', window: Draft['window'] = 'day', warns = false): Draft => ({ amount, unit, window, warns })

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

test('a limit that only warns says so, and stands beside one that refuses', () => {
  expect(specOf(draft('4', 'usd', 'day', true))).toBe('4usd/day:warn')
  expect(faults([draft('5'), draft('4', 'usd', 'day', true), draft('3', 'usd', 'day', true)])).toEqual([null, null, 'twice'])
})

test('an amount that was left empty is no limit', () => expect(given([draft(' '), draft('5')])).toEqual([draft('5')]))

describe('how far a limit is used', () => {
  const limit = (differs: Partial<Limit>): Limit => ({ id: 'lim_1', unit: 'usd', amount: '5', window: 'day', spent: '0', held: '0', left: '5', extra: '0', mark: 0, starts_at: null, resets_at: null, hard: true, ...differs })
  test.each([
    ['nothing', {}, [0, 0, 0, false], null],
    ['held money counts, but passes no mark', { spent: '2', held: '2.9' }, [400, 580, 980, false], null],
    ['a mark is said', { spent: '4', mark: 80 }, [800, 0, 800, false], 'past the 80% mark'],
    ['what was added counts', { spent: '5', extra: '5' }, [500, 0, 500, false], null],
    ['used up', { spent: '5', mark: 100 }, [1000, 0, 1000, true], 'used up, new calls are refused'],
    ['used up, which only warns', { spent: '6', mark: 100, hard: false }, [1000, 0, 1200, true], 'used up, it only warns'],
    ['full by what runs', { spent: '4.5', held: '0.5', mark: 90 }, [900, 100, 1000, true], 'full until running calls end'],
  ] as const)('%s', (_, differs, [spent, held, share, full], words) => expect(useOf(limit(differs))).toEqual({ spent, held, share, full, words }))
})

test('a pace is whole numbers, and empty is no bound', () => {
  expect(readPace({ requests: ' 60 ', tokens: '100,000', running: '' })).toEqual({ requests: 60, tokens: 100_000, running: 0 })
  expect(readPace({ requests: '1.5', tokens: '', running: '' })).toBeNull()
  expect(paceWords({ requests: 60, tokens: 100_000, running: null })).toBe('60 requests a minute, 100,000 tokens a minute')
  expect(paceWords({ requests: null, tokens: null, running: 1 })).toBe('1 call at once')
})

test('what the alarm rings for is said with what is usual', () => {
  const burn = { key_id: null, name: 'Codex', spent_usd: '6.1', minutes: 10, usual_usd: '1.2', times: '5.0', at: '', paused: false }
  expect(burnWords(burn)).toBe('spent $6.10 in 10 minutes, 5 times the usual $1.20.')
  expect(burnWords({ ...burn, usual_usd: '0', times: '0.0' })).toBe('spent $6.10 in 10 minutes, more than it ever did.')
})

describe('a key', () => {
  const key: Key = { id: 'key_1', name: 'Codex', prefix: 'sk-weir-ab12', state: 'active', limits: [], models: ['gpt-*'], denied_models: ['gpt-5-pro'], networks: ['10.0.0.0/8'], group_id: 'grp_1', expires_at: null, allow_unpriced: true, on_limit: 'cut', clamp: true, most_per_call_usd: '2', pace: { requests: 60, tokens: null, running: 4 }, pause_on_burn: true, created_at: '', last_used_at: null, old_secret_until: null }
  test('goes through its form unchanged', () => {
    const before = keyDraft(key)
    expect(keyChange(before, before)).toEqual({ name: 'Codex', group_id: 'grp_1', models: ['gpt-*'], denied_models: ['gpt-5-pro'], on_limit: 'cut', clamp: true, allow_unpriced: true, most_per_call_usd: '2', pace: { requests: 60, tokens: 0, running: 4 }, pause_on_burn: true, networks: ['10.0.0.0/8'] })
  })
  test('that is new is asked for with what was chosen alone', () => {
    const draft = { ...keyDraft(), name: ' Codex ' }
    expect(keyRequest(draft, [])).toEqual({ name: 'Codex', on_limit: 'finish' })
    expect(keyRequest({ ...draft, models: ['gpt-*'], mostPerCall: '$2', pace: { requests: '', tokens: '', running: '4' } }, ['5usd/day'])).toEqual({ name: 'Codex', on_limit: 'finish', limits: ['5usd/day'], models: ['gpt-*'], most_per_call_usd: '2', pace: { requests: 0, tokens: 0, running: 4 } })
  })
  test('says in words what it may and may not', () => {
    expect(rulesOf(key, String)).toEqual(['only gpt-*', 'never gpt-5-pro', 'at most $2 for one call', 'at most 60 requests a minute, 4 calls at once', 'only from 10.0.0.0/8', 'models without a price allowed', 'cut at the limit', 'answers shortened to what is left', 'paused when the alarm rings'])
  })
})

test('patterns are suggested that cover several models', () => {
  expect(families(['claude-opus-5', 'claude-sonnet-5', 'gpt-5', 'openai/gpt-5', 'openai/gpt-5-mini'])).toEqual(['claude-*', 'openai/*'])
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
