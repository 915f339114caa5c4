// What the real program reaches only by accident or after months, on a stand-in.
import assert from 'node:assert/strict'
import { inspect, openPage, tryAgain } from './browser.mjs'
import { check } from './harness.mjs'
import { startStandin } from './standin.mjs'
import { makeWorld } from './world.mjs'

const rows = (page) => page.locator('[data-call]')
const clean = async (found) => assert.deepEqual(await found, [])
const many = 100_000

export async function visit(browser, dist) {
  const world = makeWorld(many)
  const standin = await startStandin(dist, world)
  const opened = await openPage(browser, standin.url, { session: true, expected: /status of (401|500)|ERR_(EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET)/ })
  const { page } = opened
  try {
    await page.goto(`${standin.url}/#/calls`)
    await rows(page).first().waitFor()
    await notices(page, standin, world)
    await errors(page, standin, world)
    await away(page, standin, world)
    await check('no error in the console, and no request to another origin', () => assert.deepEqual(opened.faults, []))
  } finally {
    await opened.close()
    await standin.stop()
  }
}

async function notices(page, standin, world) {
  await check('what is wrong with the server is said on every page', async () => {
    world.status = { ...world.status, healthy: false, message: 'The ledger cannot be written: the disk is full.', secrets: { kept_in: 'file', locked: true, message: null }, simulated_only: true }
    standin.send('status')
    await page.getByText('the disk is full').waitFor()
    await page.getByText('Sandbox: not real money.').waitFor()
    await clean(inspect(page, 'rare-notices'))
    world.status = { ...makeWorld(many).status }
    standin.send('status')
    await page.getByText('the disk is full').waitFor({ state: 'detached' })
  })
}

async function errors(page, standin, world) {
  for (const [place, op, title] of [['calls', 'calls.page', 'The calls could not be loaded'], ['providers', 'providers.list', 'The providers could not be loaded'], ['keys', 'keys.list', 'The keys could not be loaded']]) {
    await check(`when ${op} fails, the page says so and tries again on demand`, async () => {
      world.errors = { [op]: { kind: 'storage', message: 'The ledger cannot be read.' } }
      await page.goto(`${standin.url}/#/${place}`)
      await page.reload()
      await page.getByRole('heading', { name: title }).waitFor()
      await page.getByText('The ledger cannot be read.').waitFor()
      await clean(inspect(page, `rare-error-${place}`))
      world.errors = {}
      await tryAgain(page)
      await page.locator(place === 'calls' ? '[data-call]' : 'main li').first().waitFor()
      if (place !== 'calls') await clean(inspect(page, `rare-${place}`))
    })
  }
}

async function away(page, standin, world) {
  await check('a server that goes away is waited for, and what was missed is fetched', async () => {
    await page.goto(`${standin.url}/#/calls`)
    await rows(page).first().waitFor()
    world.away = true
    standin.drop()
    await page.getByText('Reconnecting…').waitFor()
    world.added.unshift({ ...world.at(20), id: 'call_001000009000' })
    world.away = false
    await page.locator('[data-call="call_001000009000"]').waitFor()
    await page.getByText('Running on').waitFor()
  })
  await check('a session that has ended is said at once', async () => {
    world.loggedOut = true
    await page.getByRole('link', { name: 'Keys & limits' }).click()
    await page.getByRole('heading', { name: 'Log in to Weir' }).waitFor()
  })
}
