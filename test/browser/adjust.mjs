// Past calls priced again, what providers reported, and their own accounts beside ours.
import assert from 'node:assert/strict'
import { inspect, openPage, sizes } from './browser.mjs'
import { makeAdjustWorld } from './adjust-world.mjs'
import { becomes, check } from './harness.mjs'
import { now } from './overview-world.mjs'
import { startStandin } from './standin.mjs'

const clean = async (found) => assert.deepEqual(await found, [])
const button = (page, name) => page.getByRole('button', { name, exact: true })
const last = (world, op) => world.asked.findLast((asked) => asked.op === op)
const failure = { kind: 'internal', message: 'The ledger cannot be read. Try again.' }

export async function adjust(browser, dist) {
  const world = makeAdjustWorld()
  const standin = await startStandin(dist, world)
  const opened = await openPage(browser, standin.url, { session: true, expected: /status of (404|409|500)/ })
  const stage = { page: opened.page, world, standin, go: (hash) => opened.page.goto(`${standin.url}/#/${hash}`) }
  try {
    await opened.page.clock.setFixedTime(now)
    await repricing(stage)
    await log(stage)
    await drift(stage)
    await reconciling(stage)
    await receipts(stage)
    await narrow(stage)
    await check('no error in the console of these pages, and no request to another origin', () => assert.deepEqual(opened.faults, []))
  } finally {
    await opened.close()
    await standin.stop()
  }
}

async function repricing({ page, world, go }) {
  await check('a repricing is looked at before it is done: sums, models, and what keeps its price', async () => {
    await go('prices?view=repricing')
    await page.getByText('No call was priced again so far.').waitFor()
    await clean(inspect(page, 'reprice-empty'))
    await page.getByLabel('Only calls without a price').check()
    await button(page, 'Look at what would change').click()
    await page.getByRole('heading', { name: '312 of 1,840 calls would change' }).waitFor()
    const asked = last(world, 'reprice.preview')
    assert.equal(asked.unpriced, true)
    assert.equal(asked.since, '2026-10-31T23:00:00.000Z')
    await page.getByText("40 calls: the provider's own figure stays").waitFor()
    await page.getByText('and 4 more models').waitFor()
    await clean(inspect(page, 'reprice-preview'))
  })
  await check('another selection makes what was looked at stale', async () => {
    await page.getByLabel('Model', { exact: true }).fill('gpt-5')
    await page.getByRole('heading', { name: /would change/ }).waitFor({ state: 'detached' })
    await button(page, 'Look at what would change').click()
    await page.getByRole('heading', { name: /would change/ }).waitFor()
    assert.equal(last(world, 'reprice.preview').model, 'gpt-5')
  })
  await check('it is applied with a reason, and with the token of what was shown', async () => {
    assert.equal(await page.getByRole('button', { name: /^Price 312 calls again/ }).isDisabled(), true)
    await page.getByLabel('Why', { exact: true }).fill('A corrected rate')
    await page.getByRole('button', { name: /^Price 312 calls again/ }).click()
    await page.getByText('A corrected rate').waitFor()
    const { token, reason, model, unpriced } = last(world, 'reprice.apply')
    assert.deepEqual({ token, reason, model, unpriced }, { token: '312-abc', reason: 'A corrected rate', model: 'gpt-5', unpriced: true })
    await page.getByRole('heading', { name: /would change/ }).waitFor({ state: 'detached' })
  })
  await check('what is refused is said where it was asked for', async () => {
    world.errors = { 'reprice.preview': { kind: 'invalid', field: 'since', message: 'More than 250000 calls are too many for one repricing. Choose a shorter span, or one model.' } }
    await button(page, 'Look at what would change').click()
    await page.getByText('Choose a shorter span, or one model.').waitFor()
    await clean(inspect(page, 'reprice-refused'))
    world.errors = {}
    world.preview = { ...world.preview, calls: 0, looked: 5, models: [], left: [] }
    await button(page, 'Look at what would change').click()
    await page.getByText('Nothing would change: of 5 calls').waitFor()
  })
}

async function log({ page, world, go }) {
  await check('a repricing is undone after a question', async () => {
    await go('prices?view=repricing')
    await button(page, 'Undo “A corrected rate”').click()
    await page.getByRole('dialog').waitFor()
    await clean(inspect(page, 'reprice-undo'))
    await page.getByRole('dialog').getByRole('button', { name: 'Undo' }).click()
    await page.getByText(/^Undone on/).waitFor()
    assert.equal(last(world, 'reprice.undo').id, 'rep_1')
    await becomes(() => page.getByRole('button', { name: /^Undo “/ }).count(), 0)
  })
  await check('a log that cannot be read says so', async () => {
    world.errors = { 'reprice.list': failure }
    await page.reload()
    await page.getByRole('heading', { name: 'The log of repricings could not be read' }).waitFor()
    world.errors = {}
    await button(page, 'Try again').click()
    await page.getByText('A corrected rate').waitFor()
  })
}

