// Counts what was checked. A failed check does not stop the ones after it.
import { AssertionError } from 'node:assert'

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

/** Waits until a claim holds. */
export async function eventually(claim, tries = 100) {
  for (;;) {
    try {
      return claim()
    } catch (error) {
      if (tries-- === 0) throw error
      await new Promise((resume) => setTimeout(resume, 20))
    }
  }
}

/** Says how it went, and how the program is to end. */
export function finish() {
  console.log(`${passed} passed, ${failed.length} failed`)
  return failed.length === 0 ? 0 : 1
}
