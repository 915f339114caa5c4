// What the overview says in words about sums, limits and what needs attention.
import { plural, t } from '../i18n'
import type { Attention, KeyLimit, Limit, Sums, TokenSplit } from '../types.gen'
import { compare, parse, permille, write, zero } from './decimal'
import { compact, dateRange, integer, monthName, percent, resetTime, usdGlance, usdShort } from './format'
import { burnWords } from './limits'
import type { Kind } from './meters'
import { link, type Query } from './router.svelte'
import type { Grouping } from './overview.svelte'
import { dayOf, dayStart, instants, type Span } from './span'

/** The name of a period inside a sentence: today, in 7 days, in November, Nov 3 – 9. */
export function during(span: Span, now: Date): string {
  if (span.kind === 'days') return dateRange(span.from, span.to)
  return t(`during.${span.kind}`, { month: monthName(now) })
}

/** What was spent in the period before, as a sentence that completes what was spent in this one. */
export function against(span: Span, before: Sums | null): string | null {
  if (!before) return null
  const amount = usdGlance(before.spent_usd)
  return span.kind === 'today' ? t('overview.before.today', { amount }) : t('overview.before', { amount })
}

/** What the cache did to the bill: how much of it was spared, or what it cost. */
export function cacheWords({ saved_usd: saved, without_cache_usd: without }: Sums): string {
  const [gain, bill] = [parse(saved), parse(without)]
  if (!gain || !bill || compare(bill, zero) === 0) return t('overview.saved.none')
  if (gain.negative) return t('overview.saved.lost', { amount: usdGlance(write({ ...gain, negative: false })) })
  if (compare(gain, zero) === 0) return t('overview.saved.nothing')
  return t('overview.saved.share', { share: percent(permille(gain, bill) ?? 0) })
}

/** What was spent; null when it is of calls without a price only. */
export function known({ spent_usd: spent, calls, unpriced_calls: unpriced }: Sums): string | null {
  return unpriced > 0 && unpriced >= calls ? null : spent
}

/** What was spent by who knows how many calls; null when nothing is known but that some had no price. */
export function knownPart(spent: string, unpriced: number): string | null {
  return unpriced > 0 && compare(parse(spent) ?? zero, zero) === 0 ? null : spent
}

/** The tokens of a period by the kinds that have a colour each. */
export function split(tokens: TokenSplit): Record<Kind, number> {
  return { fresh: tokens.fresh, read: tokens.cache_read, write5: tokens.cache_write_5m, write1h: tokens.cache_write_1h, out: tokens.output }
}

/** What comes after a limit's amount: of $5 today. */
export function ofLimit(limit: Limit): string {
  const amount = limit.unit === 'usd' ? usdShort(limit.amount) : compact(Number(limit.amount))
  return t(`overview.limit.${limit.unit}`, { amount, window: t(`window.${limit.window}`) })
}

/** When a limit begins anew; null when it never does. */
export function resets(limit: Limit, now: Date): string | null {
  return limit.resets_at && t('limit.resets', { when: resetTime(limit.resets_at, now) })
}

/** The address of the calls that count towards a limit. */
export function callsOfLimit({ key_id: key, group_id: group, limit }: KeyLimit, now: Date): string {
  if (group) return link('keys', {}, group) // no list has the calls of several keys alone
  return link('calls', { ...(key && { key }), ...windowOf(limit, now), ...(limit.unit === 'calls' && { state: 'settled' }) })
}

/** A window by its name where the reader's clock has the same one, else by its instants: a limit has a time zone of its own. */
function windowOf({ starts_at: since, resets_at: until }: Limit, now: Date): Query {
  if (since === null || until === null) return {}
  const kind = (['today', 'month'] as const).find((kind) => {
    const { from, to } = instants({ kind }, now)
    return from === since && to === until
  })
  return kind ? { span: kind } : { since, until }
}

/** When the days of limits begin, where that is not the reader's midnight. */
export function foreignMidnight(limits: KeyLimit[]): Date | null {
  const starts = limits.map(({ limit }) => limit.starts_at).filter((at) => at !== null)
  return starts.map((at) => new Date(at)).find((at) => dayStart(dayOf(at))?.getTime() !== at.getTime()) ?? null
}

export interface Item {
  tag: string
  tone: 'plain' | 'warn' | 'bad'
  text: string
  href: string
}

/** Says what needs attention, and where it is mended. */
export function item(found: Attention, calls: Query): Item {
  const { kind, name, id, count, message } = found
  const tone = found.grave ? 'bad' : kind === 'unpriced' ? 'plain' : 'warn'
  if (kind === 'unpriced') return { tone, tag: plural('overview.calls', count, { n: integer(count) }), text: t('attention.unpriced', { name }), href: link('calls', { ...calls, model: id, unpriced: '1' }) }
  if (kind === 'limit') return { tone, tag: percent(found.permille), text: limitWords(found), href: link('keys', {}, id || null) }
  if (kind === 'burn') return { tone, tag: t('attention.burn.tag'), text: t('attention.burn', { name, words: found.burn ? burnWords(found.burn) : '' }), href: link('keys', {}, id || null) }
  if (kind === 'provider') return { tone, tag: t('attention.provider.tag'), text: message ?? t('attention.provider', { name }), href: link('providers', {}, id) }
  return { tone, tag: t(`attention.${kind}.tag`), text: message ?? t(`attention.${kind}`), href: link('settings') }
}

function limitWords({ name, limit, permille: share }: Attention): string {
  const words = limit ? ofLimit(limit) : ''
  return t(share >= 1000 ? 'attention.limit.full' : 'attention.limit', { name, limit: words })
}

/** The address of the calls between two instants. */
export function callsBetween(from: Date, to: Date): string {
  return link('calls', { since: from.toISOString(), until: to.toISOString() })
}

/** The filter of the calls of one model, key or provider. */
export function filterOf(by: Grouping, id: string): Query {
  return { [{ model: 'model', key: 'key', provider: 'channel' }[by]]: id }
}

/** The name of a grouping's row; the one without an id stands for all others. */
export function nameOf({ id, name }: { id: string; name: string }): string {
  return id === '' ? t('overview.others') : name || id
}
