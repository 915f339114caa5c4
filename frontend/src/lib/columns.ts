// Which columns the list of calls has room for, and how wide they are.

export type Column = 'time' | 'key' | 'model' | 'tokens' | 'figure' | 'cost' | 'saved' | 'state'

interface Room {
  before: number // characters left of the point
  after: number // characters from the point on
}

const from: [Column, number][] = [
  ['time', 0],
  ['model', 0],
  ['cost', 0],
  ['state', 0],
  ['saved', 470],
  ['key', 560],
  ['tokens', 620],
  ['figure', 820],
]

/** Lists the columns that fit into so many pixels; "figure" is the number beside the bar of tokens. */
export function columnsFor(width: number): Column[] {
  return from.filter(([, least]) => width >= least).map(([column]) => column)
}

/** Returns the grid template of a row. Amounts get the room that their column's widest needs. */
export function template(columns: Column[], cost: Room, saved: Room): string {
  const has = (column: Column) => columns.includes(column)
  const wide = has('figure')
  return [
    wide ? '104px' : '88px',
    has('key') && (wide ? 'minmax(90px, 1fr)' : 'minmax(60px, 0.6fr)'),
    wide ? 'minmax(140px, 1.6fr)' : 'minmax(80px, 1fr)',
    has('tokens') && (wide ? '140px' : '56px'),
    money(cost),
    has('saved') && money(saved),
    wide ? 'minmax(170px, 1fr)' : '92px',
  ]
    .filter(Boolean)
    .join(' ')
}

function money(room: Room): string {
  return `${Math.max(6, room.before + room.after + 1)}ch`
}
