// How long frames take while a person scrolls.

/** Notes from now on how long each frame took. */
export function watchFrames(page) {
  return page.evaluate(() => {
    window.frames_ = []
    let last = performance.now()
    const tick = (now) => {
      window.frames_.push(now - last)
      last = now
      window.watch_ = requestAnimationFrame(tick)
    }
    window.watch_ = requestAnimationFrame(tick)
  })
}

/** Stops watching and returns the milliseconds of each frame, the shortest first. */
export async function seenFrames(page) {
  const frames = await page.evaluate(() => (cancelAnimationFrame(window.watch_), window.frames_.slice(1)))
  return frames.sort((a, b) => a - b)
}

/** Waits until every drawn row of the list has its call. */
export function rowsThere(page) {
  return page.waitForFunction(() => {
    const rows = document.querySelectorAll('[data-row]')
    return rows.length > 10 && [...rows].every((row) => row.hasAttribute('data-call'))
  })
}
