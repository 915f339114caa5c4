// Drives the page in a real browser: first against the real program, then against a stand-in for what is rare.
import { access, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { adjust } from './adjust.mjs'
import { weigh } from './balance.mjs'
import { launch } from './browser.mjs'
import { bound } from './limits.mjs'
import { miss } from './cache.mjs'
import { join } from './connect.mjs'
import { take } from './exports.mjs'
import { fill } from './forms.mjs'
import { check, finish } from './harness.mjs'
import { price } from './prices.mjs'
import { drive } from './real.mjs'
import { walk } from './list.mjs'
import { survey } from './overview.mjs'
import { visit } from './rare.mjs'
import { retain } from './retention.mjs'
import { settle } from './settings.mjs'
import { use } from './used.mjs'

const root = new URL('../../', import.meta.url).pathname
const binary = path.resolve(root, process.env.WEIR_BIN ?? 'out/weir')
const dist = path.join(root, 'frontend', 'dist')
const atOnce = 4

const [home, used] = [await mkdtemp(path.join(tmpdir(), 'weir-browser-')), await mkdtemp(path.join(tmpdir(), 'weir-used-'))]
const browser = await launch()
try {
  await check('the program and the page are built', () => Promise.all([access(binary), access(path.join(dist, 'index.html'))]))
  const flows = [
    ['the real program, from its first start to its end', () => drive(browser, binary, home)],
    ['the real program, after forty days', () => use(browser, binary, used)],
    ['the forms of providers and keys', () => fill(browser, dist)],
    ['limits, groups and the alarm', () => bound(browser, dist)],
    ['exports', () => take(browser, dist)],
    ['caches', () => miss(browser, dist)],
    ['the prices, on the real program', () => price(browser, binary)],
    ['repricing, reported and reconciled', () => adjust(browser, dist)],
    ['balances at providers, and how they count', () => weigh(browser, dist)],
    ['the overview', () => survey(browser, dist)],
    ['the stand-in, where something is wrong', () => visit(browser, dist)],
    ['the stand-in, with 100,000 calls', () => walk(browser, dist)],
    ['assistants, on a stand-in and for real', () => join(browser, dist, binary)],
    ['the settings, the notices, the first steps and the window', () => settle(browser, dist)],
    ['how long calls keep their details', () => retain(browser, dist)],
  ]
  const next = flows.values() // whoever is done takes the next one: more at once than cores can bear only wait for each other
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (const [name, go] of next) await check(name, go)
  }))
} finally {
  await browser.close()
  for (const folder of [home, used]) await rm(folder, { recursive: true, force: true })
}
process.exitCode = finish()
