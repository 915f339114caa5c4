// In which order providers are tried: by priority, the larger one first; equals share by weight.
import type { Provider } from '../types.gen'

/** Where a provider stands among those that are enabled. */
export interface Place {
  first: boolean
  sharing: number // how many others have the same priority
  weight: number
  total: number // the weights of all that have this priority
}

/** Sorts providers as they are tried; among equals the order of the list stays. */
export function byPriority(providers: Provider[]): Provider[] {
  return [...providers].sort((a, b) => b.priority - a.priority)
}

/** Says where an enabled provider stands; null for one that is disabled, or that has nobody beside it. */
export function placeOf(provider: Provider, providers: Provider[]): Place | null {
  const enabled = providers.filter((other) => other.enabled)
  if (!provider.enabled || enabled.length < 2) return null
  const equals = enabled.filter((other) => other.priority === provider.priority)
  return {
    first: enabled.every((other) => other.priority <= provider.priority),
    sharing: equals.length - 1,
    weight: provider.weight,
    total: equals.reduce((sum, other) => sum + other.weight, 0),
  }
}

export interface Priority {
  id: string
  priority: number
}

/** Says whether a provider can be tried earlier (up) or later (down) than it is. */
export function canMove(id: string, providers: Provider[], way: 'up' | 'down'): boolean {
  const levels = levelsOf(providers)
  const own = levels.at(way === 'up' ? -1 : 0) ?? []
  return own.length > 1 || own[0]?.id !== id
}

/** Moves a provider past its equals, or past the level next to its own; returns the priorities that change. */
export function moved(id: string, providers: Provider[], way: 'up' | 'down'): Priority[] {
  const levels = levelsOf(providers)
  const values = levels.map((level) => level[0]?.priority ?? 0)
  const at = levels.findIndex((level) => level.some((provider) => provider.id === id))
  const provider = levels[at]?.find((one) => one.id === id)
  if (!provider || !canMove(id, providers, way)) return []
  const rest = (levels[at] ?? []).filter((one) => one !== provider)
  const step = way === 'up' ? 1 : -1
  if (rest.length > 0) levels.splice(at, 1, ...(way === 'up' ? [rest, [provider]] : [[provider], rest]))
  else [levels[at], levels[at + step]] = [levels[at + step] ?? [], [provider]]
  if (levels.length > values.length) values.push((values.at(-1) ?? 0) + 1)
  return levels.flatMap((level, i) => level.map((one) => ({ id: one.id, priority: values[i] ?? 0, was: one.priority })))
    .filter(({ priority, was }) => priority !== was)
    .map(({ id, priority }) => ({ id, priority }))
}

/** Providers by priority, the smallest first. */
function levelsOf(providers: Provider[]): Provider[][] {
  const levels = new Map<number, Provider[]>()
  for (const provider of providers) levels.set(provider.priority, [...(levels.get(provider.priority) ?? []), provider])
  return [...levels.entries()].sort(([a], [b]) => a - b).map(([, level]) => level)
}
