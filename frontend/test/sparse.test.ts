import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { pageSize, Sparse, type Part } from '../src/lib/sparse'
import type { CallPage } from '../src/types.gen'
import { call } from './call'

const idOf = (n: number) => `call_${String(n).padStart(8, '0')}`

/** A console with so many calls, the newest of which has the highest number. */
function make(count: number) {
  const asked: Part[] = []
  const pending: (() => void)[] = []
  const server = { count, slow: false, fail: false, most: 0 }
  let running = 0
  const fetch = async (part: Part): Promise<CallPage> => {
    asked.push(part)
    server.most = Math.max(server.most, ++running)
    if (server.slow) await new Promise<void>((go) => pending.push(go))
    running--
    if (server.fail) throw new Error('fetch')
    const newest = part.at ? Number(part.at.slice(5)) : server.count
    const size = Math.max(0, Math.min(part.limit, newest - part.offset))
    const calls = Array.from({ length: size }, (_, i) => call({ id: idOf(newest - part.offset - i), state: 'open' }))
    return { at: idOf(newest), total: part.at ? null : newest, spent_usd: null, unpriced_calls: null, simulated_calls: null, calls }
  }
  const list = new Sparse(fetch, () => {})
  const offsets = () => asked.map((part) => part.offset / pageSize)
  return { list, server, asked, pending, offsets }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())
const settle = () => vi.advanceTimersByTimeAsync(1000)

test('the first answer says how long the list is, and brings its newest page', async () => {
  const { list, offsets } = make(100_000)
  await list.load()
  expect([list.total, list.get(0)?.id, list.get(99)?.id, list.get(100)]).toEqual([100_000, idOf(100_000), idOf(99_901), undefined])
  expect(offsets()).toEqual([0])
})

test('pages come when they are looked at, and keep their place while new calls come', async () => {
  const { list, server, asked } = make(5000)
  await list.load()
  server.count = 5007
  list.view(2500, 2520)
  await settle()
  expect(list.get(2510)?.id).toBe(idOf(2490))
  expect(asked).toContainEqual({ at: idOf(5000), offset: 2500, limit: pageSize })
})

test('a page is fetched before its first row is seen', async () => {
  const { list, offsets } = make(1000)
  await list.load()
  list.view(40, 61)
  await settle()
  expect(offsets()).toEqual([0, 1])
})

test('a view that jumps on fetches only where it stops', async () => {
  const { list, offsets } = make(100_000)
  await list.load()
  for (let row = 1000; row <= 90_000; row += 1000) {
    list.view(row, row + 20)
    await vi.advanceTimersByTimeAsync(16)
  }
  await settle()
  expect(offsets()).toEqual([0, 900, 899])
})

test('a view that moves slowly waits for nothing', async () => {
  const { list } = make(1000)
  await list.load()
  list.view(45, 65)
  await vi.advanceTimersByTimeAsync(0)
  expect(list.get(100)).toBeDefined()
})

test('three pages are fetched at a time, those in view first', async () => {
  const { list, server, pending, offsets } = make(100_000)
  await list.load()
  server.slow = true
  list.view(5000, 5600)
  await settle()
  expect(offsets().slice(1)).toEqual([52, 53, 51])
  while (pending.length) {
    pending.shift()!()
    await settle()
  }
  expect(server.most).toBe(3)
  expect([...offsets()].sort((a, b) => a - b)).toEqual([0, 49, 50, 51, 52, 53, 54, 55, 56])
})

test('pages far from the view are forgotten, but not the one that is pinned', async () => {
  const { list } = make(100_000)
  await list.load()
  list.pin(idOf(100_000))
  for (let page = 1; page < 60; page++) {
    list.view(page * pageSize, page * pageSize + 20)
    await settle()
  }
  expect([...list.kept()].length).toBeLessThanOrEqual(24 * pageSize)
  expect([list.indexOf(idOf(100_000)), list.indexOf(idOf(99_900)), list.get(5900)?.id]).toEqual([0, -1, idOf(94_100)])
})

describe('a live call', () => {
  test('changes where it stands', async () => {
    const { list } = make(300)
    await list.load()
    expect(list.take(call({ id: idOf(290), model: 'now' }))).toBe('yes')
    expect(list.get(10)?.model).toBe('now')
  })
  test('that is newer than the first page has is not in the list', async () => {
    const { list } = make(300)
    await list.load()
    expect(list.take(call({ id: idOf(301) }))).toBe('no')
    expect(list.find(idOf(301))).toBeDefined()
  })
  test('that is older may stand on a page that is not kept', async () => {
    const { list } = make(300)
    await list.load()
    expect(list.take(call({ id: idOf(20) }))).toBe('unknown')
  })
  test('is not opened again by a page that was asked for before it ended', async () => {
    const { list, server, pending } = make(300)
    await list.load()
    server.slow = true
    list.view(100, 120)
    await settle()
    list.take(call({ id: idOf(190), state: 'settled' }))
    pending.splice(0).forEach((go) => go())
    await settle()
    expect(list.get(110)?.state).toBe('settled')
  })
})

test('a list that became shorter has no rows that never come', async () => {
  const { list, server } = make(300)
  await list.load()
  server.count = 300
  list.at = idOf(250)
  list.view(200, 300)
  await settle()
  expect(list.total).toBe(250)
})

test('an answer that comes after a newer load is dropped', async () => {
  const { list, server, pending } = make(300)
  server.slow = true
  const first = list.load()
  server.count = 10
  const second = list.load()
  pending.splice(0).reverse().forEach((go) => go())
  expect([await first, (await second)?.total, list.total]).toEqual([null, 10, 10])
})

test('what cannot be fetched is said once, and fetched on demand', async () => {
  const { list, server } = make(1000)
  await list.load()
  server.fail = true
  list.view(500, 520)
  await settle()
  expect([list.broken, list.get(510)]).toEqual([true, undefined])
  server.fail = false
  list.retry()
  await settle()
  expect([list.broken, list.get(510)?.id]).toEqual([false, idOf(490)])
})

test('what is kept is fetched once more when it may have changed', async () => {
  const { list, offsets } = make(1000)
  await list.load()
  list.view(0, 20)
  list.renew()
  await settle()
  expect(offsets()).toEqual([0, 0])
})
