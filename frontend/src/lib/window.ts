// The rows of a long list, which all have one height, so that none needs to be measured.

/** The height of a row in pixels, its hairline included; CallRow's style says the same. */
export const rowHeight = 34

/** Returns the rows [from, to) that are seen at a scroll position; what the heading covers is none. */
export function rowsIn(top: number, height: number): { from: number; to: number } {
  return { from: Math.ceil(top / rowHeight), to: Math.ceil((top + height) / rowHeight) }
}

/** Returns the row to which a key leads; null for a key that leads nowhere. */
export function jump(key: string, at: number, height: number, count: number): number | null {
  const page = Math.max(1, Math.floor(height / rowHeight) - 2)
  const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: count - 1 }
  const to = steps[key]
  return to === undefined ? null : Math.max(0, Math.min(to, count - 1))
}
