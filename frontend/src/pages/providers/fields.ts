// What the forms about a provider know of the console's answers.
import type { ApiError } from '../../api'

/** The fields that can say themselves what is wrong with them. */
export const fields = ['type', 'name', 'secret', 'base_url', 'models', 'map', 'priority', 'weight', 'price_as', 'proxy', 'timeouts', 'headers', 'params']

/** Those of them that lie under "Advanced". */
export const advanced = ['models', 'map', 'priority', 'weight', 'price_as', 'proxy', 'timeouts', 'headers', 'params']

export const fieldOf = (error: ApiError | null): string => error?.field ?? ''

/** Says whether only the test failed: what was asked for can be saved as it is. */
export function canSaveAnyway(error: ApiError | null): boolean {
  return error?.kind === 'bad_upstream' || error?.kind === 'unreachable'
}
