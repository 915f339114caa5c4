// What caches did, and why a call missed one: on a stand-in.
import assert from 'node:assert/strict'
import { inspect, openPage, sizes, tryAgain } from './browser.mjs'
import { becomes, check, eventually, matches } from './harness.mjs'
import { makeSettingsWorld } from './settings-world.mjs'
import { startStandin } from './standin.mjs'

const clean = async (found) => assert.deepEqual(await found, [])
const tall = { width: 1280, height: 1100 }
const card = (page, name) => page.getByRole('region', { name, exact: true })

export async function miss(browser, dist) {
  const world = furnish(makeSettingsWorld(30))
  const standin = await startStandin(dist, world)
  const opened = await openPage(browser, standin.url, { session: true, expected: /status of (404|500)/ })
  const stage = { page: opened.page, world, standin, go: (hash) => opened.page.goto(`${standin.url}/#/${hash}`) }
  try {
    await opened.page.clock.setFixedTime(new Date('2026-11-20T16:20:00Z'))
    await panel(stage)
    await parting(stage)
    await causes(stage)
    await receipts(stage)
    await switching(stage)
    await tooMuch(stage)
    await states(stage)
    await check('no error in the console of the cache page, and no request to another origin', () => assert.deepEqual(opened.faults, []))
  } finally {
    await opened.close()
    await standin.stop()
  }
}

async function panel({ page, world, go }) {
  await check('a cache page that is still coming shows its outline', async () => {
    let come
    world.slow = { 'cache.get': new Promise((done) => (come = done)) }
    await go('cache')
    await page.getByRole('status', { name: 'Loading' }).waitFor()
    world.slow = {}
    come()
    await card(page, 'Why caches were missed').waitFor()
  })
  await check('what caches did is readable in both themes and at every size', async () => {
    await page.setViewportSize(tall)
    await clean(inspect(page, 'cache'))
    for (const size of ['small', 'zoomed', 'phone']) {
      await page.setViewportSize(sizes[size])
      await clean(inspect(page, `cache-${size}`, { axe: size === 'zoomed' }))
    }
    await page.setViewportSize(tall)
  })
  await check('the tiles say what was read, saved, lost and wasted, and since when that is known', async () => {
    for (const [name, words] of [['Read from caches in 7 days', /86\.4%[^]*of[^]*input tokens/], ['Saved by cache in 7 days', /\$9\.20/], ['Lost by misses in 7 days', /\$1\.84[^]*At most: 9 calls[^]*1 of them has no price[^]*known since/], ['Wasted writes in 7 days', /\$0\.31[^]*read by no call within their life[^]*may still be read/]])
      await matches(() => card(page, name).innerText(), words, name)
  })
}

async function parting({ page, world }) {
  await check('tokens are parted by model, key and assistant, with a table beside the bars', async () => {
    const tokens = card(page, 'Tokens of prompts')
    assert.match(await tokens.getByRole('region', { name: 'Tokens of prompts in figures' }).innerText(), /claude-opus-5-5[^]*86\.4%/)
    assert.equal(await tokens.getByRole('link', { name: 'claude-opus-5-5' }).getAttribute('href'), '#/calls?span=7d&model=claude-opus-5-5')
    await tokens.getByRole('radio', { name: 'Assistant' }).click().catch(() => tokens.getByText('Assistant', { exact: true }).first().click())
    await tokens.getByRole('columnheader', { name: 'Assistant' }).waitFor()
    await matches(() => tokens.innerText(), /Claude Code/)
    await becomes(() => new URL(page.url()).hash, '#/cache?by=assistant')
  })
  await check('another period is asked for as such', async () => {
    await page.goto(`${page.url().split('#')[0]}#/cache?span=today`)
    await card(page, 'Lost by misses today').waitFor()
    await becomes(() => Date.parse(world.spans.at(-1).to) - Date.parse(world.spans.at(-1).from), 86_400_000)
  })
}

async function causes({ page, go, world }) {
  await check('misses stand by their cause and by their cost, and lead to their receipts', async () => {
    await go('cache')
    await matches(() => card(page, 'Why caches were missed').innerText(), /Tools changed[^]*\$1[^]*\.20[^]*4 calls[^]*Too long a pause/)
    const dearest = card(page, 'Dearest misses')
    await matches(() => dearest.innerText(), /The tools changed, from tool 3 on\.[^]*2 h 10 min passed since the last call\. This cache lives 5 min\./)
    assert.equal(await dearest.getByRole('link').first().getAttribute('href'), `#/calls/${world.at(3).id}`)
  })
}

