// The page Connect: on a stand-in in every state, then with the real program and the files of a home of its own.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { inspect, openPage, sizes } from './browser.mjs'
import { makeConnectWorld } from './connect-world.mjs'
import { check, copies, matches } from './harness.mjs'
import { startStandin } from './standin.mjs'
import { callRelay, messages, startWeir } from './weir.mjs'

const clean = async (found) => assert.deepEqual(await found, [])
const card = (page, name) => page.getByRole('listitem', { name, exact: true })
const drawer = (page) => page.getByRole('dialog')
const button = (within, name) => within.getByRole('button', { name, exact: true })

export async function join(browser, dist, binary) {
  const world = makeConnectWorld()
  const standin = await startStandin(dist, world)
  const opened = await openPage(browser, standin.url, { session: true, expected: /status of (409|500)/ })
  const stage = { page: opened.page, world, standin, go: (hash) => opened.page.goto(`${standin.url}/#/${hash}`) }
  try {
    await cards(stage)
    await connecting(stage)
    await refusals(stage)
    await disconnecting(stage)
    await copying(stage)
    await check('no error in the console of Connect, and no request to another origin', () => assert.deepEqual(opened.faults, []))
  } finally {
    await opened.close()
    await standin.stop()
  }
  const user = await mkdtemp(path.join(tmpdir(), 'weir-connect-'))
  try {
    await forReal(browser, binary, user)
  } finally {
    await rm(user, { recursive: true, force: true })
  }
}

async function cards({ page, world, standin, go }) {
  await check('assistants that are looked for show their outline, and an error a way on', async () => {
    let come
    world.slow = { 'connect.list': new Promise((done) => (come = done)) }
    await go('connect')
    await page.getByRole('status', { name: 'Loading' }).waitFor()
    world.slow = {}
    world.errors = { 'connect.list': { kind: 'storage', message: 'The ledger cannot be read.' } }
    come()
    await page.getByRole('heading', { name: 'could not be looked for' }).waitFor()
    await clean(inspect(page, 'connect-error'))
    world.errors = {}
    await button(page, 'Try again').click()
    await card(page, 'Claude Code').waitFor()
  })
  await check('each assistant has its card, and Cursor an honest one', async () => {
    await card(page, 'Codex').getByText('http://127.0.0.1:15721/v1 (CC Switch)').waitFor()
    await card(page, 'Codex').getByText('CODEX_HOME is set in').waitFor()
    await card(page, 'Claude Code').getByText("its maker's own address").waitFor()
    await card(page, 'Cursor').getByText('through its own servers').waitFor()
    assert.equal(await card(page, 'Cursor').getByRole('button').count(), 0)
  })
  await check('the page is readable in both themes and at every size', async () => {
    await clean(inspect(page, 'connect'))
    for (const size of ['small', 'zoomed', 'phone']) {
      await page.setViewportSize(sizes[size])
      await clean(inspect(page, `connect-${size}`, { axe: size === 'zoomed' }))
    }
    await page.setViewportSize(sizes.wide)
  })
  await check('a state that changes elsewhere arrives', async () => {
    const usual = { ...world.found[0] }
    for (const [state, differs, says] of [
      ['not found', { state: 'not_installed', binary: null }, 'Neither the program'],
      ['changed since', { state: 'drifted', message: 'Another program, or somebody by hand, has pointed it elsewhere since. Connect it again to bring it back.', can_undo: true }, 'by hand'],
      ['file not readable', { state: 'unreadable', message: '/home/somebody/.claude/settings.json cannot be read from line 3, column 7 on. Weir leaves it as it is: correct it there, or copy the lines by hand.' }, 'line 3'],
    ]) {
      world.found[0] = { ...usual, ...differs }
      standin.send('keys')
      await card(page, 'Claude Code').getByText(state, { exact: true }).waitFor()
      await card(page, 'Claude Code').getByText(says).waitFor()
      await clean(inspect(page, `connect-${differs.state}`))
    }
    world.found[0] = usual
    standin.send('keys')
    await card(page, 'Claude Code').getByText('not connected', { exact: true }).waitFor()
  })
}

