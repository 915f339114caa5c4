// The page inside the window: Wails' bindings are imitated, so that no byte goes over HTTP but the page's own files.
import assert from 'node:assert/strict'
import { inspect, openPage } from './browser.mjs'
import { becomes, briefly, check, eventually } from './harness.mjs'
import { makeSettingsWorld } from './settings-world.mjs'
import { startStandin } from './standin.mjs'

const clean = async (found) => assert.deepEqual(await found, [])
const button = (page, name) => page.getByRole('button', { name, exact: true })

/** What Wails puts into the page before its own scripts run; `answerOp` and `note` lead to the test. */
function bindings() {
  const listeners = new Map()
  window.emit = (name, ...data) => listeners.get(name)?.forEach((listener) => listener(...data))
  window.runtime = {
    EventsOn: (name, listener) => {
      listeners.set(name, [...(listeners.get(name) ?? []), listener])
      return () => listeners.set(name, listeners.get(name).filter((one) => one !== listener))
    },
    BrowserOpenURL: (url) => void window.note('open', url),
  }
  const noted = (verb, answer) => async (...args) => {
    await window.note(verb, ...args)
    return answer
  }
  const App = {
    Call: (op, args) => window.answerOp(op, args),
    Feed: async () => {
      if (!(await window.note('feed'))) throw new Error('the agent does not answer')
    },
    Painted: noted('painted'),
    OpenFolder: noted('folder'),
    SaveFile: noted('save', true),
    SaveExport: (...file) => new Promise((saved) => void window.note('export', ...file).then(() => (window.exported = saved))),
    StopExport: async () => window.exported(false),
    Close: noted('close'),
    Stay: noted('stay'),
  }
  window.go = { main: { App } }
}

export async function insideWindow(browser, dist) {
  const world = makeSettingsWorld(30)
  const standin = await startStandin(dist, { ops: {} })
  const opened = await openPage(browser, standin.url)
  const { page } = opened
  const noted = []
  const overHTTP = []
  page.on('request', (request) => request.url().includes('/console/') && overHTTP.push(request.url()))
  await page.exposeFunction('answerOp', (op, args) => answer(world, op, JSON.parse(args)))
  await page.exposeFunction('note', (...what) => {
    noted.push(what)
    return !world.away
  })
  await page.addInitScript(bindings)
  const stage = { page, world, noted, emit: (event, data = {}) => page.evaluate(([e, d]) => window.emit('feed', e, d), [event, event && JSON.stringify(data)]), url: standin.url }
  try {
    await verbs(stage)
    await asked(stage)
    await feed(stage)
    await check('in the window nothing but the page itself comes over HTTP', () => assert.deepEqual([overHTTP, opened.faults], [[], []]))
  } finally {
    await opened.close()
    await standin.stop()
  }
}

function answer(world, op, args) {
  const refuse = (error) => JSON.stringify({ ok: false, error: { field: null, ...error } })
  if (world.away) return Promise.reject(new Error('the agent does not answer'))
  if (world.errors?.[op]) return refuse(world.errors[op])
  if (!world.ops[op]) return refuse({ kind: 'not_found', message: `There is no operation ${op}.` })
  try {
    return JSON.stringify({ ok: true, data: world.ops[op](args) })
  } catch (error) {
    return refuse(error)
  }
}

