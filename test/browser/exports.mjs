// What leaves Weir as a file: from the list of calls with its filter, and from the overview.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { inspect, openPage, sizes } from './browser.mjs'
import { check } from './harness.mjs'
import { now } from './overview-world.mjs'
import { makeSettingsWorld } from './settings-world.mjs'
import { startStandin } from './standin.mjs'

const clean = async (found) => assert.deepEqual(await found, [])
const button = (page, name) => page.getByRole('button', { name, exact: true })

export async function take(browser, dist) {
  const world = makeSettingsWorld(30)
  const standin = await startStandin(dist, world)
  const opened = await openPage(browser, standin.url, { session: true, expected: /status of (409|500)/ })
  const stage = { page: opened.page, world, go: (hash) => opened.page.goto(`${standin.url}/#/${hash}`) }
  offer(world)
  try {
    await opened.page.clock.setFixedTime(now)
    await calls(stage)
    await spend(stage)
    await failing(stage)
    await check('no error in the console of exports, and no request to another origin', () => assert.deepEqual(opened.faults, []))
  } finally {
    await opened.close()
    await standin.stop()
  }
}

/** Gives the world two operations, which remember what they were asked. */
function offer(world) {
  world.files = {}
  const offering = (op, name) => (asked) => {
    world.exported = { op, ...asked }
    world.files[op] = { name, text: `id\n"${name}"\n` }
    return { ticket: op, name }
  }
  world.ops['calls.export'] = offering('calls.export', 'weir-calls-2026-11-20.csv')
  world.ops['overview.export'] = offering('overview.export', 'weir-spend-2026-11-20.csv')
}

/** A menu takes the focus a moment after it is shown, and a key that is pressed before that is not for it. */
const focused = (page, name) => page.getByRole('menuitem', { name }).and(page.locator(':focus')).waitFor()

async function downloaded(page, act) {
  const [file] = await Promise.all([page.waitForEvent('download'), act()])
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') }
}

async function calls({ page, world, go }) {
  await check('every call that the filter lets through comes as a file, in the format that was chosen', async () => {
    await go('calls?key=key_1&state=failed&over=0.5&unpriced=1')
    await button(page, 'Export').click()
    await page.getByRole('menuitem', { name: /^JSON/ }).waitFor()
    await clean(inspect(page, 'export-menu'))
    const file = await downloaded(page, () => page.getByRole('menuitem', { name: /^CSV/ }).click())
    assert.deepEqual(file, { name: 'weir-calls-2026-11-20.csv', text: 'id\n"weir-calls-2026-11-20.csv"\n' })
    assert.deepEqual(world.exported, { op: 'calls.export', format: 'csv', key_id: 'key_1', state: 'failed', over: '0.5', unpriced: true })
    await page.getByText('Your browser saves weir-calls-2026-11-20.csv.').waitFor()
  })
  await check('an export is asked for by keyboard alone', async () => {
    await go('calls?span=today')
    await button(page, 'Export').focus()
    await page.keyboard.press('Enter')
    await focused(page, /^CSV/)
    await page.keyboard.press('End')
    await focused(page, /^JSON/)
    await downloaded(page, () => page.keyboard.press('Enter'))
    assert.equal(world.exported.format, 'json')
    assert.ok(world.exported.since < world.exported.until)
  })
  await check('the button fits into every window', async () => {
    for (const size of ['small', 'zoomed', 'phone']) {
      await page.setViewportSize(sizes[size])
      await clean(inspect(page, `export-calls-${size}`, { axe: size === 'zoomed' }))
    }
    await page.setViewportSize(sizes.wide)
  })
}

async function spend({ page, world, go }) {
  await check('the overview gives what was spent in its period', async () => {
    await go('overview?span=7d&by=key')
    const file = await downloaded(page, () => button(page, 'Export CSV').click())
    assert.equal(file.name, 'weir-spend-2026-11-20.csv')
    const { op, zone, from, to } = world.exported
    assert.deepEqual([op, zone, Date.parse(to) - Date.parse(from)], ['overview.export', 'Europe/Berlin', 7 * 86_400_000])
    await clean(inspect(page, 'export-overview'))
    await page.setViewportSize(sizes.small)
    await clean(inspect(page, 'export-overview-small'))
    await page.setViewportSize(sizes.wide)
  })
}

async function failing({ page, world, go }) {
  await check('an export that Weir refuses says why', async () => {
    world.ops['calls.export'] = () => {
      throw { kind: 'conflict', message: '2 exports are being written already. Wait for one of them, or stop it.' }
    }
    await go('calls')
    await button(page, 'Export').click()
    await page.getByRole('menuitem', { name: /^CSV/ }).click()
    await page.getByRole('alert').getByText('2 exports are being written already').waitFor()
    await clean(inspect(page, 'export-refused'))
  })
}
