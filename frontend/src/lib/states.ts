// What a call's row says about its state, and why an amount is not known.
import { t } from '../i18n'
import type { Call, ProviderKey } from '../types.gen'
import { compare, parse } from './decimal'

export interface Tag {
  text: string
  tone: 'plain' | 'warn' | 'bad' | 'good'
  title: string
}

const zero = { negative: false, whole: '0', fraction: '' }

type Rule = (call: Call) => Tag | null

const rules: Rule[] = [
  (c) => (c.state === 'open' ? tag('running', 'good') : null),
  (c) => (c.state === 'refused' ? tag('refused', 'bad') : null),
  (c) => (c.http_status !== null && c.http_status >= 400 ? status(c.http_status) : null),
  (c) => (c.price_status === 'unpriced' ? tag('unpriced', 'warn') : null),
  (c) => (c.price_status === 'rejected' ? tag('rejected', 'warn') : null),
  (c) => (c.end === 'upstream_cut' ? tag('cut', 'warn') : null),
  (c) => (c.end === 'client_left' ? tag('left', 'plain') : null),
  (c) => (c.state !== 'refused' && (c.basis === 'estimated' || c.price_status === 'estimated') ? tag('estimated', 'plain') : null),
  (c) => (c.basis === 'partial' ? tag('partial', 'plain') : null),
  (c) => (c.end === 'failed' && (c.http_status ?? 0) < 400 ? tag('failed', 'bad') : null),
  (c) => (c.simulated ? tag('simulated', 'plain') : null),
  (c) => (c.covered ? tag('covered', 'plain') : null),
]

/** Lists what is worth knowing about a call, the most pressing first. */
export function tagsOf(call: Call): Tag[] {
  return rules.map((rule) => rule(call)).filter((found) => found !== null)
}

/** Says why a call has no cost; null when it has one. */
export function whyNoCost(call: Call): string | null {
  if (call.cost_usd !== null) return null
  if (call.state === 'open') return t('why.open')
  if (call.state === 'refused') return t('why.refused')
  if (call.state === 'released') return t('why.released')
  return call.price_status === 'rejected' ? t('why.rejected') : whyUnpriced(call)
}

const ofCosts = ['unknown_model', 'native_currency_cny', 'provider_cost_missing'] // without a cost its reason says them, or they do not hold

/** What is worth a remark beside the cost, or beside the reason that there is none. */
export const remarksOf = (call: Call): string[] => (call.cost_usd === null ? call.flags.filter((flag) => !ofCosts.includes(flag)) : call.flags)

/** Says what the price list lacks. It goes by the name that the provider knows the model by. */
function whyUnpriced(call: Call): string {
  const model = call.upstream_model ?? call.model ?? '—'
  if (call.flags.includes('context_price_unknown')) return t('why.unpriced.context', { model })
  if (call.flags.includes('native_currency_cny')) return t('why.unpriced.yuan', { model })
  if (call.flags.includes('rate_missing')) return t('why.unpriced.meter', { model })
  return t('why.unpriced', { model })
}

/** Says why it is not known what the cache saved; null when it is known. */
export function whyNoSaving(call: Call): string | null {
  if (call.saved_usd !== null) return null
  return whyNoCost(call) ?? t('why.no_comparison')
}

/** The model that the provider was asked for, when it is not the one that the client named. */
export function servedAs(call: Call): string | null {
  const { model, upstream_model: served } = call
  return served && model && served !== model && !model.endsWith(`/${served}`) ? served : null
}

/** Says whether the cache saved something in a call. */
export function gained(call: Call): boolean {
  const saved = parse(call.saved_usd ?? '0')
  return saved !== null && compare(saved, zero) > 0
}

/** What the last test, or a call, found of a provider's key. */
export function keyTag(key: ProviderKey): Tag {
  const tones = { ok: 'good', untested: 'plain', bad_key: 'bad', unreachable: 'warn' } as const
  return { text: t(`provider.${key.state}`), tone: tones[key.state], title: key.message ?? t(`provider.${key.state}.title`) }
}

function tag(name: 'running' | 'refused' | 'unpriced' | 'rejected' | 'cut' | 'left' | 'estimated' | 'partial' | 'failed' | 'simulated' | 'covered', tone: Tag['tone']): Tag {
  return { text: t(`tag.${name}`), tone, title: t(`tag.${name}.title`) }
}

function status(code: number): Tag {
  return { text: t('tag.status', { code }), tone: 'bad', title: t('tag.status.title', { code }) }
}
