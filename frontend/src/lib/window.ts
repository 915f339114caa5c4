// Which rows of a long list are drawn. All rows have one height, so no row needs to be measured.

/** The height of a row in pixels, its hairline included; CallTable's style says the same. */
export const rowHeight = 34

const beyond = 8 // rows drawn above and below what is seen

/** Returns the rows [from, to) to draw for a scroll position. */
export function windowOf(count: number, top: number, height: number): { from: number; to: number } {
  const first = Math.floor(top / rowHeight) - beyond
  const last = Math.ceil((top + height) / rowHeight) + beyond
  return { from: Math.max(0, Math.min(first, count)), to: Math.max(0, Math.min(last, count)) }
}
