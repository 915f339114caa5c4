// Names that clients say, and what a provider calls those models, as rows of a form.
export interface MapRow {
  from: string
  to: string
}

/** What is wrong with a row of names; null when nothing is. */
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

/** What is wrong with a row of headers; null when nothing is. */
export type HeaderFault = 'name' | 'twice' | null

/** Judges each header: it needs a name that can be one, once. Its value may be empty. */
export function headerFaults(rows: MapRow[]): HeaderFault[] {
  const named = (row: MapRow) => row.from.trim().toLowerCase()
  return rows.map((row, index) => {
    if (empty(row)) return null
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(row.from.trim())) return 'name'
    return rows.slice(0, index).some((other) => named(other) === named(row)) ? 'twice' : null
  })
}

/** What is wrong with a row of parameters; null when nothing is. */
export type ParamFault = 'path' | 'json' | 'twice' | null

/** Judges each parameter: it needs a path, once, and JSON as its value. */
export function paramFaults(rows: MapRow[]): ParamFault[] {
  return rows.map((row, index) => {
    if (empty(row)) return null
    const path = row.from.trim()
    if (path.split('.').some((part) => part.trim() === '')) return 'path'
    if (json(row.to) === undefined) return 'json'
    return rows.slice(0, index).some((other) => other.from.trim() === path) ? 'twice' : null
  })
}

/** The parameters as the console takes them. */
export const paramsOf = (rows: MapRow[]): Record<string, unknown> => Object.fromEntries(rows.filter((row) => !empty(row)).map((row) => [row.from.trim(), json(row.to)]))

/** The rows of parameters, their values written as JSON. */
export const paramRows = (params: Record<string, unknown>): MapRow[] => Object.entries(params).map(([from, value]) => ({ from, to: JSON.stringify(value) }))

/** Reads JSON; undefined when it is none. */
function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