async function verbs({ page, world, noted, url }) {
  await check('the window needs no login, and calls go through its binding', async () => {
    await page.goto(`${url}/#/settings/data`)
    await page.getByText('/home/somebody/.local/share/weir').waitFor()
    await page.getByText('Running on 127.0.0.1:9347').waitFor()
    await eventually(() => assert.deepEqual(noted.filter(([verb]) => verb === 'painted'), [['painted']]))
    await clean(inspect(page, 'window-settings'))
  })
  await check('an error of an operation reaches its field through the binding', async () => {
    world.taken = { 8080: 'node (4242)' }
    await page.getByLabel('Port', { exact: true }).fill('8080')
    await page.keyboard.press('Enter')
    await page.getByText('Port 8080 is used by node (4242).').waitFor()
  })
  await check('the folder opens outside of the window, and a file is saved where the person says', async () => {
    await button(page, 'Open folder').first().click()
    await button(page, 'Show the report').click()
    await page.getByRole('textbox', { name: 'Report' }).waitFor() // what follows it has a button of the same name
    await briefly(page.getByRole('region', { name: 'Diagnostics' }), 'Saved', () => button(page, 'Save…').first().click())
    const [folder, save] = noted.filter(([verb]) => verb === 'folder' || verb === 'save')
    assert.deepEqual([folder, save.slice(0, 2)], [['folder', 'home'], ['save', 'weir-report.txt']])
    assert.match(save[2], /^Weir 0\.1\.0/)
  })
  await check('an export is written where the person says, with its size as it grows, and can be stopped', async () => {
    world.ops['calls.export'] = () => ({ ticket: 'a-ticket', name: 'weir-calls-2026-11-22.csv' })
    await page.goto(`${url}/#/calls`)
    const begin = async () => {
      await page.evaluate(() => (window.exported = null))
      await button(page, 'Export').click()
      await page.getByRole('menuitem', { name: /^CSV/ }).click()
      await eventually(() => assert.deepEqual(noted.findLast(([verb]) => verb === 'export'), ['export', 'a-ticket', 'weir-calls-2026-11-22.csv']))
      await page.waitForFunction(() => window.exported !== null)
      await page.evaluate(() => window.emit('saving', '12345678'))
      await button(page, 'Stop, 12.3 MB so far').waitFor()
    }
    await begin()
    await clean(inspect(page, 'window-export'))
    await page.evaluate(() => window.exported(true))
    await page.getByText('weir-calls-2026-11-22.csv is saved.').waitFor()
    await begin()
    await button(page, 'Stop, 12.3 MB so far').click()
    await button(page, 'Export').waitFor()
    await becomes(() => page.getByText('is saved.').count(), 0)
  })
  await check('a link to another place opens in the system\'s browser, and one to a page of Weir stays', async () => {
    await page.goto(`${url}/#/calls/${world.at(1).id}`)
    await page.getByRole('link', { name: 'Source' }).click()
    await eventually(() => assert.equal(noted.some(([verb]) => verb === 'open'), true))
    assert.deepEqual(noted.filter(([verb]) => verb === 'open'), [['open', 'https://example.com/prices']])
    assert.equal(page.context().pages().length, 1)
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('heading', { name: 'Settings', exact: true }).waitFor()
    assert.equal(noted.filter(([verb]) => verb === 'open').length, 1)
  })
}

async function asked({ page, world, noted }) {
  await check('a window without a tray asks what closing means; Escape stays', async () => {
    await page.evaluate(() => window.emit('closing'))
    const dialog = page.getByRole('dialog', { name: 'Keep Weir running?' })
    await dialog.waitFor()
    await clean(inspect(page, 'window-closing'))
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await eventually(() => assert.deepEqual(noted.at(-1), ['stay']))
  })
  await check('what closing means is remembered only on request', async () => {
    await page.evaluate(() => window.emit('closing'))
    await page.getByLabel('Do this each time').check()
    await button(page, 'Keep running').click()
    await eventually(() => assert.deepEqual(noted.at(-1), ['close', false]))
    assert.equal(world.settings.on_close, 'keep')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })
  await check('the page that the tray asks for is shown', async () => {
    await page.evaluate(() => window.emit('page', '/keys/key_1'))
    await page.getByRole('heading', { name: 'Keys & limits' }).waitFor()
  })
}

async function feed({ page, world, noted, emit }) {
  await check('what the feed says is shown at once', async () => {
    world.status = { ...world.status, paused: true }
    await emit('status')
    await page.getByText('The relay is paused.').waitFor()
    world.status = { ...world.status, paused: false }
    await emit('status')
    await page.getByText('The relay is paused.').waitFor({ state: 'detached' })
  })
  await check('a feed that breaks is said and opened again, and what was missed is fetched', async () => {
    const opened = () => noted.filter(([verb]) => verb === 'feed').length
    const before = opened()
    world.away = true
    await emit('')
    await page.getByText('Reconnecting…').waitFor()
    await clean(inspect(page, 'window-offline', { axe: false }))
    world.status = { ...world.status, paused: true }
    world.away = false
    await page.getByText('The relay is paused.').waitFor()
    assert.ok(opened() > before)
  })
  await check('an agent that refuses does not ask the window to log in', async () => {
    world.errors = { 'status.get': { kind: 'unauthorized', message: 'This token is not known.' } }
    await emit('')
    await page.getByText('Reconnecting…').waitFor()
    assert.equal(await page.getByRole('heading', { name: 'Log in to Weir' }).count(), 0)
    world.errors = {}
    await page.getByText('Paused on').waitFor()
  })
}
