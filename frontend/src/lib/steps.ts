// The way from nothing to the first call, as a list to tick off.
import type { Status } from '../types.gen'

export const steps = ['provider', 'key', 'call'] as const
export type Step = (typeof steps)[number]

/** Says which steps are done. */
export function progress(status: Status): Record<Step, boolean> {
  return { provider: status.has_providers, key: status.has_keys, call: status.has_calls }
}

/** Returns the step to take next; null when all are done. */
export function nextStep(status: Status): Step | null {
  const done = progress(status)
  return steps.find((step) => !done[step]) ?? null
}
