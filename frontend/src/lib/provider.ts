// A provider as a form edits it, and as the console takes it.
import type { NewProvider, ProviderChange } from '../api'
import type { Provider, ProviderKey, ProviderType, Timeouts } from '../types.gen'
import { names } from './lists'
import { faults, headerFaults, mapOf, paramFaults, paramRows, paramsOf, rowsOf, type MapRow } from './mapping'

export interface ProviderDraft {
  type: string
  name: string
  secrets: string[] // keys that are entered, a field each
  stored: ProviderKey[] // keys that it has
  dropped: string[] // the ids of those that shall go
  beside: boolean // what is entered is used beside the stored keys, not instead of them
  base_url: string
  models: string
  map: MapRow[]
  priority: number | null // null: the field is empty
  weight: number | null
  count: string
  price_as: string
  proxy: string
  headers: MapRow[]
  params: MapRow[]
  timeouts: Patience
}

/** How long a provider may take, in seconds; null: as usual. */
export interface Patience {
  header: number | null
  stream: number | null
  idle: number | null
}

/** The longest that a provider may be waited for, in seconds. */
export const mostPatience = 3600

export const blankProvider = (): ProviderDraft => ({
  type: '', name: '', secrets: [''], stored: [], dropped: [], beside: false, base_url: '', models: '', map: [], priority: null, weight: null, count: 'auto', price_as: '',
  proxy: '', headers: [], params: [], timeouts: { header: null, stream: null, idle: null },
})

export function providerDraft(provider: Provider): ProviderDraft {
  const { type, name, base_url, priority, weight, count, price_as } = provider
  const { header_ms, stream_header_ms, idle_ms } = provider.timeouts
  return {
    ...blankProvider(), type, name, base_url, priority, weight, count, price_as: price_as ?? '', stored: provider.keys, models: provider.models.join('\n'), map: rowsOf(provider.map),
    proxy: provider.proxy, headers: rowsOf(provider.headers), params: paramRows(provider.params), timeouts: { header: seconds(header_ms), stream: seconds(stream_header_ms), idle: seconds(idle_ms) },
  }
}

const seconds = (ms: number): number | null => (ms === 0 ? null : ms / 1000)
const ms = (value: number | null): number => Math.round((value ?? 0) * 1000)

/** The keys as the console takes them, one a line, stored ones as they are shown; empty: as they are. */
export function secretOf(draft: ProviderDraft): string {
  const entered = draft.secrets.map((one) => one.trim()).filter(Boolean)
  const kept = draft.stored.filter((key) => !draft.dropped.includes(key.id)).map((key) => key.mask)
  if (entered.length === 0) return kept.length === draft.stored.length ? '' : kept.join('\n')
  return [...(draft.beside || draft.dropped.length ? kept : []), ...entered].join('\n')
}

/** Says whether a form's rows and numbers can be sent as they are. */
export const sound = (draft: ProviderDraft): boolean =>
  [faults(draft.map), headerFaults(draft.headers), paramFaults(draft.params)].every((rows) => rows.every((fault) => fault === null)) && (draft.weight ?? 1) >= 1 && patient(draft.timeouts)

/** Says whether timeouts are times that can be waited for. */
export const patient = (timeouts: Patience): boolean => Object.values(timeouts).every((value: number | null) => value === null || (value > 0 && value <= mostPatience))

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
  if (all.proxy) provider.proxy = all.proxy
  if (Object.keys(all.headers).length) provider.headers = all.headers
  if (Object.keys(all.params).length) provider.params = all.params
  if (Object.values(all.timeouts).some(Boolean)) provider.timeouts = all.timeouts
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
    secret: secretOf(draft),
    base_url: draft.base_url.trim(),
    models: names(draft.models),
    map: mapOf(draft.map),
    priority: draft.priority ?? 0,
    weight: draft.weight ?? 1,
    count: draft.count,
    price_as: draft.price_as.trim(),
    proxy: draft.proxy.trim(),
    headers: mapOf(draft.headers),
    params: paramsOf(draft.params),
    timeouts: { header_ms: ms(draft.timeouts.header), stream_header_ms: ms(draft.timeouts.stream), idle_ms: ms(draft.timeouts.idle) } satisfies Timeouts,
  }
}
