// Limits that people live with: marks, groups, top-ups, pace, the alarm; on a stand-in that remembers what it was asked.
import assert from 'node:assert/strict'
import { inspect, openPage, sizes } from './browser.mjs'
import { makeFormsWorld, refusal } from './forms-world.mjs'
import { becomes, check } from './harness.mjs'
import { startStandin } from './standin.mjs'
import { noPace } from './world.mjs'

const clean = async (found) => assert.deepEqual(await found, [])
const button = (page, name) => page.getByRole('button', { name, exact: true })
const row = (page, id) => page.locator(`[data-row="${id}"]`)
const dialog = (page) => page.getByRole('dialog')
const gone = (page) => dialog(page).waitFor({ state: 'detached' })
const last = (world, op) => world.asked.findLast((asked) => asked.op === op)
const focused = (page) => page.evaluate(() => document.activeElement?.labels?.[0]?.innerText ?? document.activeElement?.innerText)

async function choose(page, item, name) {
  await button(page, `More for ${item}`).click()
  await page.getByRole('menuitem', { name }).click()
}

export async function bound(browser, dist) {
  const world = furnish(makeFormsWorld(30))
  const standin = await startStandin(dist, world)
  const opened = await openPage(browser, standin.url, { session: true, expected: /status of (409|500)/ })
  const stage = { page: opened.page, world, standin, go: (hash) => opened.page.goto(`${standin.url}/#/${hash}`) }
  try {
    await opened.page.clock.setFixedTime(new Date('2026-11-20T16:20:00Z'))
    await marks(stage)
    await simple(stage)
    await everything(stage)
    await groups(stage)
    await adjusting(stage)
    await pacing(stage)
    await alarm(stage)
    await everySize(stage)
    await check('no error in the console of limits, and no request to another origin', () => assert.deepEqual(opened.faults, []))
  } finally {
    await opened.close()
    await standin.stop()
  }
}

/** A group with two keys, limits at every mark, and one that only warns. */
function furnish(world) {
  const like = world.keys[0].limits[0]
  const limit = (id, differs) => ({ ...like, id, held: '0', ...differs })
  world.groups = [{ id: 'grp_1', name: 'Team', limits: [limit('lim_g', { amount: '10', spent: '3.10', left: '6.9', mark: 0 })], pace: { ...noPace, running: 4 }, spent_usd: '41.2', created_at: '2026-11-01T09:00:00.000Z' }]
  world.keys = [
    { ...world.keys[0], group_id: 'grp_1', limits: [limit('lim_1', { amount: '5', spent: '4.1', left: '0.78', held: '0.12', mark: 80 }), limit('lim_2', { amount: '50', window: 'month', spent: '46', left: '4', mark: 90, hard: false })] },
    { ...world.keys[1], limits: [limit('lim_3', { amount: '1', spent: '1.02', left: '0', mark: 100 }), limit('lim_4', { amount: '1', window: 'week', spent: '1.02', extra: '2', left: '1.98', mark: 0 })] },
    world.keys[2],
    { ...world.keys[3], limits: [], group_id: 'grp_1', state: 'active' },
  ]
  world.changes = [{ id: 1, limit_id: 'lim_4', kind: 'topup', amount: '2', unit: 'usd', reason: 'A week with a release', at: '2026-11-19T09:00:00.000Z', window_starts_at: null }]
  return world
}

async function marks({ page, go }) {
  await check('each bar says in words which mark it has passed, and what that means', async () => {
    await go('keys')
    await row(page, 'key_1').getByText('84.4% · past the 80% mark').waitFor()
    await row(page, 'key_1').getByText('past the 90% mark').waitFor()
    await row(page, 'key_1').getByText('only warns').waitFor()
    await row(page, 'key_2').getByText('used up, new calls are refused').waitFor()
    await row(page, 'key_2').getByText('and $2 added').waitFor()
    await becomes(() => row(page, 'key_1').getByRole('progressbar').first().getAttribute('aria-valuetext'), '84.4% · past the 80% mark')
    await clean(inspect(page, 'limits'))
  })
  await check('a key without limits shows those of its group, and leads there', async () => {
    await row(page, 'key_4').getByText('It answers with the quota of its group').waitFor()
    await row(page, 'key_4').getByText('$3.10 of $10 today').waitFor()
    await row(page, 'key_4').getByRole('link', { name: 'Team' }).click()
    await page.locator('[data-row=grp_1][aria-current=true]').waitFor()
  })
}

