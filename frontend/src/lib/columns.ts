// Which columns the list of calls has room for, and how wide they are.

export type Column = 'time' | 'key' | 'provider' | 'model' | 'tokens' | 'cost' | 'saved' | 'state'

interface Room {
  before: number // characters left of the point
  after: number // characters from the point on
}

export interface Needs {
  dated: boolean // some row is not of today, so that its time has a day
  cost: Room
  saved: Room
}

export interface Layout {
  columns: Column[]
  wide: boolean // room for more than the least: the number of tokens, several states
  template: string
}

const order: Column[] = ['time', 'key', 'provider', 'model', 'tokens', 'cost', 'saved', 'state']
const always: Column[] = ['time', 'model', 'cost', 'state']
const whereRoom: Column[] = ['saved', 'key', 'tokens'] // the first one is the last to go

const gap = 8 // CallRow's style says the same
const edges = 24
const digit = 8.3 // pixels of the widest of our fonts; only decides what fits

/** Chooses the columns for a list of so many pixels. */
export function layoutFor(width: number, needs: Needs): Layout {
  const fits = (columns: Column[], wide: boolean) =>
    columns.reduce((sum, column) => sum + least(column, wide, needs) + gap, edges - gap) <= width
  let columns = always
  for (const column of whereRoom) {
    const more = order.filter((known) => columns.includes(known) || known === column)
    if (!fits(more, false)) break
    columns = more
  }
  const wide = columns.length === always.length + whereRoom.length && fits(columns, true)
  if (wide && fits(order, true)) columns = order
  return { columns, wide, template: columns.map((column) => track(column, wide, needs)).join(' ') }
}

/** The least width of a column in pixels. */
function least(column: Column, wide: boolean, needs: Needs): number {
  if (column === 'cost' || column === 'saved') return characters(needs[column]) * digit
  if (column === 'time') return needs.dated ? 112 : 74
  const [narrow, comfortable] = { key: [80, 100], provider: [100, 100], model: [118, 150], tokens: [46, 120], state: [98, 174] }[column] as [number, number]
  return wide ? comfortable : narrow
}

function track(column: Column, wide: boolean, needs: Needs): string {
  if (column === 'cost' || column === 'saved') return `${characters(needs[column])}ch`
  const width = column === 'model' && !wide ? '80px' : `${least(column, wide, needs)}px` // a name may be cut where nothing else can go
  const share = { time: 0, key: 0.6, provider: 0.6, model: 1, tokens: 0.2, state: wide ? 0.3 : 0 }[column]
  return share > 0 ? `minmax(${width}, ${share}fr)` : width
}

const characters = (room: Room): number => Math.max(6, room.before + room.after) // the point is narrow, the minus is wide
