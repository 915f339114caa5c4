// The settings, the notices above every page and the first steps, on a stand-in; then the same page inside the window.
import assert from 'node:assert/strict'
import { inspect, openPage, sizes } from './browser.mjs'
import { becomes, briefly, check, copies, eventually, matches } from './harness.mjs'
import { makeSettingsWorld } from './settings-world.mjs'
import { startStandin } from './standin.mjs'
import { insideWindow } from './window.mjs'

const clean = async (found) => assert.deepEqual(await found, [])
const tall = { width: 1280, height: 2300 }
const expected = /status of (409|500)|ERR_(EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET)/

const button = (page, name) => page.getByRole('button', { name, exact: true })
const toggle = (page, name) => page.getByRole('switch', { name })
const section = (page, name) => page.getByRole('region', { name, exact: true })
const fresh = async (page) => {
  await page.reload()
  await toggle(page, 'Start at login').waitFor()
}
const toTop = (page) => page.locator('main').evaluate((main) => (main.scrollTop = 0))
const isOn = (control, on) => becomes(() => control.getAttribute('aria-checked'), String(on))

export async function settle(browser, dist) {
  const world = makeSettingsWorld(30)
  const standin = await startStandin(dist, world)
  const opened = await openPage(browser, standin.url, { session: true, expected })
  const stage = { page: opened.page, world, standin, go: (hash) => opened.page.goto(`${standin.url}/#/${hash}`) }
  try {
    await layout(stage)
    await general(stage)
    await relay(stage)
    await data(stage)
    await diagnostics(stage)
    await notices(stage)
    await firstSteps(stage)
    await check('no error in the console of the settings, and no request to another origin', () => assert.deepEqual(opened.faults, []))
  } finally {
    await opened.close()
    await standin.stop()
  }
  await insideWindow(browser, dist)
}

async function layout({ page, world, go }) {
  await check('settings that are still coming show their outline', async () => {
    let come
    const coming = new Promise((done) => (come = done))
    world.slow = { 'settings.get': coming, 'privacy.get': coming, 'logs.tail': coming }
    await go('settings')
    await section(page, 'General').getByRole('status', { name: 'Loading' }).waitFor()
    await clean(inspect(page, 'settings-loading', { axe: false }))
    world.slow = {}
    come()
    await toggle(page, 'Start at login').waitFor()
  })
  await check('every section is readable at once, in both themes and at every size', async () => {
    await page.setViewportSize(tall)
    await clean(inspect(page, 'settings'))
    for (const size of ['wide', 'small', 'zoomed', 'phone']) {
      await page.setViewportSize(sizes[size])
      await clean(inspect(page, `settings-${size}`, { axe: size === 'zoomed' }))
    }
    await page.setViewportSize(sizes.wide)
  })
  await check('a section is one step away, and its address can be kept', async () => {
    const nav = page.getByRole('navigation', { name: 'Sections' })
    await nav.getByRole('link', { name: 'Privacy' }).focus()
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.activeElement?.id === 'heading-privacy')
    await matches(() => page.url(), /#\/settings\/privacy$/)
    await clean(inspect(page, 'settings-section', { axe: false }))
    await go('settings/relay')
    await page.reload()
    await page.waitForFunction(() => document.activeElement?.id === 'heading-relay')
  })
}

