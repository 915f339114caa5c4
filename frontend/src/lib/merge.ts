// How live calls enter a list that is sorted newest first. Ids sort by time.
import type { Call } from '../types.gen'

export interface Lists {
  rows: Call[]
  waiting: Call[] // newer than the rows, not shown yet
}

/** Takes in calls that were opened or changed. Known ones change in place; new ones wait when hold is true. */
export function merge({ rows, waiting }: Lists, changed: Map<string, Call>, hold: boolean, complete: boolean): Lists {
  const fresh = new Map(changed)
  const replace = (call: Call): Call => {
    const now = fresh.get(call.id)
    if (now) fresh.delete(call.id)
    return now ? later(call, now) : call
  }
  const kept = rows.map(replace)
  const queued = waiting.map(replace)
  const oldest = kept.at(-1)?.id ?? ''
  const added = [...fresh.values()].filter((call) => complete || call.id > oldest)
  if (hold) return { rows: kept, waiting: newestFirst([...added, ...queued]) }
  return { rows: newestFirst([...added, ...queued], kept), waiting: [] }
}

/** Of two views of one call, returns the later: a call that has ended stays so, whichever answer came last. */
export function later(known: Call, now: Call): Call {
  return now.state === 'open' && known.state !== 'open' ? known : now
}

/** Sorts the newcomers before the rows; only when they overlap is everything sorted. */
function newestFirst(newcomers: Call[], rows: Call[] = []): Call[] {
  const sorted = newcomers.sort(byIdDown)
  const last = sorted.at(-1)
  if (!last) return rows
  const all = [...sorted, ...rows]
  return rows[0] && last.id < rows[0].id ? all.sort(byIdDown) : all
}

function byIdDown(a: Call, b: Call): number {
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0
}
