/** Scrolls the row that an address names into view, unfolding it first; returns its id, or null when it is not there. */
export function mark(box: HTMLElement | undefined, id: string | null): string | null {
  const row = id === null ? null : box?.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`)
  if (!row) return null
  const folded = row.closest('details')
  if (folded) folded.open = true
  row.scrollIntoView({ block: 'center' })
  return id
}
