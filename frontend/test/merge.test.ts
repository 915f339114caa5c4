import { expect, test } from 'vitest'
import { merge, type Lists } from '../src/lib/merge'
import type { Call } from '../src/types.gen'
import { call } from './call'

const changed = (...calls: Call[]) => new Map(calls.map((c) => [c.id, c]))
const list = (...ids: string[]) => ids.map((id) => call({ id }))
const ids = ({ rows, waiting }: Lists) => [rows.map((c) => c.id), waiting.map((c) => c.id)]
const start: Lists = { rows: list('3', '1'), waiting: [] }

test('new calls come first when nobody reads', () => {
  expect(ids(merge(start, changed(...list('4', '5')), false, false))).toEqual([['5', '4', '3', '1'], []])
})

test('new calls wait while a person reads, and join the rows afterwards', () => {
  const held = merge(start, changed(...list('5', '4')), true, false)
  expect(ids(held)).toEqual([['3', '1'], ['5', '4']])
  expect(ids(merge(held, new Map(), false, false))).toEqual([['5', '4', '3', '1'], []])
})

test('a known call changes where it stands', () => {
  const now = merge({ rows: [call({ id: '1', state: 'open' })], waiting: [] }, changed(call({ id: '1', model: 'now' })), true, false)
  expect(now.rows.map((c) => c.model)).toEqual(['now'])
  expect(now.waiting).toEqual([])
})

test('an answer that comes late does not open an ended call again', () => {
  expect(merge(start, changed(call({ id: '3', state: 'open' })), false, false).rows[0]?.state).toBe('settled')
})

test('a call that was missed finds its place among the rows', () => {
  expect(ids(merge(start, changed(...list('2')), false, false))[0]).toEqual(['3', '2', '1'])
})

test('a call older than the loaded rows is left to paging, unless everything is loaded', () => {
  expect(ids(merge(start, changed(...list('0')), false, false))[0]).toEqual(['3', '1'])
  expect(ids(merge(start, changed(...list('0')), false, true))[0]).toEqual(['3', '1', '0'])
})
