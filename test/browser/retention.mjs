// How long calls keep their details, on a stand-in: what would go is shown before anything goes.
import assert from 'node:assert/strict'
import { inspect, openPage, sizes } from './browser.mjs'
import { becomes, check } from './harness.mjs'
import { makeSettingsWorld } from './settings-world.mjs'
import { startStandin } from './standin.mjs'

const clean = async (found) => assert.deepEqual(await found, [])
const button = (page, name) => page.getByRole('button', { name, exact: true })

function makeWorld() {
  const world = makeSettingsWorld(3)
  Object.assign(world.ops, {
    'retention.preview': ({ months, megabytes }) => {
      if (megabytes !== null && megabytes > 10_000) throw { kind: 'invalid', field: 'megabytes', message: 'A ledger of this size has no room here.' }
      if (months === 60) return { calls: 0, bytes: 0, before: null, enough: megabytes === null }
      return { calls: 12_034, bytes: 61_000_000, before: '2026-05-22T12:00:00.000Z', enough: megabytes === null }
    },
    'retention.set': (bounds) => {
      world.retention = { ...world.retention, ...bounds, running: bounds.months !== null }
      return world.retention
    },
    'retention.compact': () => (world.retention = { ...world.retention, file_bytes: world.retention.file_bytes - world.retention.free_bytes, free_bytes: 0 }),
  })
  return world
}

export async function retain(browser, dist) {
  const world = makeWorld()
  const standin = await startStandin(dist, world)
  const opened = await openPage(browser, standin.url, { session: true, expected: /status of (400|409)/ })
  const { page } = opened
  const choose = async (age) => {
    await page.getByRole('combobox', { name: /^Keep details/ }).click()
    await page.getByRole('option', { name: age, exact: true }).click()
  }
  try {
    await page.goto(`${standin.url}/#/settings/data`)
    await check('what the ledger takes is said, and nothing goes that nobody asked for', async () => {
      await page.getByText('Calls since').waitFor()
      await becomes(() => button(page, 'See what would go').getAttribute('aria-disabled'), 'true')
      await becomes(() => button(page, 'Compact').count(), 0)
      await clean(inspect(page, 'retention'))
    })
    await check('what would go is shown first, and can be left', async () => {
      await choose('6 months')
      await button(page, 'See what would go').click()
      await page.getByText('12,034 calls from before').waitFor()
      await clean(inspect(page, 'retention-preview'))
      for (const size of ['small', 'zoomed']) {
        await page.setViewportSize(sizes[size])
        await clean(inspect(page, `retention-preview-${size}`, { axe: false }))
      }
      await page.setViewportSize(sizes.wide)
      await button(page, 'Cancel').click()
      await page.getByText('12,034 calls from before').waitFor({ state: 'detached' })
      assert.equal(world.retention.months, null)
    })
    await check('a size that is none is said beside it', async () => {
      const field = page.getByRole('textbox', { name: 'Ledger at most' })
      await field.fill('12')
      await page.getByText('at least 50').waitFor()
      await field.fill('99999')
      await button(page, 'See what would go').click()
      await page.getByText('has no room here').waitFor()
      await field.fill('60')
      await button(page, 'See what would go').click()
      await page.getByText('would still be larger').waitFor()
      await field.fill('')
    })
    await check('details go when a person says so, and one sees that they do', async () => {
      await choose('6 months')
      await button(page, 'See what would go').click()
      await button(page, 'Remove these details').click()
      await page.getByText('Details are being removed now.').waitFor()
      assert.equal(world.retention.months, 6)
      world.retention = { ...world.retention, running: false, free_bytes: 60_000_000, archived_calls: 12_034, archived_until: '2026-05-22T11:00:00.000Z' }
      await page.getByText('have their totals alone').waitFor()
      await clean(inspect(page, 'retention-done'))
    })
    await check('the file is written anew only after a warning', async () => {
      await button(page, 'Compact').click()
      await page.getByText('Calls wait until that is done').waitFor()
      await clean(inspect(page, 'retention-compact'))
      await page.getByRole('dialog').getByRole('button', { name: 'Compact' }).click()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      assert.equal(world.retention.free_bytes, 0)
    })
    await check('no error in the console of the retention, and no request to another origin', () => assert.deepEqual(opened.faults, []))
  } finally {
    await opened.close()
    await standin.stop()
  }
}