async function connecting({ page, world, standin }) {
  await check('what would change is shown first, value by value, and Escape leaves it at that', async () => {
    await button(card(page, 'Claude Code'), 'Connect…').focus()
    await page.keyboard.press('Enter')
    await drawer(page).getByText('env.ANTHROPIC_AUTH_TOKEN').waitFor()
    for (const size of ['wide', 'zoomed', 'phone']) {
      await page.setViewportSize(sizes[size])
      await clean(inspect(page, `connect-plan-${size}`, { axe: size !== 'phone' }))
    }
    await page.setViewportSize(sizes.wide)
    await page.keyboard.press('Escape')
    await drawer(page).waitFor({ state: 'detached' })
    assert.deepEqual(world.asked, [{ tool: 'claude-code', undo: false }])
    await page.waitForFunction(() => document.activeElement?.textContent === 'Connect…')
  })
  await check('a key of choice changes what would happen', async () => {
    await page.keyboard.press('Enter')
    await drawer(page).getByRole('combobox', { name: /Access key/ }).click()
    await page.getByRole('option', { name: 'Codex' }).click()
    await drawer(page).getByText('gets a new secret').waitFor()
    assert.deepEqual(world.asked.at(-1), { tool: 'claude-code', key_id: 'key_2', undo: false })
  })
  await check('what changed meanwhile is not written over, but looked at again', async () => {
    world.changed = true
    await button(drawer(page), 'Write it').click()
    await drawer(page).getByText('was changed since you looked').waitFor()
    await clean(inspect(page, 'connect-changed'))
    world.changed = false
    await button(drawer(page), 'Look again').click()
    await drawer(page).getByText('was changed since you looked').waitFor({ state: 'detached' })
    await button(drawer(page), 'Write it').click()
    await drawer(page).waitFor({ state: 'detached' })
    assert.deepEqual(world.asked.at(-1), { tool: 'claude-code', token: 'agreed', key_id: 'key_2' })
  })
  await check('the first call is waited for, and said when it comes', async () => {
    const state = card(page, 'Claude Code').getByRole('status')
    await state.getByText('Waiting for the first call from Claude Code').waitFor()
    await clean(inspect(page, 'connect-waiting'))
    world.found[0].last_call_at = '2026-11-20T16:01:00.000Z'
    standin.send('call', { ...world.at(20), id: 'call_001000000001', key_id: 'key_1' })
    await state.getByText('It works: Claude Code called at').waitFor()
    await clean(inspect(page, 'connect-works'))
    await page.reload()
    await card(page, 'Claude Code').getByRole('link', { name: /^last one/ }).waitFor()
    assert.equal(await page.getByText('It works').count(), 0)
  })
}

async function refusals({ page, world }) {
  await check('a file that is not to be written is refused with a reason, and leads to the lines to copy', async () => {
    world.refused = { kind: 'conflict', field: 'file', message: '/home/somebody/.codex/config.toml cannot be read from line 2, column 5 on. Weir leaves it as it is: correct it there, or copy the lines by hand.' }
    await button(card(page, 'Codex'), 'Point it at Weir…').click()
    await drawer(page).getByText('line 2, column 5').waitFor()
    assert.equal(await button(drawer(page), 'Write it').count(), 0)
    await clean(inspect(page, 'connect-refused'))
    await drawer(page).getByRole('link', { name: 'Lines to copy' }).click()
    await drawer(page).waitFor({ state: 'detached' })
    await page.getByRole('tab', { name: 'Codex', selected: true }).waitFor()
    world.refused = undefined
  })
}

async function disconnecting({ page, world }) {
  await check('disconnecting says what goes back and what stays, and why', async () => {
    await button(card(page, 'Claude Code'), 'Disconnect…').click()
    await drawer(page).getByText('changed since: it stays').waitFor()
    await clean(inspect(page, 'connect-undo'))
    await button(drawer(page), 'Disconnect').click()
    await card(page, 'Claude Code').getByText('not connected', { exact: true }).waitFor()
    assert.deepEqual(world.asked.at(-1), { tool: 'claude-code', token: 'agreed' })
  })
}