async function simple({ page, world }) {
  await check('a new key needs a name and at most one amount, by keyboard alone', async () => {
    await button(page, 'Add a key').focus()
    await page.keyboard.press('Enter')
    await dialog(page).locator('input:focus').waitFor()
    await clean(inspect(page, 'limits-key-simple'))
    assert.equal(await dialog(page).getByRole('textbox').count(), 2)
    await page.keyboard.type('Gemini CLI')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.type('5')
    await page.keyboard.press('Enter')
    await button(page, 'I have copied it').click()
    await gone(page)
    const { op, ...asked } = last(world, 'keys.add')
    assert.deepEqual(asked, { name: 'Gemini CLI', on_limit: 'finish', limits: ['5usd/day'] })
  })
  await check('an amount that is left empty is no limit', async () => {
    await button(page, 'Add a key').click()
    await page.getByLabel('Name', { exact: true }).fill('Free')
    await page.keyboard.press('Enter')
    await button(page, 'I have copied it').click()
    await gone(page)
    assert.equal(last(world, 'keys.add').limits, undefined)
  })
}

async function everything({ page, world }) {
  await check('behind “More” is all that a key may and may not', async () => {
    await button(page, 'Add a key').click()
    await page.getByLabel('Name', { exact: true }).fill('Intern')
    await page.getByText('More', { exact: true }).click()
    await clean(inspect(page, 'limits-key-more'))
    await page.getByLabel('Only these models').fill('gpt-*, claude-*')
    await page.keyboard.press('Enter')
    await dialog(page).getByRole('listitem').getByText('gpt-*').waitFor()
    await page.getByLabel('Never these models').fill('gpt-5-pro')
    await page.getByLabel('Most for one call, $').fill('$2')
    await becomes(() => dialog(page).getByRole('listitem').allInnerTexts(), ['gpt-*', 'claude-*', 'gpt-5-pro'])
    await page.getByLabel('Cut running calls').check()
    await page.getByLabel(/^Let no answer be longer/).check()
    await page.getByLabel('Requests a minute').fill('sixty')
    await page.getByLabel(/^Pause this key when the alarm rings/).check()
    await page.getByLabel('Only from these networks').fill('10.0.0.0/8')
    await button(page, 'Add the key').click()
    await page.getByText('Whole numbers such as 60.').waitFor()
    await becomes(() => focused(page), 'Requests a minute')
    await page.getByLabel('Requests a minute').fill('60')
    await button(page, 'Remove claude-*').click()
    await clean(inspect(page, 'limits-key-filled'))
    await button(page, 'Add the key').click()
    await button(page, 'I have copied it').click()
    await gone(page)
    const { op, ...asked } = last(world, 'keys.add')
    assert.deepEqual(asked, { name: 'Intern', on_limit: 'cut', models: ['gpt-*'], denied_models: ['gpt-5-pro'], clamp: true, most_per_call_usd: '2', pause_on_burn: true, networks: ['10.0.0.0/8'], pace: { requests: 60, tokens: 0, running: 0 } })
    await page.getByText('only gpt-* · never gpt-5-pro · at most $2 for one call · at most 60 requests a minute · only from 10.0.0.0/8').waitFor()
  })
  await check('what Weir refuses stands at its field, which is unfolded', async () => {
    const work = world.ops['keys.add']
    world.ops['keys.add'] = () => {
      throw refusal('invalid', 'networks', '“home” is no network. Write it as in 192.168.1.0/24.')
    }
    await button(page, 'Add a key').click()
    await page.getByLabel('Name', { exact: true }).fill('Home')
    await page.keyboard.press('Enter')
    await page.getByText('“home” is no network.').waitFor()
    await becomes(() => focused(page), 'Only from these networks')
    world.ops['keys.add'] = work
    await button(page, 'Cancel').click()
    await gone(page)
  })
}

