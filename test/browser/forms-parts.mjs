// What the forms of providers and keys are driven by.
import assert from 'node:assert/strict'

export const clean = async (found) => assert.deepEqual(await found, [])
export const button = (page, name) => page.getByRole('button', { name, exact: true })
export const row = (page, id) => page.locator(`[data-row="${id}"]`)
export const dialog = (page) => page.getByRole('dialog')
export const order = (page) => page.locator('ol > [data-row]').evaluateAll((rows) => rows.map((row) => row.dataset.row))
export const last = (world, op) => world.asked.findLast((asked) => asked.op === op)
export const asked = (world, op) => world.asked.filter((one) => one.op === op).length
export const typing = (page, label) => page.getByLabel(label, { exact: true }).and(page.locator(':focus')).waitFor()
export const gone = (page) => dialog(page).waitFor({ state: 'detached' })
export const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.labels?.[0]?.innerText ?? document.activeElement?.innerText)

export async function choose(page, item, name) {
  await button(page, `More for ${item}`).click()
  await page.getByRole('menuitem', { name }).click()
}