async function copying({ page, go }) {
  await check('every client has its lines, which arrow keys lead through', async () => {
    await go('connect')
    await page.getByRole('tab', { name: 'Claude Code' }).focus()
    await page.keyboard.press('ArrowDown')
    await page.getByRole('tab', { name: 'Codex', selected: true }).and(page.locator(':focus')).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.getByRole('tab', { name: 'Gemini CLI', selected: true }).waitFor()
    const names = await page.getByRole('tab').allInnerTexts()
    assert.ok(names.length > 10)
    for (const name of names) {
      await page.getByRole('tab', { name, exact: true }).click()
      await page.getByRole('tab', { name, exact: true, selected: true }).waitFor()
      await page.getByRole('tabpanel').locator('pre').first().waitFor()
      await matches(() => page.getByRole('tabpanel').innerText(), name === 'Zed' ? /127\.0\.0\.1:9347/ : /127\.0\.0\.1:9347[^]*YOUR_WEIR_KEY|YOUR_WEIR_KEY[^]*127\.0\.0\.1:9347/)
    }
    await clean(inspect(page, 'connect-copy'))
  })
  await check('lines are copied with the mark of a key that was chosen, and the tab is kept in the address', async () => {
    await page.getByRole('tab', { name: 'curl' }).click()
    await matches(() => page.url(), /copy=curl$/)
    await page.getByRole('tabpanel').getByRole('combobox', { name: /Access key/ }).click()
    await page.getByRole('option', { name: 'Claude Code' }).click()
    await page.getByRole('tabpanel').getByText('sk-weir-ab12…').first().waitFor()
    await copies(page, button(page.getByRole('tabpanel'), 'Copy'), /^curl http:\/\/127\.0\.0\.1:9347\/v1\/chat\/completions[^]*Bearer sk-weir-ab12…/)
    await page.setViewportSize(sizes.zoomed)
    await clean(inspect(page, 'connect-copy-zoomed'))
    await page.setViewportSize(sizes.wide)
  })
}

async function forReal(browser, binary, user) {
  const file = path.join(user, '.claude', 'settings.json')
  const mine = '{\n  // mine\n  "model": "opus" // the large one\n}\n'
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, mine)
  const weir = await startWeir(binary, user)
  const { page, faults, close } = await openPage(browser, weir.console)
  try {
    await check('Claude Code is connected in a real file, and its first call turns the card', async () => {
      await page.goto(weir.login_url)
      await page.getByRole('link', { name: 'Connect', exact: true }).click()
      await button(card(page, 'Claude Code'), 'Connect…').click()
      await drawer(page).getByText('A new access key "Claude Code"').waitFor()
      assert.equal(await readFile(file, 'utf8'), mine)
      await button(drawer(page), 'Write it').click()
      await page.getByText('Waiting for the first call from Claude Code').waitFor()
      const text = await readFile(file, 'utf8')
      assert.ok(text.includes('"model": "opus", // the large one'), text)
      const secret = /"ANTHROPIC_AUTH_TOKEN": "(sk-weir-\w+)"/.exec(text)[1]
      const { status } = await callRelay(/"ANTHROPIC_BASE_URL": "(.*)"/.exec(text)[1], secret, ...messages())
      assert.equal(status, 200)
      await page.getByText('It works: Claude Code called at').waitFor()
      assert.ok(!(await page.content()).includes(secret), 'the page has the secret')
    })
    await check('disconnected, the file is what it was, byte for byte', async () => {
      await button(card(page, 'Claude Code'), 'Disconnect…').click()
      await button(drawer(page), 'Disconnect').click()
      await card(page, 'Claude Code').getByText('not connected', { exact: true }).waitFor()
      assert.equal(await readFile(file, 'utf8'), mine)
    })
    await check('no error in the console of the real Connect', () => assert.deepEqual(faults, []))
  } finally {
    await close()
    await weir.stop()
  }
}
