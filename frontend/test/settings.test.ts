import { describe, expect, test } from 'vitest'
import { outside } from '../src/lib/desktop'
import { noticesOf, type NoticeID } from '../src/lib/notices'
import { baseURLs, portOf } from '../src/lib/relay'
import { Saving } from '../src/lib/saving.svelte'
import { reading } from '../src/lib/sections'
import { nextStep } from '../src/lib/steps'
import type { Status } from '../src/types.gen'

const usual: Status = {
  version: '0.1.0', relay: 'http://127.0.0.1:9347', home: '/home', simulated_only: false, has_calls: true, prices_date: '2026-09-23',
  secrets: { kept_in: 'keychain', locked: false, message: null }, healthy: true, message: null, role: 'agent', tray: true, paused: false,
  door: { open: true, port: 9347, holder: null, message: null }, has_providers: true, has_keys: true,
}
const closed = { open: false, port: 9347, holder: 'node (4242)', message: null }

describe('notices', () => {
  const said = (differs: Partial<Status>, offline = false, hidden: NoticeID[] = []) => noticesOf({ ...usual, ...differs }, offline, new Set(hidden))
  const ids = (...args: Parameters<typeof said>) => said(...args).map((notice) => notice.id)

  test('there is nothing to say while all is well', () => expect(ids({})).toEqual([]))
  test('the gravest comes first', () => {
    const everything = { healthy: false, door: closed, paused: true, secrets: { kept_in: 'keychain', locked: true, message: null }, simulated_only: true } as const
    expect(ids(everything)).toEqual(['unhealthy', 'door', 'paused', 'locked', 'sandbox'])
  })
  test('a closed door names who holds its port, unless Weir has words of its own', () => {
    expect(said({ door: closed })[0]?.text).toBe('Port 9347 is used by node (4242).')
    expect(said({ door: { ...closed, message: 'Windows reserves port 9347.' } })[0]?.text).toBe('Windows reserves port 9347.')
    expect(said({ door: closed })[0]?.verbs).toEqual(['reopen', 'other_port'])
  })
  test('an open door with a message has moved, which can be hidden', () => {
    const door = { ...closed, open: true, port: 9348, message: 'Port 9347 was taken.' }
    expect(ids({ door })).toEqual(['moved'])
    expect(ids({ door }, false, ['moved'])).toEqual([])
  })
  test('without a connection only what the shown figures are is still known', () => {
    expect(ids({ paused: true, simulated_only: true }, true)).toEqual(['offline', 'sandbox'])
    expect(noticesOf(null, true, new Set()).map((notice) => notice.id)).toEqual(['offline'])
  })
  test('a sandbox without calls shows no figures to warn of', () => expect(ids({ simulated_only: true, has_calls: false })).toEqual([]))
})

test.each([
  ['9347', 9347],
  [' 1024 ', 1024],
  ['80', null],
  ['0', null],
  ['65536', null],
  ['1e4', null],
  ['93.47', null],
  ['', null],
])('the port in %j is %j', (text, want) => expect(portOf(text)).toBe(want))

test('a relay that is closed has its addresses at the port that it wants', () => {
  expect(baseURLs({ ...usual, relay: '', door: closed })).toEqual({ openai: 'http://127.0.0.1:9347/v1', anthropic: 'http://127.0.0.1:9347' })
})

test.each([
  ['https://example.com/prices', 'https://example.com/prices'],
  ['#/calls', null],
  ['wails://wails/#/calls', null],
  ['mailto:someone@example.com', null],
  ['javascript:alert(1)', null],
  ['http://[', null],
])('of the link %j the window opens %j outside', (href, want) => expect(outside(href, 'wails://wails')).toBe(want))

test('the section that is being read is the last one that has begun', () => {
  expect(reading({ tops: [-900, -300, 40, 400, 700, 1200], atEnd: false }, null)).toBe('data')
  expect(reading({ tops: [120, 500, 700, 900, 950, 1200], atEnd: false }, 'privacy')).toBe('general')
})

test('at the end of the page it is the one that was asked for, or the last', () => {
  const sight = { tops: [-1800, -1200, -900, -300, 90, 500], atEnd: true }
  expect(reading(sight, 'diagnostics')).toBe('diagnostics')
  expect(reading(sight, 'general')).toBe('about')
  expect(reading(sight, null)).toBe('about')
})

test('the next step is the first one that is not done', () => {
  expect(nextStep({ ...usual, has_providers: false, has_keys: false, has_calls: false })).toBe('provider')
  expect(nextStep({ ...usual, has_keys: false, has_calls: false })).toBe('key')
  expect(nextStep(usual)).toBeNull()
})

describe('saving', () => {
  test('what was chosen is shown until it is saved, then what is kept', async () => {
    let kept = false
    const saving = new Saving<boolean>(async (value) => void (kept = value))
    const done = saving.choose(true)
    expect(saving.shown(kept)).toBe(true)
    await done
    expect([saving.shown(kept), saving.saved]).toEqual([true, true])
  })
  test('a value that could not be saved goes back, with the reason', async () => {
    const saving = new Saving<boolean>(() => Promise.reject(new Error('full')))
    await saving.choose(true)
    expect([saving.shown(false), saving.saved, saving.error?.kind]).toEqual([false, false, 'internal'])
  })
  test('values are saved in the order in which they were chosen', async () => {
    const saved: number[] = []
    const saving = new Saving<number>(async (value) => {
      if (value === 1) await Promise.resolve()
      saved.push(value)
    })
    await Promise.all([saving.choose(1), saving.choose(2), saving.choose(3)])
    expect(saved).toEqual([1, 2, 3])
  })
})
