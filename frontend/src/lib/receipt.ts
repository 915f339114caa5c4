// A receipt as rows of text: what the page shows, and what it copies.
import { maybe, t } from '../i18n'
import type { Call, Card, Line } from '../types.gen'
import { compare, parse, permille, zero } from './decimal'
import { date, duration, integer, moment, percent, plainAmount, quantity, split, usd } from './format'
import { kindOfLine, kindOfMeter, kinds, type Kind } from './meters'
import { operationOf, talks } from './operation'
import { tierText } from './prices'
import { remarksOf, whyNoCost } from './states'

export interface Row {
  label: string
  kind: Kind | undefined
  sum: string // quantity × rate
  amount: string | null // null: there is no rate; empty: it is in another row, or not kept any more
}

const million = '1000000'
const insideOthers = ['reasoning_tokens', 'citation_tokens', 'output_audio_tokens', 'output_image_tokens', 'input_tokens_total'] // meters that only inform

/** How many digits after the point the amounts of a receipt share. */
export function places(call: Call): number {
  const amounts = [...call.lines.map((line) => line.cost_usd), call.reported_usd, call.cost_usd]
  const most = Math.max(...amounts.map((text) => (text === null ? 0 : (parse(text)?.fraction.length ?? 0))))
  return most === 1 ? 2 : most
}

/** Writes an amount with so many digits after the point. */
export function padded(text: string, digits: number): string {
  const value = parse(text)
  if (!value) return text
  const { before, after, suffix } = split(value, digits)
  return before + after + suffix
}

/** Lists what was charged for; of a call without lines, what was counted. A figure of the provider's own is a row: with it the rows add up. */
export function rowsOf(call: Call): Row[] {
  const [digits, said] = [places(call), ratesFor(call) !== '']
  const lines = call.lines.map((line) => ({
    label: labelOf(line.what),
    kind: kindOfLine(line.what),
    sum: sumOf(line, said),
    amount: line.cost_usd === null ? null : padded(line.cost_usd, digits),
  }))
  if (call.reported_usd === null) return lines.length > 0 ? lines : counted(call, call.cost_usd === null ? null : '')
  const reported = { label: t('receipt.reported'), kind: undefined, sum: '', amount: padded(call.reported_usd, digits) }
  return [...counted(call, ''), reported, ...lines]
}

/** Names a line; one that the vendor charges at least so much of says how much. */
function labelOf(what: string): string {
  const least = /^(\w+)\(min (\d+)\)$/.exec(what)
  if (!least) return maybe(`line.${what}`, what)
  return t('receipt.least', { what: labelOf(least[1] ?? ''), n: integer(Number(least[2])) })
}

/** Says what the total was in another currency, and what it was converted by; empty for a price list in dollars. */
export function nativeOf(call: Call): string {
  if (call.native_total === null) return ''
  const { fx } = call
  const amount = plainAmount(call.native_total)
  return fx ? t('receipt.converted', { amount, rate: plainAmount(fx.cny_per_usd), day: date(fx.day), source: fx.source }) : t('receipt.native', { amount })
}

/** Says between which amounts the cost of an estimated call lies; empty where that is one amount. */
export function rangeOf({ min_usd: min, max_usd: max }: Call): string {
  return min === null || max === null || min === max ? '' : t('receipt.range', { min: usd(min), max: usd(max) })
}

/** Says that a call was priced again, and why; empty for one that has its first price. */
export function repricedOf({ repriced }: Call): string {
  if (!repriced) return ''
  const amount = (text: string | null) => (text === null ? t('receipt.repriced.unpriced') : usd(text))
  return t('receipt.repriced', { date: date(repriced.at), old: amount(repriced.old_usd), new: amount(repriced.new_usd), reason: repriced.reason })
}

/** Says what a card is: the step whose rates it has, where it is from, and since when it holds. */
export function cardWords(card: Card): string[] {
  const words = [
    t('card.source', { source: card.source }),
    card.valid_from && t('card.valid', { date: date(card.valid_from) }),
    card.checked_on && t('card.checked', { date: date(card.checked_on) }),
  ]
  const from = t('card', { words: words.filter(Boolean).join(t('card.comma')) })
  return card.tier ? [t('card.tier', { tier: tierText(card.tier) }), from] : [from]
}

/** Says what a flag means. */
export const remark = (flag: string): string => maybe(`flag.${flag}`, flag)

/** What counted against limits, where that is not the cost; what counted no dollars says so in words. */
export function countedOf(call: Call): string | null {
  if (call.charge_usd === call.cost_usd) return null
  return compare(parse(call.charge_usd) ?? zero, zero) === 0 ? t('receipt.charge.none') : usd(call.charge_usd)
}