async function drift({ page, world, go }) {
  await check('what providers reported stands beside the price list, as a chart and as a table', async () => {
    await go('prices?view=reported')
    await page.getByRole('slider').waitFor()
    await page.getByText('9 more calls have no price in the list').waitFor()
    assert.deepEqual((({ from, to }) => ({ from, to }))(last(world, 'reported.get')), { from: '2026-11-01', to: '2026-11-30' })
    await clean(inspect(page, 'drift-chart'))
    await button(page, 'Table').or(page.getByRole('button', { name: /table/i })).first().click()
    const link = page.getByRole('region', { name: 'Reported and computed, day by day' }).getByRole('link', { name: 'Nov 20, 2026' }).first()
    assert.equal(await link.getAttribute('href'), '#/calls?since=2026-11-20T00%3A00%3A00.000Z&until=2026-11-21T00%3A00%3A00.000Z')
    await clean(inspect(page, 'drift-table'))
  })
  await check('the worst calls lead to their receipts', async () => {
    const worst = page.getByRole('region', { name: 'Calls that are farthest apart' })
    assert.match(await worst.getByRole('link').first().getAttribute('href'), /^#\/calls\/call_000899999991/)
  })
  await check('days without a report say whose calls would be here', async () => {
    await go('prices?view=reported&span=2026-10-01..2026-10-05')
    await page.getByText('No provider reported what it charged in these days.').waitFor()
    await clean(inspect(page, 'drift-empty'))
    world.errors = { 'reported.get': failure }
    await page.reload()
    await page.getByRole('heading', { name: 'What providers reported could not be read' }).waitFor()
    world.errors = {}
  })
}

async function reconciling({ page, world, go }) {
  await check('an export that nobody knows is refused with its columns', async () => {
    await go('prices?view=reconcile')
    await page.getByText('None yet.').waitFor()
    await clean(inspect(page, 'reconcile-empty'))
    await page.getByLabel('Or paste it').fill('a,b\n1,2\n')
    await button(page, 'Compare the pasted text').click()
    await page.getByText('No export that Weir knows has these columns: a, b.').waitFor()
    await clean(inspect(page, 'reconcile-refused'))
  })
  await check('a file is compared by day and model, and says what differs', async () => {
    await page.getByLabel('Export of the provider').setInputFiles({ name: 'activity.csv', mimeType: 'text/csv', buffer: Buffer.from('generation_id,created_at\n') })
    const table = page.getByRole('region', { name: 'Rows of activity.csv' })
    await table.waitFor()
    assert.equal(last(world, 'reconcile.import').name, 'activity.csv')
    await table.getByText('Differs by output tokens, cost').waitFor()
    await table.getByText('Only at the provider').waitFor()
    await page.getByText('OpenRouter activity (CSV), Nov 18 – 19').waitFor()
    await page.getByText("2 calls of Weir's").waitFor()
    await clean(inspect(page, 'reconcile-result'))
  })
  await check('only differences are shown when they are asked for, and exported so', async () => {
    const table = page.getByRole('region', { name: 'Rows of activity.csv' })
    await becomes(() => table.locator('tbody tr').count(), 4)
    await page.getByRole('radio', { name: 'Only differences' }).click()
    await becomes(() => table.locator('tbody tr').count(), 3)
    const [file] = await Promise.all([page.waitForEvent('download'), button(page, 'Export as CSV').click()])
    assert.equal(file.suggestedFilename(), 'weir-reconciliation-2026-11-20.csv')
    assert.deepEqual((({ id, different }) => ({ id, different }))(last(world, 'reconcile.export')), { id: 'rec_1', different: true })
  })
  await check('earlier comparisons are opened and removed', async () => {
    await button(page, 'Compare another').click()
    await button(page, 'Open activity.csv').click()
    await page.getByRole('region', { name: 'Rows of activity.csv' }).waitFor()
    await button(page, 'Remove activity.csv').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByText('None yet.').waitFor()
    await page.getByLabel('Or paste it').waitFor()
  })
}

async function receipts({ page, world, go }) {
  await check('a receipt shows both figures with their difference, and why it was priced again', async () => {
    const show = world.ops['calls.page']
    world.ops['calls.page'] = (asked) => {
      const list = show(asked)
      const differs = { provider: 'openrouter', price_status: 'provider_reported', lines: [], cost_usd: '0.0213', charge_usd: '0.0213', reported_usd: '0.0213', computed_usd: '0.0201', saved_usd: null, without_cache_usd: null, repriced: { id: 'rep_1', at: '2026-11-20T15:00:00.000Z', reason: 'A corrected rate', old_usd: null, new_usd: '0.0213' } }
      return { ...list, calls: list.calls.map((call, i) => (i === 10 ? { ...call, ...differs } : call)) }
    }
    await go('calls')
    await page.getByRole('row').nth(11).click()
    await page.getByText('Reported by the provider').waitFor()
    await page.getByText(/^Priced again on Nov 20, 2026, from no price to \$0.0213: A corrected rate/).waitFor()
    await page.getByText('+$0.0012').waitFor()
    await clean(inspect(page, 'receipt-reported'))
    world.ops['calls.page'] = show
  })
}

async function narrow({ page, world, go }) {
  for (const [name, size] of [['small', sizes.small], ['zoomed', sizes.zoomed]]) {
    await check(`these pages fit into a ${name} window`, async () => {
      await page.setViewportSize(size)
      await go('prices?view=repricing')
      world.preview = { ...world.preview, ...structuredClone((await import('./adjust-world.mjs')).preview) }
      await button(page, 'Look at what would change').click()
      await page.getByRole('heading', { name: /would change/ }).waitFor()
      await clean(inspect(page, `reprice-${name}`))
      await go('prices?view=reported')
      await page.getByRole('slider').waitFor()
      await clean(inspect(page, `drift-${name}`))
      await go('prices?view=reconcile')
      await page.getByLabel('Or paste it').fill('generation_id')
      await button(page, 'Compare the pasted text').click()
      await page.getByRole('region', { name: 'Rows of Pasted text' }).waitFor()
      await clean(inspect(page, `reconcile-${name}`))
      await button(page, 'Compare another').click()
    })
  }
}