async function general({ page, world, standin, go }) {
  await go('settings/general')
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme)
  await check('an appearance is shown at once and saved; one that cannot be saved goes back', async () => {
    await briefly(section(page, 'General'), 'Saved', () => page.getByRole('radio', { name: 'Dark' }).click())
    await becomes(theme, 'dark')
    assert.equal(world.settings.appearance, 'dark')
    world.errors = { 'settings.set': { kind: 'storage', message: 'The settings cannot be written: the disk is full.' } }
    await page.getByRole('radio', { name: 'Light' }).click()
    await page.getByText('the disk is full').waitFor()
    await becomes(theme, 'dark')
    await isOn(page.getByRole('radio', { name: 'Dark' }), true)
    world.errors = {}
  })
  await check('an appearance that was chosen elsewhere arrives', async () => {
    world.settings.appearance = 'light'
    standin.send('settings')
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'light')
    world.settings.appearance = 'auto'
    standin.send('settings')
    await page.waitForFunction(() => localStorage.getItem('weir.theme') === null)
  })
  await check('a switch is one key away, says that it is saved, and goes back when it is not', async () => {
    await fresh(page)
    const login = toggle(page, 'Start at login')
    await login.focus()
    await briefly(section(page, 'General'), 'Saved', () => page.keyboard.press('Space'))
    assert.equal(world.settings.login_item.enabled, true)
    await page.keyboard.press('Space')
    await eventually(() => assert.equal(world.settings.login_item.enabled, false))
    world.errors = { 'settings.set': { kind: 'storage', message: 'The settings cannot be written: the disk is full.' } }
    await toggle(page, 'Notifications').click()
    await page.getByText('the disk is full').waitFor()
    await isOn(toggle(page, 'Notifications'), true)
    await clean(inspect(page, 'settings-not-saved'))
    world.errors = {}
  })
  await check('a login item that the system did not take says why', async () => {
    await fresh(page)
    await isOn(toggle(page, 'Start at login'), false)
    world.loginMessage = 'Your system did not take it: the folder of programs that start at login cannot be written.'
    await toggle(page, 'Start at login').click()
    await page.getByText('did not take it').waitFor()
    await isOn(toggle(page, 'Start at login'), false)
    await clean(inspect(page, 'settings-login-refused', { axe: false }))
  })
  await check('without a tray, closing the window is a choice; a server has neither window nor tray', async () => {
    await fresh(page)
    await becomes(() => page.getByText('When the window closes').count(), 0)
    world.status = { ...world.status, tray: false }
    standin.send('status')
    await page.getByRole('combobox', { name: /^When the window closes/ }).click()
    await clean(inspect(page, 'settings-on-close', { axe: false }))
    await briefly(section(page, 'General'), 'Saved', () => page.getByRole('option', { name: 'Keep running' }).click())
    assert.equal(world.settings.on_close, 'keep')
    world.status = { ...world.status, role: 'server' }
    world.settings.login_item = { supported: false, enabled: false, offered: false, message: null }
    standin.send('status')
    standin.send('settings')
    await page.getByText('Not for a server').waitFor()
    await becomes(() => toggle(page, 'Start at login').isDisabled(), true)
    await clean(inspect(page, 'settings-server'))
    world.status = { ...world.status, role: 'agent', tray: true }
    standin.send('status')
  })
  await check('settings that cannot be loaded say so and are tried again', async () => {
    world.errors = { 'settings.get': { kind: 'storage', message: 'The settings cannot be read.' }, 'privacy.get': { kind: 'storage', message: 'The providers cannot be read.' }, 'logs.tail': { kind: 'storage', message: 'The log file cannot be read.' } }
    await page.reload()
    for (const what of ['settings could not be loaded', 'list of hosts could not be loaded', 'log could not be read']) await page.getByRole('heading', { name: `The ${what}` }).waitFor()
    await page.setViewportSize(tall)
    await clean(inspect(page, 'settings-errors'))
    await page.setViewportSize(sizes.wide)
    world.errors = {}
    await section(page, 'General').getByRole('button', { name: 'Try again' }).click()
    await section(page, 'Privacy').getByRole('button', { name: 'Try again' }).click()
    await section(page, 'Diagnostics').getByRole('button', { name: 'Try again' }).click()
    await toggle(page, 'Start at login').waitFor()
    await page.getByText('192.168.1.20:8080').waitFor()
    await page.getByRole('textbox', { name: 'Last lines of the log' }).waitFor()
  })
}

async function relay({ page, world, go }) {
  await go('settings/relay')
  const port = page.getByLabel('Port', { exact: true })
  await check('a port that is none, or that somebody holds, is refused beside its field', async () => {
    await port.fill('70000')
    await button(page, 'Apply').click()
    await page.getByText('A port is a whole number').waitFor()
    world.taken = { 8080: 'node (4242)' }
    await port.fill('8080')
    await page.keyboard.press('Enter')
    await page.getByText('Port 8080 is used by node (4242).').waitFor()
    await becomes(() => port.getAttribute('aria-invalid'), 'true')
    await clean(inspect(page, 'settings-port-taken'))
  })
  await check('another port changes every address on the page', async () => {
    await port.fill('9400')
    await briefly(section(page, 'Relay'), 'Saved', () => page.keyboard.press('Enter'))
    await page.getByText('http://127.0.0.1:9400/v1').waitFor()
    await page.getByText('Running on 127.0.0.1:9400').waitFor()
    await becomes(() => button(page, 'Apply').isDisabled(), true)
  })
  await check('an address is copied as it stands', async () => {
    await copies(page, section(page, 'Relay').getByRole('button', { name: 'Copy' }).nth(1), /^http:\/\/127\.0\.0\.1:9400\/v1$/)
  })
  await check('a paused relay says so on every page, and is resumed from there', async () => {
    await toggle(page, 'Pause the relay').click()
    await page.getByText('The relay is paused.').waitFor()
    await toTop(page)
    await clean(inspect(page, 'settings-paused'))
    await page.getByRole('link', { name: 'Keys & limits' }).first().click()
    await page.locator('.notice').getByRole('button', { name: 'Resume' }).click()
    await page.getByText('The relay is paused.').waitFor({ state: 'detached' })
    assert.equal(world.status.paused, false)
  })
}

