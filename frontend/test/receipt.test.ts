import { describe, expect, test } from 'vitest'
import { tokensByKind } from '../src/lib/meters'
import { asText, countedOf, facts, nativeOf, padded, places, ratesFor, rowsOf, savedShare, savedSign } from '../src/lib/receipt'
import { tagsOf, whyNoCost, whyNoSaving } from '../src/lib/states'
import { call } from './call'

test('amounts of a receipt share one scale, with every digit', () => {
  expect(rowsOf(call()).map((row) => row.amount)).toEqual(['$0.0036120', '$0.0055296', '$0.0019200', '$0.0046650'])
  expect(padded('0.0157266', places(call()))).toBe('$0.0157266')
})

test('a line says quantity and rate, and once for all what the rate is for', () => {
  expect(rowsOf(call()).map((row) => row.sum)).toEqual(['1,204 × $3', '18,432 × $0.30', '512 × $3.75', '311 × $15'])
  expect(ratesFor(call())).toBe('per million')
})

test('a line for something else than tokens says its unit', () => {
  const lines = [{ what: 'web_search', quantity: '2', unit: 'searches', rate_usd: '10', per: '1000', cost_usd: '0.02' }]
  expect(rowsOf(call({ lines }))[0]).toMatchObject({ label: 'Web search', sum: '2 searches × $10 per 1,000', amount: '$0.0200000' })
  expect(ratesFor(call({ lines }))).toBe('')
})

test('beside a fee, each line says what its rate is for, and one thing is one', () => {
  const lines = [
    { what: 'input', quantity: '9120', unit: 'tokens', rate_usd: '1', per: '1000000', cost_usd: '0.00912' },
    { what: 'web_search', quantity: '1', unit: 'searches', rate_usd: '10', per: '1000', cost_usd: '0.01' },
  ]
  expect(rowsOf(call({ lines })).map((row) => row.sum)).toEqual(['9,120 × $1 per million', '1 search × $10 per 1,000'])
})

test('audio by its length is priced by the hour', () => {
  const lines = [{ what: 'audio_seconds', quantity: '20', unit: 'seconds', rate_usd: '0.36', per: '3600', cost_usd: '0.002' }]
  expect(rowsOf(call({ lines }))[0]).toMatchObject({ label: 'Audio', sum: '20 seconds × $0.36 per hour' })
})

test('a receipt says what was asked for, and of a conversation whether it was streamed', () => {
  const said = (differs: Parameters<typeof call>[0]) => facts(call(differs)).slice(2).join(' · ').replace(/\s/g, ' ')
  expect(said({})).toBe('anthropic · Messages · 2.1 s · streamed')
  expect(said({ operation: 'responses', stream: false })).toBe('anthropic · Responses · 2.1 s · not streamed')
  expect(said({ operation: 'embeddings', stream: false })).toBe('anthropic · Embeddings · 2.1 s')
  expect(said({ operation: 'stored', model: null, stream: false })).toBe('anthropic · 2.1 s')
})

test('a call without a model is called by what it asked for', () => {
  expect(asText(call({ operation: 'stored', model: null })).split('\n')[0]).toBe('Stored response')
})

test('sound and images in an answer are counted once', () => {
  const meters = { input_audio_tokens: 5, input_image_tokens: 6, output_tokens: 9, output_audio_tokens: 7, output_image_tokens: 2 }
  expect(tokensByKind(call({ meters }))).toMatchObject({ fresh: 11, out: 9 })
  expect(rowsOf(call({ lines: [], cost_usd: null, meters })).map((row) => row.sum)).toEqual(['5', '6', '9'])
})

test('a meter without a rate has no amount', () => {
  const lines = [{ what: 'input', quantity: '5', unit: 'tokens', rate_usd: null, per: '1000000', cost_usd: null }]
  expect(rowsOf(call({ lines, cost_usd: null, price_status: 'unpriced' }))[0]).toMatchObject({ sum: '5', amount: null })
})