async function receipts({ page, go, world }) {
  await check('the receipt of a call that missed its cache says why, what it cost and what to do', async () => {
    await page.setViewportSize(sizes.wide)
    await go(`calls/${world.at(10).id}`)
    const why = page.getByRole('region', { name: 'Why the cache was missed' })
    await why.waitFor()
    await matches(() => why.innerText(), /2 h 10 min passed since the last call\. This cache lives 5 min\.[^]*Up to \$0\.0634[^]*18,432 tokens[^]*an hour/)
    await clean(inspect(page, 'receipt-missed'))
    await why.getByRole('link', { name: 'The call before' }).click()
    await page.waitForURL(new RegExp(`#/calls/${world.at(12).id}`))
  })
  await check('each cause has its sentence and its advice', async () => {
    for (const [i, [cause, words, facts]] of sentences.entries()) {
      const { id } = world.at(i + 13)
      world.misses[id] = { ...missOf(cause), ...facts }
      await go(`calls/${id}`)
      const why = page.getByRole('region', { name: 'Why the cache was missed' })
      await matches(() => why.innerText(), words, cause)
    }
  })
  await check('a first call says that there was nothing to read, and costs nothing', async () => {
    world.misses[world.at(4).id] = { ...missOf('first'), missed: false, causes: [], cost_usd: null, tokens: 0 }
    await go(`calls/${world.at(4).id}`)
    await page.getByText('The first call of this conversation that Weir saw').waitFor()
    await becomes(() => page.getByRole('region', { name: 'Why the cache was missed' }).count(), 0)
  })
}

async function switching({ page, go, world }) {
  await check('one switch turns the explaining off', async () => {
    await go('settings/privacy')
    await page.getByRole('switch', { name: 'Explain missed caches' }).click()
    await page.getByRole('switch', { name: 'Explain missed caches', checked: false }).waitFor()
    await eventually(() => assert.equal(world.asked.at(-1)?.explain_misses, false)) // a switch does not wait for what it switches
    world.watched = false
    await go('cache')
    await card(page, 'Lost by misses in 7 days').getByRole('link', { name: 'Change that in Settings' }).waitFor()
    await becomes(() => card(page, 'Dearest misses').count(), 0)
    world.watched = true
  })
}

/** Leaves the page and comes back: two addresses in one breath are one. */
async function anew({ page, go }) {
  await go('overview')
  await page.getByRole('heading', { name: 'Overview', exact: true }).waitFor()
  await go('cache')
}

async function tooMuch({ page, go, world }) {
  await check('very many models with very long names stay within the window', async () => {
    world.many = true
    await page.setViewportSize(sizes.small)
    await anew({ page, go })
    await card(page, 'Tokens of prompts').getByText('a-very-long-name').first().waitFor()
    await clean(inspect(page, 'cache-much'))
    world.many = false
  })
}

async function states({ page, go, world }) {
  await check('a period without calls says so, and a failure can be tried again', async () => {
    await page.setViewportSize(sizes.wide)
    world.nothing = true
    await anew({ page, go })
    await page.getByText('No calls in this time that a cache could have served.').waitFor()
    await clean(inspect(page, 'cache-empty'))
    world.nothing = false
    world.errors = { 'cache.get': { kind: 'internal', message: 'The ledger is busy.' } }
    await anew({ page, go })
    await page.getByText('What caches did could not be loaded').waitFor()
    await clean(inspect(page, 'cache-failed'))
    world.errors = {}
    await tryAgain(page)
    await card(page, 'Why caches were missed').waitFor()
  })
}

const nothing = { before_id: null, expected_tokens: null, read_tokens: 0, idle_ms: null, least_life_ms: null, most_life_ms: null, place: null, block: null, setting: null, was: null, blocks: null, least_tokens: null }
const missOf = (cause, differs = {}) => ({ cause, causes: [cause], missed: true, tokens: 18_432, cost_usd: '0.0634', ...nothing, expected_tokens: 18_432, ...differs })
const pause = { idle_ms: 7_800_000, least_life_ms: 300_000, most_life_ms: 300_000 }