/** Says what the rates are for, when all lines have the same; each line says it itself otherwise. */
export function ratesFor(call: Call): string {
  const priced = call.lines.filter((line) => line.rate_usd !== null)
  return priced.length > 0 && priced.every((line) => line.per === million) ? t('receipt.per_million') : ''
}

/** The share that the cache saved, where there is something to compare with. */
export function savedShare(call: Call): string {
  const saved = parse(call.saved_usd ?? '')
  const without = parse(call.without_cache_usd ?? '')
  const share = saved && without && !saved.negative ? permille(saved, without) : null
  return share === null ? '' : percent(share)
}

/** The sign of what the cache saved: negative when writing it cost more than reading it spared. */
export function savedSign(call: Call): number | null {
  const saved = parse(call.saved_usd ?? '')
  return saved && compare(saved, zero)
}

/** One line under the heading: when, who, where, what, how long. */
export function facts(call: Call, provider = call.provider ?? ''): string[] {
  const sent = call.state !== 'refused'
  const took = call.ended_at && sent ? duration(Date.parse(call.ended_at) - Date.parse(call.started_at)) : ''
  const mode = !sent || !(call.stream || talks(call)) ? '' : t(call.stream ? 'receipt.streamed' : 'receipt.whole')
  return [moment(call.started_at), call.key_name, provider, call.model ? operationOf(call) : '', took, mode].filter(Boolean)
}

/** The receipt as plain text, to be pasted elsewhere. */
export function asText(call: Call, provider?: string): string {
  const rows = rowsOf(call).map((row) => [row.label, row.sum, row.amount ?? '—'])
  const total = call.cost_usd === null ? `— (${whyNoCost(call)})` : padded(call.cost_usd, places(call))
  rows.push([t('receipt.total'), ratesFor(call), total])
  if (call.without_cache_usd !== null) rows.push([t('receipt.without_cache'), '', usd(call.without_cache_usd)])
  if (call.saved_usd !== null) rows.push([t('receipt.saved'), savedShare(call), usd(call.saved_usd)])
  const head = [call.model || operationOf(call), facts(call, provider).join(' · '), call.id]
  return [...head, '', ...align(rows), '', ...wordsOf(call)].join('\n').trimEnd() + '\n'
}

/** What a receipt says below its sums. */
function wordsOf(call: Call): string[] {
  const words = [call.simulated && t('tag.simulated.title'), call.covered && t('receipt.covered'), nativeOf(call), rangeOf(call), repricedOf(call)]
  const removed = call.archived_at && t('receipt.archived', { date: date(call.archived_at) })
  const prices = call.card ? [...cardWords(call.card), call.card.id] : []
  return [...words, removed, call.error?.message, call.note, ...prices, ...remarksOf(call).map(remark)].filter((text) => typeof text === 'string' && text !== '') as string[]
}

function counted(call: Call, amount: Row['amount']): Row[] {
  const place = (meter: string) => (kinds as readonly string[]).indexOf(kindOfMeter(meter) ?? '') + 1 || kinds.length + 1
  return Object.entries(call.meters)
    .filter(([meter, n]) => n > 0 && !insideOthers.includes(meter))
    .sort(([a], [b]) => place(a) - place(b))
    .map(([meter, n]) => ({ label: maybe(`meter.${meter}`, meter), kind: kindOfMeter(meter), sum: integer(n), amount }))
}

/** Writes quantity × rate; what the rate is for only where that is not said once for all lines. */
function sumOf(line: Line, said: boolean): string {
  const form = line.quantity === '1' ? 'one' : 'other'
  const amount = line.unit === 'tokens' ? quantity(line.quantity) : `${quantity(line.quantity)} ${maybe(`unit.${line.unit}.${form}`, line.unit)}`
  if (line.rate_usd === null) return amount
  const rate = `${amount} × ${usd(line.rate_usd)}`
  if (line.per === million) return said ? rate : t('receipt.of_million', { rate })
  if (line.per === '1') return rate
  return line.unit === 'seconds' && line.per === '3600' ? t('receipt.per_hour', { rate }) : t('receipt.per', { rate, per: quantity(line.per) })
}

function align(rows: string[][]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  const [first, second, third] = [width(0), width(1), width(2)]
  return rows.map(([a = '', b = '', c = '']) => `${a.padEnd(first)}  ${b.padStart(second)}  ${c.padStart(third)}`)
}