async function groups({ page, world }) {
  await check('a group is made of keys, with a budget that they share', async () => {
    await button(page, 'Add a group').click()
    await dialog(page).waitFor()
    await clean(inspect(page, 'limits-group'))
    await button(page, 'Add the group').click()
    await page.getByText('Give the group a name.').waitFor()
    await page.getByLabel('Name', { exact: true }).fill('Release')
    await page.getByLabel('Amount').fill('20')
    await dialog(page).getByLabel('Codex').check()
    await dialog(page).getByText('leaves Team').first().waitFor()
    await button(page, 'Add the group').click()
    await gone(page)
    const { op, ...asked } = last(world, 'groups.add')
    assert.deepEqual(asked, { name: 'Release', key_ids: ['key_2'], pace: { requests: 0, tokens: 0, running: 0 }, limits: ['20usd/day'] })
    await row(page, 'key_2').getByText('It also counts in the group').waitFor()
  })
  await check('a group is renamed, bounded and removed; its keys stay', async () => {
    const release = page.locator('[data-row^=grp_]', { hasText: 'Release' })
    await release.getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Launch')
    await dialog(page).getByLabel('Codex').uncheck()
    await button(page, 'Save').click()
    await gone(page)
    const launch = page.locator('[data-row^=grp_]', { hasText: 'Launch' })
    await launch.getByText('No key is in it.').waitFor()
    await launch.getByRole('button', { name: 'Change limits' }).click()
    await button(page, 'Add a limit').click()
    await page.getByLabel('Amount').nth(1).fill('15')
    await dialog(page).getByLabel('When it is used up').nth(1).click()
    await page.getByRole('option', { name: 'only warn' }).click()
    await clean(inspect(page, 'limits-group-limits'))
    await button(page, 'Save the limits').click()
    await gone(page)
    assert.deepEqual(last(world, 'groups.limit').limits, ['20usd/day', '15usd/week:warn'])
    await launch.getByText('only warns').waitFor()
    await choose(page, 'Launch', 'Remove…')
    await dialog(page).getByText('No key is in it').waitFor()
    await dialog(page).getByRole('button', { name: 'Remove' }).click()
    await gone(page)
    await launch.waitFor({ state: 'detached' })
    await choose(page, 'Team', 'Remove…')
    await dialog(page).getByText('The 2 keys in it stay.').waitFor()
    await page.keyboard.press('Escape')
    await gone(page)
  })
}

async function adjusting({ page, world }) {
  await check('a limit is topped up with a reason, which its log keeps', async () => {
    await choose(page, 'Codex', 'Top up or reset…')
    await dialog(page).getByLabel(/^Limit/).click()
    await page.getByRole('option', { name: '$1 per week' }).click()
    await dialog(page).getByText('A week with a release').waitFor()
    await clean(inspect(page, 'limits-adjust'))
    await button(page, 'Top up').click()
    await page.getByText('Say why, in a few words.').waitFor()
    await becomes(() => focused(page), 'Add, $')
    await page.getByLabel('Add, $').fill('$3')
    await page.getByLabel('Reason').fill('One more day')
    await button(page, 'Top up').click()
    await gone(page)
    const { op, ...asked } = last(world, 'limits.topup')
    assert.deepEqual(asked, { id: 'lim_4', amount: '3', reason: 'One more day' })
    await row(page, 'key_2').getByText('and $5 added').waitFor()
  })
  await check('a limit is reset with a reason', async () => {
    await choose(page, 'Codex', 'Top up or reset…')
    await page.getByLabel(/^Reset/).check()
    await becomes(() => dialog(page).getByLabel('Add, $').count(), 0)
    await page.getByLabel('Reason').fill('A loop, mended')
    await page.keyboard.press('Enter')
    await gone(page)
    const { op, ...asked } = last(world, 'limits.reset')
    assert.deepEqual(asked, { id: 'lim_3', reason: 'A loop, mended' })
    await row(page, 'key_2').getByText('$0 of $1 today').waitFor()
  })
}