async function data({ page, world, standin, go }) {
  await check('where the data lies and who guards the keys is said in words', async () => {
    await go('settings/data')
    await page.getByText("lies in your system's keychain.").waitFor()
    assert.equal(await button(page, 'Open folder').count(), 0)
    world.status = { ...world.status, secrets: { kept_in: 'file', locked: false, message: null } }
    standin.send('status')
    await page.getByText('lies in a file of the data folder').waitFor()
    world.status = { ...world.status, secrets: { kept_in: 'keychain', locked: true, message: null } }
    standin.send('status')
    await page.getByText('Unlock it, then check again').waitFor()
    await clean(inspect(page, 'settings-locked'))
    world.status = { ...world.status, secrets: { kept_in: 'keychain', locked: false, message: null } }
    await button(page, 'Check again').click()
    await page.getByText("lies in your system's keychain.").waitFor()
  })
  await check('each host is named with its reason, and nobody is contacted without a provider', async () => {
    await page.getByText('Calls and tests of this provider go there.').first().waitFor()
    world.hosts = []
    standin.send('providers')
    await page.getByText('Weir contacts nobody').waitFor()
    await page.getByText('Nothing else: no telemetry, no update check.').waitFor()
  })
}

async function diagnostics({ page, world, go }) {
  await go('settings/diagnostics')
  await check('a report is read before it is copied', async () => {
    await button(page, 'Show the report').click()
    await matches(() => page.getByRole('textbox', { name: 'Report' }).inputValue(), /^Weir 0\.1\.0/)
    await copies(page, button(page, 'Copy the report'), /ledger {5}healthy/)
    await clean(inspect(page, 'settings-diagnostics'))
  })
  await check('the log shows its newest lines, also when there are none or no file', async () => {
    const box = page.getByRole('textbox', { name: 'Last lines of the log' })
    await becomes(() => box.evaluate((e) => e.scrollTop > 0 && e.scrollTop + e.clientHeight >= e.scrollHeight - 2), true)
    world.log = { ...world.log, lines: [...world.log.lines, 'one more line'] }
    await button(page, 'Reload').click()
    await page.waitForFunction(() => [...document.querySelectorAll('textarea')].some((e) => e.value.endsWith('one more line')))
    world.log = { ...world.log, lines: [] }
    await button(page, 'Reload').click()
    await page.getByText('The log is empty').waitFor()
    await clean(inspect(page, 'settings-log-empty'))
    world.log = { path: null, lines: [] }
    await button(page, 'Reload').click()
    await page.getByText('The log goes to the terminal').waitFor()
  })
}

