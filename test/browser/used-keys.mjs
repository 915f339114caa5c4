// What a person without a mouse meets on a used Weir.
import assert from 'node:assert/strict'
import { check } from './harness.mjs'

const most = 400 // steps of the Tab key on one page

/** Goes through each page with Tab alone. */
export async function walkThrough({ page, go }, places) {
  for (const [name, place, ready] of places) {
    await check(`the page “${name}” is gone through by keyboard in the order in which it is read, and every step is seen`, async () => {
      await go(place, ready)
      await page.evaluate(watch)
      const wrong = []
      let steps = 0
      for (; steps < most; steps++) {
        await page.keyboard.press('Tab')
        const step = await page.evaluate(() => window.step_())
        if (step.done) break
        wrong.push(...step.wrong)
      }
      assert.ok(steps > 10 && steps < most, `${steps} steps`)
      assert.deepEqual(wrong, [])
    })
  }
}

/** Runs in the page: `step_` says what is wrong with where the focus is now. */
function watch() {
  document.activeElement?.blur()
  let before = null
  const name = (e) => `${e.tagName.toLowerCase()} “${(e.getAttribute('aria-label') ?? e.innerText ?? '').trim().slice(0, 40)}”`
  const lands = (e, box) => {
    const at = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, innerHeight / 2))
    return at !== null && (e.contains(at) || at.contains(e) || at.closest('label')?.control === e)
  }
  window.step_ = () => {
    const e = document.activeElement
    if (!e || e === document.body || (before && e.compareDocumentPosition(before) & Node.DOCUMENT_POSITION_FOLLOWING)) return { done: true }
    const [box, style, wrong] = [e.getBoundingClientRect(), getComputedStyle(e), []]
    if (style.outlineStyle === 'none' && style.boxShadow === 'none') wrong.push(`${name(e)} does not show the focus`)
    if (box.width === 0 || box.bottom <= 0 || box.top >= innerHeight || !lands(e, box)) wrong.push(`${name(e)} is not seen`)
    const last = before?.isConnected && before.parentElement === e.parentElement ? before.getBoundingClientRect() : null
    if (last && (box.bottom <= last.top || (box.top < last.bottom && box.right <= last.left))) wrong.push(`${name(e)} comes after ${name(before)}`)
    before = e
    return { done: false, wrong }
  }
}

const focused = (page, opener) => page.waitForFunction((e) => e === document.activeElement, opener)

/** Opens what lies over a page and closes it again, by keyboard. */
export async function dialogs({ page, go }) {
  const back = async (opener, role) => {
    const handle = await opener.elementHandle()
    await opener.focus()
    await page.keyboard.press('Enter')
    const over = page.getByRole(role)
    await over.waitFor()
    await page.waitForFunction((e) => e.contains(document.activeElement), await over.elementHandle()) // what opens has the focus
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0, 'nothing moves for who wants less motion')
    for (let i = 0; role === 'dialog' && i < 40; i++) {
      await page.keyboard.press('Tab')
      assert.ok(await over.evaluate((e) => e.contains(document.activeElement)), 'the focus stays in what is open')
    }
    await page.keyboard.press('Escape')
    await over.waitFor({ state: 'detached' })
    await focused(page, handle)
  }
  const things = (page) => page.locator('[data-row]').nth(2)
  for (const [place, names] of [['providers', ['Add a provider', 'Edit']], ['keys', ['Add a key', 'Add a group', 'Edit', 'Change limits']]]) {
    await check(`what opens above “${place}” keeps the focus and gives it back`, async () => {
      await go(place, things)
      for (const name of names) await back(page.getByRole('button', { name, exact: true }).first(), 'dialog')
      await back(page.getByRole('button', { name: /^More for/ }).first(), 'menu')
    })
  }
  await check('a question that a menu asks gives the focus back to the menu', async () => {
    await go('keys', things)
    const more = page.locator('[data-row]').getByRole('button', { name: /^More for/ }).first()
    const handle = await more.elementHandle()
    await more.focus()
    await page.keyboard.press('Enter')
    const taken = page.getByRole('menuitem').and(page.locator(':focus'))
    await taken.waitFor()
    await page.keyboard.press('End')
    await taken.and(page.getByRole('menuitem', { name: 'Revoke…' })).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await focused(page, handle)
  })
}
