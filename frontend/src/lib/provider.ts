// A provider as a form edits it, and as the console takes it.
import type { NewProvider, ProviderChange } from '../api'
import type { Provider, ProviderType } from '../types.gen'
import { names } from './lists'
import { mapOf, rowsOf, type MapRow } from './mapping'

export interface ProviderDraft {
  type: string
  name: string
  secret: string
  base_url: string
  models: string
  map: MapRow[]
  priority: number | null // null: the field is empty
  weight: number | null
  count: string
  price_as: string
}

export const blankProvider = (): ProviderDraft => ({ type: '', name: '', secret: '', base_url: '', models: '', map: [], priority: null, weight: null, count: 'auto', price_as: '' })

export function providerDraft(provider: Provider): ProviderDraft {
  const { type, name, base_url, priority, weight, count, price_as } = provider
  return { type, name, base_url, priority, weight, count, price_as: price_as ?? '', secret: '', models: provider.models.join('\n'), map: rowsOf(provider.map) }
}

/** Takes another type over; a name that a type gave goes with it, one that a person wrote stays. */
export function chooseType(draft: ProviderDraft, type: ProviderType, types: ProviderType[]): void {
  const given = draft.name.trim() === '' || types.some((known) => known.name === draft.name)
  draft.type = type.type
  if (given) draft.name = type.name
}

/** What is asked for, without what was left empty. */
export function newProvider(draft: ProviderDraft): NewProvider {
  const all = settled(draft)
  const provider: NewProvider = { type: draft.type, name: all.name, count: all.count }
  if (all.secret) provider.secret = all.secret
  if (all.base_url) provider.base_url = all.base_url
  if (all.models.length) provider.models = all.models
  if (Object.keys(all.map).length) provider.map = all.map
  if (all.priority) provider.priority = all.priority
  if (all.weight !== 1) provider.weight = all.weight
  if (all.price_as) provider.price_as = all.price_as
  return provider
}

/** What differs from the provider as it is. An address that was emptied is the one of its type again. */
export function providerChange(draft: ProviderDraft, provider: Provider, type: ProviderType | undefined): ProviderChange {
  const now = settled({ ...draft, base_url: draft.base_url.trim() || (type?.base_url ?? '') })
  const was = settled(providerDraft(provider))
  const changed = Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name as keyof typeof was]))
  return Object.fromEntries(changed) as ProviderChange
}

function settled(draft: ProviderDraft) {
  return {
    name: draft.name.trim(),
    secret: draft.secret.trim(),
    base_url: draft.base_url.trim(),
    models: names(draft.models),
    map: mapOf(draft.map),
    priority: draft.priority ?? 0,
    weight: draft.weight ?? 1,
    count: draft.count,
    price_as: draft.price_as.trim(),
  }
}