async function pacing({ page, world, standin }) {
  await check('all keys together are given a pace', async () => {
    await choose(page, 'Account', 'How fast all keys may go…')
    await page.getByLabel('Tokens a minute').fill('100,000')
    await page.keyboard.press('Enter')
    await gone(page)
    assert.deepEqual(last(world, 'account.pace').pace, { requests: 0, tokens: 100_000, running: 0 })
    await page.getByText('All keys together: at most 100,000 tokens a minute.').waitFor()
  })
  await check('everything is paused and resumed with one button', async () => {
    const set = (paused) => () => (world.status = { ...world.status, paused })
    Object.assign(world.ops, { 'relay.pause': set(true), 'relay.resume': set(false) })
    await button(page, 'Pause all').click()
    await button(page, 'Resume all').click()
    await button(page, 'Pause all').waitFor()
    standin.send('status')
  })
}

async function alarm({ page, world, standin, go }) {
  const burn = { key_id: 'key_2', name: 'Codex', spent_usd: '6.1', minutes: 10, usual_usd: '1.2', times: '5.0', at: '2026-11-20T16:10:00.000Z', paused: false }
  await check('an alarm that rings is said with what is usual, and its key can be paused', async () => {
    world.alarm = { ...world.alarm, burning: [burn, { ...burn, key_id: 'key_1', name: 'Claude Code', paused: true }] }
    standin.send('burn')
    await page.getByText('Codex spent $6.10 in 10 minutes, 5 times the usual $1.20.').waitFor()
    await page.getByText('It was paused.').waitFor()
    await clean(inspect(page, 'limits-burning'))
    await page.getByRole('status').filter({ hasText: 'Codex' }).getByRole('button', { name: 'Pause' }).click()
    await row(page, 'key_2').getByText('paused', { exact: true }).waitFor()
    await becomes(() => last(world, 'keys.pause').id, 'key_2')
  })
  await check('the alarm is set, and switched off', async () => {
    await choose(page, 'Account', 'Alarm for fast spending…')
    await clean(inspect(page, 'limits-alarm'))
    await page.getByLabel('Times the usual').fill('3')
    await page.getByLabel('From, $').fill('$2')
    await page.getByRole('switch').click()
    await button(page, 'Save').click()
    await gone(page)
    const { op, ...asked } = last(world, 'alarm.set')
    assert.deepEqual(asked, { on: false, times: 3, least_usd: '2' })
    await page.getByText('The alarm for fast spending is off.').waitFor()
    world.alarm = { ...world.alarm, burning: [] }
  })
  await check('the overview names what spends fast, and the group that is near its limit', async () => {
    await go('overview')
    await page.getByRole('link', { name: 'Codex spent $6.10 in 10 minutes' }).waitFor()
    await page.getByRole('link', { name: 'Team' }).first().click()
    await page.locator('[data-row=grp_1]').waitFor()
  })
}

async function everySize({ page, world, standin }) {
  await check('groups, keys and their forms fit into every window', async () => {
    world.groups = [...world.groups, { ...world.groups[0], id: 'grp_2', name: `${'x'.repeat(79)}y`, limits: [] }]
    standin.send('keys')
    await row(page, 'grp_2').waitFor()
    for (const size of ['small', 'zoomed', 'phone']) {
      await page.setViewportSize(sizes[size])
      await clean(inspect(page, `limits-${size}`, { axe: size === 'zoomed' }))
    }
    for (const size of ['small', 'zoomed']) {
      await page.setViewportSize(sizes[size])
      await button(page, 'Add a key').click()
      await page.getByText('More', { exact: true }).click()
      await clean(inspect(page, `limits-form-${size}`, { axe: size === 'zoomed' }))
      await button(page, 'Cancel').click()
      await gone(page)
    }
    await page.setViewportSize(sizes.wide)
  })
}
