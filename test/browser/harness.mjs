// Counts what was checked. A failed check does not stop the ones after it.
import assert, { AssertionError } from 'node:assert/strict'

let passed = 0
const failed = []

/** Runs one check; its name states the rule. */
export async function check(name, work) {
  const begun = performance.now()
  try {
    await work()
    passed++
    console.log(`ok    ${name} (${Math.round(performance.now() - begun)} ms)`)
  } catch (error) {
    failed.push(name)
    console.log(`FAIL  ${name}\n      ${String(error instanceof AssertionError ? error.message : error.stack).replaceAll('\n', '\n      ')}`)
  }
}

const patience = 30_000 // milliseconds: a loaded machine is slow, and a claim that holds is not waited for

/** Waits until a claim holds; it may ask the page. */
export async function eventually(claim) {
  for (const end = performance.now() + patience; ; ) {
    try {
      return await claim()
    } catch (error) {
      if (performance.now() > end) throw error
      await new Promise((resume) => setTimeout(resume, 20))
    }
  }
}

/** Waits until what is read is what it should be: what a page shows may come a moment after what made it come. */
export const becomes = (read, want, why) => eventually(async () => assert.deepEqual(await read(), want, why))

/** Waits until a text that is read is like it should be. */
export const matches = (read, want, why) => eventually(async () => assert.match(await read(), want, why))

/** Does what is answered with words that soon go away: the page itself looks out for them, since a busy test would come too late. */
export async function briefly(within, words, act) {
  const said = [await within.elementHandle(), words]
  await Promise.all([within.page().waitForFunction(([e, words]) => e.innerText.includes(words), said), act()])
}

let turn = Promise.resolve()

/** Lets flows take turns at what a browser has only once. */
function alone(work) {
  const mine = turn.then(work)
  turn = mine.catch(() => undefined)
  return mine
}

/** Presses what copies, and waits until the clipboard, which all pages of a browser share, has what it should. */
export const copies = (page, control, want) =>
  alone(async () => {
    await control.click()
    await matches(() => page.evaluate(() => navigator.clipboard.readText()), want)
  })

/** Says how it went, and how the program is to end. */
export function finish() {
  console.log(`${passed} passed, ${failed.length} failed`)
  return failed.length === 0 ? 0 : 1
}