const sentences = [
  ['model', /answered by claude-opus-5-5[^]*Stay with one model/, { was: 'claude-opus-5-5' }],
  ['channel', /answered by Anthropic of the team/, { was: 'Anthropic of the team' }],
  ['provider_key', /Another key of this provider/, {}],
  ['tools', /The tools changed, from tool 3 on\./, { place: 3 }],
  ['tools_order', /another order, from tool 1 on[^]*Keep the tools in the same order/, { place: 1 }],
  ['system', /The system prompt differs from block 2 on/, { place: 2 }],
  ['setting', /The setting thinking is not what it was/, { setting: 'thinking' }],
  ['message', /Message 3 is not what it was, from block 2 on/, { place: 3, block: 2 }],
  ['cache_key', /another prompt_cache_key/, {}],
  ['no_mark', /marked with cache_control/, {}],
  ['lookback', /31 blocks lie between/, { blocks: 31 }],
  ['not_kept', /life of 5 min to 1 h was not over/, { idle_ms: 60_000, least_life_ms: 300_000, most_life_ms: 3_600_000 }],
  ['pause', /2 h 10 min passed[^]*lives 30 min at least[^]*The tools changed, from tool 2 on/, { ...pause, most_life_ms: null, least_life_ms: 1_800_000, causes: ['pause', 'tools'], place: 2 }],
  ['tools', /What they would have cost is not known/, { place: 1, cost_usd: null }],
]

/** Gives a stand-in caches; what tests change of it are its fields. */
export function furnish(world) {
  Object.assign(world, { misses: {}, spans: [], watched: true, many: false, nothing: false })
  world.misses[world.at(10).id] = missOf('pause', { ...pause, before_id: world.at(12).id })
  const show = world.ops['calls.show']
  world.ops['calls.show'] = (asked) => ({ ...show(asked), miss: world.misses[asked.id] ?? null })
  world.ops['cache.get'] = (span) => {
    world.spans.push(span)
    return view(world, span)
  }
  return world
}

const sums = (part, differs = {}) => ({
  tokens: { fresh: Math.round(41_000 * part), cache_read: Math.round(2_900_000 * part), cache_write_5m: Math.round(310_000 * part), cache_write_1h: Math.round(105_000 * part), output: Math.round(90_000 * part) },
  hit_permille: 864, saved_usd: (9.2 * part).toFixed(4), wasted_tokens: Math.round(82_000 * part), wasted_usd: (0.3075 * part).toFixed(6), misses: Math.round(9 * part), missed_tokens: Math.round(533_000 * part), missed_usd: (1.8384 * part).toFixed(4), unpriced_misses: 1, ...differs,
})
const share = (id, name, part) => ({ id, name, ...sums(part) })

function view(world, { from, to }) {
  const models = world.many ? Array.from({ length: 40 }, (_, i) => share(`model-${i}`, `${'a-very-long-name-of-a-model-'.repeat(6)}${i}`, 1 / (i + 1))) : [share('claude-opus-5-5', 'claude-opus-5-5', 0.6), share('gpt-5.6-sol', 'gpt-5.6-sol', 0.3), share('glm-5.3-air', 'glm-5.3-air', 0.1)]
  const keys = [share('key_1', 'Claude Code', 0.7), share('key_2', 'Codex', 0.3)]
  const dear = (i, miss) => ({ call_id: world.at(i).id, started_at: world.at(i).started_at, model: world.at(i).model, key_id: world.at(i).key_id, key_name: world.at(i).key_name, miss })
  const empty = { ...sums(0), hit_permille: null, misses: 0, unpriced_misses: 0 }
  if (world.nothing) return { from, to, simulated: false, watched: true, watched_since: from, waiting_tokens: 0, total: empty, models: [], keys: [], assistants: [], causes: [], dearest: [] }
  return {
    from, to, simulated: false, watched: world.watched, watched_since: world.watched ? '2026-11-18T09:12:00.000Z' : null, waiting_tokens: world.watched ? 12_400 : 0, total: sums(1), models, keys,
    assistants: [share('Claude Code', 'Claude Code', 0.7), share('Codex', 'Codex', 0.3)],
    causes: world.watched ? [{ cause: 'tools', calls: 4, tokens: 310_000, cost_usd: '1.2', unpriced: 0 }, { cause: 'pause', calls: 3, tokens: 180_000, cost_usd: '0.6', unpriced: 0 }, { cause: 'not_kept', calls: 1, tokens: 20_000, cost_usd: '0.0384', unpriced: 0 }, { cause: 'system', calls: 1, tokens: 23_000, cost_usd: '0', unpriced: 1 }] : [],
    dearest: world.watched ? [dear(3, missOf('tools', { place: 3, cost_usd: '0.81' })), dear(10, missOf('pause', { ...pause, cost_usd: '0.0634' })), dear(11, missOf('system', { place: 2, cost_usd: null }))] : [],
  }
}