test('a call without lines shows what was counted', () => {
  const counted = rowsOf(call({ lines: [], cost_usd: null, meters: { input_tokens_total: 9, output_tokens: 7, reasoning_tokens: 3 } }))
  expect(counted).toEqual([{ label: 'Output', kind: 'out', sum: '7', amount: null }])
})

test('what was counted stands in the order of the receipt, whatever order it came in', () => {
  const meters = { cache_read_tokens: 5, input_tokens_uncached: 4, output_tokens: 7, web_searches: 1, cache_write_1h_tokens: 2 }
  expect(rowsOf(call({ lines: [], cost_usd: null, meters })).map((row) => row.label)).toEqual(['Fresh input', 'Cache read', 'Cache write, 1 h', 'Output', 'Web searches'])
})

test('an archived call keeps its total: its lines have no amount any more, and no missing rate', () => {
  const archived = call({ lines: [], archived_at: '2026-11-22T10:00:00.000Z', meters: { output_tokens: 7 } })
  expect(rowsOf(archived).map((row) => row.amount)).toEqual([''])
  expect(asText(archived)).toContain('The details were removed on Nov 22, 2026')
})

describe('the printed rows add up to the printed total, to the last digit', () => {
  const pico = (text: string) => {
    const [whole = '', fraction = ''] = text.replace(/[$,]/g, '').split('.')
    return BigInt(whole + fraction.padEnd(12, '0'))
  }
  const line = (cost_usd: string) => ({ what: 'input', quantity: '1', unit: 'tokens', rate_usd: '1', per: '1000000', cost_usd })
  test.each([
    ['the usual lines', call()],
    ['a pico-dollar beside thousands', call({ lines: [line('12345.67'), line('0.000000000001')], cost_usd: '12345.670000000001' })],
    ['whole dollars', call({ lines: [line('3'), line('4')], cost_usd: '7' })],
    ['one digit', call({ lines: [line('0.3'), line('0.2')], cost_usd: '0.5' })],
    ["the provider's own figure", call({ lines: [], reported_usd: '0.0123', cost_usd: '0.0123', price_status: 'provider_reported' })],
    ['its figure, and an attempt that may have been charged', call({ lines: [{ ...line('0.0000004'), what: 'maybe_charged' }], reported_usd: '0.0123', cost_usd: '0.0123004' })],
  ])('%s', (_, it) => {
    const amounts = rowsOf(it).map((row) => row.amount ?? '').filter(Boolean)
    expect(amounts.length).toBeGreaterThan(0)
    expect(amounts.map(pico).reduce((sum, amount) => sum + amount)).toBe(pico(padded(it.cost_usd ?? '', places(it))))
  })
})

test('what was saved may be negative', () => {
  expect(savedShare(call())).toBe('75.8%')
  expect(savedSign(call({ saved_usd: '-0.1733' }))).toBe(-1)
  expect(savedShare(call({ saved_usd: '-0.1733' }))).toBe('')
  expect(savedSign(call({ saved_usd: null }))).toBeNull()
})

test('the text has every line, and its columns stand under each other', () => {
  const lines = asText(call({ simulated: true })).split('\n')
  expect(lines[0]).toBe('claude-sonnet-4-6')
  const table = lines.filter((line) => /\$0\.0/.test(line))
  expect(table).toHaveLength(7)
  expect(new Set(table.map((line) => line.length)).size).toBe(1)
  expect(lines).toContain('A sandbox call: not real money.')
})

test('the text has what the page says below the sums', () => {
  const repriced = { id: 'rep_1', at: '2026-11-20T15:00:00.000Z', reason: 'A corrected rate', old_usd: null, new_usd: '0.0157266' }
  const card = { id: 'anthropic/claude-sonnet-4-6', source: 'A list', url: '', valid_from: null, checked_on: '2026-09-23', tier: null }
  const text = asText(call({ repriced, min_usd: '0.01', max_usd: '0.02', flags: ['maybe_charged'], card }))
  for (const words of ['from no price to $0.0157266: A corrected rate', 'between $0.01 and $0.02', 'An attempt failed', 'Prices: A list, checked Sep 23, 2026.']) expect(text).toContain(words)
})

