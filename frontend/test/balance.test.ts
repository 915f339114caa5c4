import { describe, expect, it } from 'vitest'
import { ago, balanceLines } from '../src/lib/balance'
import type { BalanceAmount, Provider } from '../src/types.gen'

const now = Date.parse('2026-11-22T12:00:00Z')
const told = (differs: Partial<BalanceAmount> = {}): BalanceAmount => ({
  key_id: 'pk_1', kind: 'account', currency: 'USD', left: '12.4', total: null, used: null, unlimited: false, fetched_at: '2026-11-22T11:58:00.000Z', error: null, ...differs,
})
const keys = (n: number) => Array.from({ length: n }, (_, i) => ({ id: `pk_${i + 1}`, mask: `…key${i + 1}`, state: 'ok' as const, message: null }))
const lines = (first: BalanceAmount, also: BalanceAmount[] = [], n = 1) => balanceLines({ balance: { ...first, also }, keys: keys(n) } as Provider, now)

describe('an age', () => {
  it.each([
    ['2026-11-22T12:05:00Z', 'just now'],
    ['2026-11-22T11:59:01Z', 'just now'],
    ['2026-11-22T11:00:01Z', '59 min ago'],
    ['2026-11-20T12:00:01Z', '47 h ago'],
    ['2026-11-20T12:00:00Z', '2 d ago'],
  ])('of %s is %s', (iso, want) => expect(ago(iso, now)).toBe(want))
})

describe('the lines of a balance', () => {
  it('have nothing to say where nobody was asked', () => expect(balanceLines({ balance: null, keys: [] } as unknown as Provider, now)).toEqual([]))
  it.each<[string, BalanceAmount, string]>([
    ['an account', told(), 'Account $12.40 left · 2 min ago'],
    ['a key with a limit', told({ kind: 'key_limit', left: '3.2', total: '10' }), 'Key limit $3.20 of $10 left · 2 min ago'],
    ['yuan', told({ currency: 'CNY' }), 'Account ¥12.40 left · 2 min ago'],
    ['a debt', told({ currency: 'CNY', left: '-0.5' }), 'Account −¥0.50 left · 2 min ago'],
    ['nothing left', told({ left: '0' }), 'Account $0 left · 2 min ago'],
    ['no limit, and no number', told({ kind: 'key_limit', currency: null, left: null, unlimited: true }), 'The key has no limit · 2 min ago'],
    ['a failure since', told({ error: 'It is down.' }), 'Account $12.40 left · 2 min ago. It could not be asked since: It is down.'],
    ['never an answer', told({ kind: null, currency: null, left: null, fetched_at: null, error: 'It is down.' }), 'What is left is not known: It is down.'],
  ])('say %s', (_, first, want) => expect(lines(first)).toEqual([want]))
  it('name the keys where there are several', () =>
    expect(lines(told(), [told({ key_id: 'pk_2', currency: 'CNY', left: '1' })], 2)).toEqual(['…key1: Account $12.40 left · 2 min ago', '…key2: Account ¥1 left · 2 min ago']))
})
