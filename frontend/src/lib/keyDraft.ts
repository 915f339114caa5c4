// A key as its form edits it, and as the console takes it.
import type { KeyChange, KeyRequest } from '../api'
import { t } from '../i18n'
import type { Key } from '../types.gen'
import { fromField, toField } from './expiry'
import { usd } from './format'
import { paceOf, paceWords, plain, readPace, type PaceDraft } from './limits'
import { names } from './lists'

export interface KeyDraft {
  name: string
  group: string // empty: none
  models: string[]
  denied: string[]
  cut: boolean
  clamp: boolean
  allowUnpriced: boolean
  mostPerCall: string
  pace: PaceDraft
  pauseOnBurn: boolean
  networks: string
  expires: string
}

export function keyDraft(key?: Key): KeyDraft {
  return {
    name: key?.name ?? '',
    group: key?.group_id ?? '',
    models: key?.models ?? [],
    denied: key?.denied_models ?? [],
    cut: key?.on_limit === 'cut',
    clamp: key?.clamp ?? false,
    allowUnpriced: key?.allow_unpriced ?? false,
    mostPerCall: key?.most_per_call_usd ?? '',
    pace: paceOf(key?.pace ?? null),
    pauseOnBurn: key?.pause_on_burn ?? false,
    networks: key?.networks.join('\n') ?? '',
    expires: toField(key?.expires_at ?? null),
  }
}

/** What a new key is asked for: only what somebody chose. */
export function keyRequest(draft: KeyDraft, limits: string[]): KeyRequest {
  const { name, on_limit, expires, pace, ...rest } = all(draft)
  const chosen = Object.entries(rest).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : Boolean(value)))
  return {
    name,
    on_limit,
    ...Object.fromEntries(chosen),
    ...(limits.length && { limits }),
    ...(Object.values(pace).some(Boolean) && { pace }),
    ...(expires !== null && { expires }),
  }
}

/** What changes of a key. The time that it has may lie in the past: it is sent only when it is another. */
export function keyChange(draft: KeyDraft, before: KeyDraft): KeyChange {
  const { expires, ...rest } = all(draft)
  return { ...rest, ...(draft.expires !== before.expires && { expires }) }
}

function all(draft: KeyDraft) {
  return {
    name: draft.name.trim(),
    group_id: draft.group,
    models: draft.models,
    denied_models: draft.denied,
    on_limit: draft.cut ? 'cut' : 'finish',
    clamp: draft.clamp,
    allow_unpriced: draft.allowUnpriced,
    most_per_call_usd: plain(draft.mostPerCall),
    pace: readPace(draft.pace) ?? {},
    pause_on_burn: draft.pauseOnBurn,
    networks: names(draft.networks),
    expires: fromField(draft.expires),
  }
}

/** What a key may and may not, beyond its limits, each in a few words. */
export function rulesOf(key: Key, when: (iso: string) => string): string[] {
  const pace = paceWords(key.pace)
  const over = key.state === 'expired'
  return [
    key.models.length ? t('key.models', { models: key.models.join(', ') }) : '',
    key.denied_models.length ? t('key.denied', { models: key.denied_models.join(', ') }) : '',
    key.most_per_call_usd ? t('key.most', { amount: usd(key.most_per_call_usd) }) : '',
    pace ? t('key.pace', { pace }) : '',
    key.networks.length ? t('key.networks', { networks: key.networks.join(', ') }) : '',
    key.expires_at ? t(over ? 'key.expired.at' : 'key.expires', { when: when(key.expires_at) }) : '',
    key.allow_unpriced ? t('key.allow_unpriced') : '',
    key.on_limit === 'cut' ? t('key.cut') : '',
    key.clamp ? t('key.clamp') : '',
    key.pause_on_burn ? t('key.pause_on_burn') : '',
  ].filter(Boolean)
}

/** Patterns that cover several of the known models: claude-* for all of that family. */
export function families(models: string[]): string[] {
  const counts = new Map<string, number>()
  for (const model of models) {
    const family = /^(?:[^/]+\/|[a-z]+-)/.exec(model)?.[0]
    if (family) counts.set(family, (counts.get(family) ?? 0) + 1)
  }
  return [...counts].filter(([, count]) => count > 1).map(([family]) => `${family}*`)
}