test('what a subscription covers is said so, beside its list price', () => {
  const text = asText(call({ covered: true, charge_usd: '0' }))
  expect(text).toContain("Covered by the client's own subscription.")
  expect(text).toContain('Total')
})

describe('what counted against limits', () => {
  test.each([
    ['as much as it cost needs no row', call(), null],
    ['another amount is said', call({ charge_usd: '0.5' }), '$0.50'],
    ['a call without a cost that counted no dollars says so in words', call({ cost_usd: null, price_status: 'unpriced', charge_usd: '0' }), 'No dollars; its tokens and the call'],
    ['one that counted what is known of it says how much', call({ cost_usd: null, price_status: 'unpriced', charge_usd: '0.1' }), '$0.10'],
    ['what a subscription covers, too', call({ covered: true, charge_usd: '0' }), 'No dollars; its tokens and the call'],
    ['of one that cost nothing nothing is said', call({ cost_usd: '0', charge_usd: '0' }), null],
  ])('%s', (_, it, want) => expect(countedOf(it)).toBe(want))
})

describe('what is not known has a reason', () => {
  test.each([
    ['a running call', call({ state: 'open', cost_usd: null, saved_usd: null }), /still running/],
    ['an unknown model', call({ price_status: 'unpriced', cost_usd: null, saved_usd: null }), /no price for claude/],
    ['a refused call', call({ state: 'refused', cost_usd: null, saved_usd: null }), /before sending/],
  ])('%s', (_, it, want) => {
    expect(whyNoCost(it)).toMatch(want)
    expect(whyNoSaving(it)).toMatch(want)
  })
  test('a known cost needs none', () => expect(whyNoCost(call())).toBeNull())
})

describe('tags', () => {
  test.each([
    ['nothing to say about an exact call', call(), []],
    ['running', call({ state: 'open', http_status: null, end: null, basis: null, price_status: null }), ['running']],
    ['refused by a limit', call({ state: 'refused', end: 'refused', http_status: 402, basis: null }), ['refused', '402']],
    ['no price', call({ price_status: 'unpriced' }), ['no price']],
    ['estimated', call({ price_status: 'estimated', basis: 'estimated' }), ['estimated']],
    ['cut in the sandbox', call({ end: 'upstream_cut', basis: 'partial', simulated: true }), ['cut', 'partial', 'simulated']],
    ['covered by a subscription', call({ covered: true }), ['covered']],
    ['failed upstream', call({ end: 'failed', http_status: 502, basis: 'zero' }), ['502']],
  ])('%s', (_, it, want) => expect(tagsOf(it).map((tag) => tag.text)).toEqual(want))
})

describe('a price list that is not in dollars', () => {
  const fx = { day: '2026-11-20', cny_per_usd: '7.12', source: 'your entry' }
  test('the receipt says what the yuan were, and what they were converted by', () => {
    const converted = call({ currency: 'CNY', native_total: '0.42', fx })
    expect(nativeOf(converted)).toBe('¥0.42, at 7.12 yuan for a dollar on Nov 20, 2026 (your entry).')
    expect(asText(converted)).toContain('¥0.42, at 7.12 yuan for a dollar')
  })
  test('without a rate it says that none is known', () => {
    expect(nativeOf(call({ currency: 'CNY', native_total: '0.42', cost_usd: null }))).toContain('¥0.42')
    expect(nativeOf(call({ currency: 'CNY', native_total: '1234.5', cost_usd: null }))).toContain('¥1,234.50.')
  })
  test('and the total says why it is not known', () => {
    expect(whyNoCost(call({ cost_usd: null, price_status: 'unpriced', flags: ['native_currency_cny'] }))).toContain('yuan')
  })
  test('of dollars there is nothing to say', () => expect(nativeOf(call())).toBe(''))
})

test('a line that was charged as at least so much says so', () => {
  const line = { what: 'audio_seconds(min 10)', quantity: '10', unit: 'seconds', rate_usd: '0.111', per: '3600', cost_usd: '0.000308333333' }
  expect(rowsOf(call({ lines: [line], cost_usd: '0.000308333333' }))[0]?.label).toBe('Audio, charged as at least 10')
})