async function notices({ page, world, standin, go }) {
  const usual = world.status
  const say = (differs) => {
    world.status = { ...usual, ...differs }
    standin.send('status')
  }
  await go('settings/general')
  const door = { open: false, port: 9347, holder: 'node (4242)', message: null }
  for (const [name, differs, words] of [
    ['unhealthy', { healthy: false, message: 'The ledger cannot be written: the disk is full.' }, 'the disk is full'],
    ['door', { door }, 'Port 9347 is used by node (4242).'],
    ['paused', { paused: true }, 'The relay is paused.'],
    ['locked', { secrets: { kept_in: 'keychain', locked: true, message: null } }, 'keychain is locked'],
    ['moved', { door: { open: true, port: 9348, holder: null, message: 'Port 9347 was taken by node (4242), so the relay is at 9348.' } }, 'so the relay is at 9348'],
    ['sandbox', { simulated_only: true }, 'Sandbox: not real money.'],
    ['file', { secrets: { kept_in: 'file', locked: false, message: null } }, 'No keychain is used'],
  ]) {
    await check(`the notice “${name}” is one readable line`, async () => {
      say(differs)
      await page.getByText(words).first().waitFor()
      await toTop(page)
      await clean(inspect(page, `notice-${name}`, { axe: name === 'door' || name === 'moved' }))
    })
  }
  await check('several notices stand below each other, the gravest first, also in a small window', async () => {
    say({ healthy: false, message: 'The ledger cannot be written: the disk is full.', door, paused: true, simulated_only: true, secrets: { kept_in: 'keychain', locked: true, message: null } })
    await page.getByText('the disk is full').waitFor()
    await becomes(() => page.locator('.notice strong').allInnerTexts(), ['Weir is not healthy.', 'The relay is closed.', 'The relay is paused.', "Your system's keychain is locked.", 'Sandbox: not real money.'])
    for (const size of ['zoomed', 'small']) {
      await page.setViewportSize(sizes[size])
      await toTop(page)
      await clean(inspect(page, `notices-${size}`))
    }
    await page.setViewportSize(sizes.wide)
  })
  await check('a closed door is tried again on demand, and another port is a choice of its own', async () => {
    say({ door })
    world.taken = { 9347: 'node (4242)' }
    const notice = page.getByRole('alert')
    await notice.getByRole('button', { name: 'Try again' }).click()
    await notice.getByText('or choose another port.').waitFor()
    await clean(inspect(page, 'notice-door-again', { axe: false }))
    await notice.getByRole('link', { name: 'Use another port…' }).click()
    await page.waitForFunction(() => document.activeElement?.id === 'heading-relay')
    await clean(inspect(page, 'settings-door', { axe: false }))
    world.taken = {}
    await notice.getByRole('button', { name: 'Try again' }).click()
    await notice.waitFor({ state: 'detached' })
  })
  await check('what was read is hidden for good', async () => {
    say({ secrets: { kept_in: 'file', locked: false, message: null } })
    await button(page, 'Hide').click()
    await page.reload()
    await page.getByRole('heading', { name: 'Settings', exact: true }).waitFor()
    await page.getByText('lies in a file of the data folder').waitFor()
    await becomes(() => page.locator('.notice').count(), 0)
    say({})
  })
}

async function firstSteps({ page, world, standin, go }) {
  const steps = page.getByRole('region', { name: 'First steps' })
  const usual = world.status
  const say = (differs) => {
    world.status = { ...usual, ...differs }
    standin.send('status')
  }
  await check('a newcomer sees three steps, none of them done', async () => {
    world.settings = { ...world.settings, first_steps_done_at: null, login_item: { supported: true, enabled: false, offered: false, message: null } }
    world.loginMessage = ''
    const list = world.ops['calls.page']
    if (list) world.ops['calls.page'] = (filter) => ({ ...list(filter), total: 0, spent_usd: '0', unpriced_calls: 0, simulated_calls: 0, calls: [] })
    say({ has_calls: false, has_keys: false, has_providers: false, simulated_only: true })
    standin.send('settings')
    await go('calls')
    await page.reload()
    await steps.waitFor()
    await becomes(() => steps.getByText('Done:').count(), 0)
    for (const size of ['wide', 'small', 'zoomed']) {
      await page.setViewportSize(sizes[size])
      await clean(inspect(page, `steps-none-${size}`, { axe: size === 'wide' }))
    }
    await page.setViewportSize(sizes.wide)
  })
  await check('each step opens where it is done, and is ticked off by what happens', async () => {
    await steps.getByRole('link', { name: 'Add a key' }).click()
    await matches(() => page.url(), /#\/keys/)
    await go('calls')
    say({ has_calls: false, has_keys: true, has_providers: true, simulated_only: true })
    await becomes(() => steps.getByText('Done:').count(), 2)
    await clean(inspect(page, 'steps-some'))
    await steps.getByRole('link', { name: 'Connect an assistant' }).click()
    await matches(() => page.url(), /#\/connect$/)
    await go('calls')
  })
  await check('a sandbox call is one click away, in either format', async () => {
    await steps.getByRole('button', { name: "In OpenAI's format" }).click()
    await page.waitForURL(/#\/calls\/call_/)
    assert.deepEqual(world.asked.at(-1), { dialect: 'openai-chat' })
  })
  await check('at the end a start at login is offered once', async () => {
    await go('calls')
    say({ has_calls: true, has_keys: true, has_providers: true, simulated_only: false })
    await steps.getByText('Weir is set up.').waitFor()
    await clean(inspect(page, 'steps-done'))
    await steps.getByRole('button', { name: 'Not now' }).click()
    await steps.getByRole('button', { name: 'Not now' }).waitFor({ state: 'detached' })
    assert.deepEqual([world.settings.login_item.offered, world.settings.login_item.enabled], [true, false])
  })
  await check('the list is put away for good', async () => {
    await steps.getByRole('button', { name: 'Put away' }).click()
    await steps.waitFor({ state: 'detached' })
    assert.ok(world.settings.first_steps_done_at)
    await clean(inspect(page, 'calls-none'))
  })
}
