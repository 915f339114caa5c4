// Names that clients say, and what a provider calls those models, as rows of a form.
export interface MapRow {
  from: string
  to: string
}

/** What is wrong with a row; null when nothing is. */
export type MapFault = 'from' | 'to' | 'space' | 'twice' | null

export const rowsOf = (map: Record<string, string>): MapRow[] => Object.entries(map).map(([from, to]) => ({ from, to }))

const empty = (row: MapRow): boolean => row.from.trim() === '' && row.to.trim() === ''

/** The rows as the console takes them; rows without any text are left out. */
export function mapOf(rows: MapRow[]): Record<string, string> {
  return Object.fromEntries(rows.filter((row) => !empty(row)).map((row) => [row.from.trim(), row.to.trim()]))
}

/** Judges each row: both names are needed, without spaces, and no name may be said twice. */
export function faults(rows: MapRow[]): MapFault[] {
  return rows.map((row, index) => {
    const [from, to] = [row.from.trim(), row.to.trim()]
    if (empty(row)) return null
    if (!from) return 'from'
    if (!to) return 'to'
    if (/\s/.test(from + to)) return 'space'
    return rows.slice(0, index).some((other) => other.from.trim() === from) ? 'twice' : null
  })
}
