// Limits as a form edits them, and as the console takes them: 5usd/day. And how far one is used.
import { plural, t } from '../i18n'
import type { Burn, Limit, Pace } from '../types.gen'
import { add, compare, parse, permille, zero } from './decimal'
import { integer, percent, quantity, usdGlance } from './format'

type Unit = Limit['unit']
type Window = Limit['window']

export const units: Unit[] = ['usd', 'tokens', 'calls']
export const windows: Window[] = ['day', 'week', 'month', 'total']

export interface Draft {
  amount: string
  unit: Unit
  window: Window
  warns: boolean // it refuses nothing
}

/** What is wrong with a draft; null when nothing is. */
export type LimitFault = 'amount' | 'whole' | 'twice' | null

/** The draft of a new limit: the first period that has none in this unit yet. */
export function blank(drafts: Draft[] = [], preferred: Window = 'day'): Draft {
  const taken = drafts.filter(({ unit }) => unit === 'usd').map(({ window }) => window)
  return { amount: '', unit: 'usd', window: [preferred, ...windows].find((window) => !taken.includes(window)) ?? preferred, warns: false }
}

export const draftOf = (limit: Limit): Draft => ({ amount: limit.amount, unit: limit.unit, window: limit.window, warns: !limit.hard })

/** Those that somebody filled in: an amount that was left empty is no limit. */
export const given = (drafts: Draft[]): Draft[] => drafts.filter(({ amount }) => amount.trim() !== '')

/** Judges each draft: more than zero, whole unless it is money, and one of each kind for each unit and period. */
export function faults(drafts: Draft[]): LimitFault[] {
  return drafts.map((draft, index) => {
    const value = parse(plain(draft.amount))
    if (!value || value.negative || (value.whole === '0' && !value.fraction)) return 'amount'
    if (draft.unit !== 'usd' && value.fraction !== '') return 'whole'
    return drafts.slice(0, index).some(({ unit, window, warns }) => unit === draft.unit && window === draft.window && warns === draft.warns) ? 'twice' : null
  })
}

export const specOf = ({ amount, unit, window, warns }: Draft): string => `${plain(amount)}${unit}/${window}${warns ? ':warn' : ''}`

/** How far a limit is used, in thousandths of what it may reach in its window. */
export interface Use {
  spent: number // at most 1000
  held: number // what of the rest running calls hold
  share: number // of both, also beyond 1000
  full: boolean
  words: string | null // what that means, where it means something
}

/** Says how far a limit is used. What is held does not pass a mark: it mostly comes back. */
export function useOf(limit: Limit): Use {
  const [amount, extra, spent, held] = [limit.amount, limit.extra, limit.spent, limit.held].map((text) => parse(text) ?? zero)
  const [ceiling, used] = [add(amount!, extra!), add(spent!, held!)]
  const share = permille(used, ceiling) ?? 1000
  const part = Math.min(1000, permille(spent!, ceiling) ?? 1000)
  const full = compare(used, ceiling) >= 0
  return { spent: part, held: Math.max(0, Math.min(1000, share) - part), share, full, words: meaning(limit, full) }
}

function meaning({ mark, hard }: Limit, full: boolean): string | null {
  if (mark === 100) return t(hard ? 'limit.mark.full' : 'limit.mark.warned')
  if (full) return t(hard ? 'limit.mark.busy' : 'limit.mark.warned')
  return mark === 0 ? null : t('limit.mark', { mark: percent(mark * 10) })
}

/** How fast calls may come, as a form edits it. */
export interface PaceDraft {
  requests: string
  tokens: string
  running: string
}

export const paces = ['requests', 'tokens', 'running'] as const

export const paceOf = (pace: Pace | null): PaceDraft => ({ requests: written(pace?.requests), tokens: written(pace?.tokens), running: written(pace?.running) })

/** Reads a pace; null where a number is none. Empty is no bound. */
export function readPace(draft: PaceDraft): Record<keyof PaceDraft, number> | null {
  const numbers = paces.map((field) => whole(draft[field]))
  const [requests, tokens, running] = numbers
  return requests == null || tokens == null || running == null ? null : { requests, tokens, running }
}

const written = (n: number | null | undefined): string => (n ? String(n) : '')

function whole(text: string): number | null {
  const plainly = plain(text)
  return /^\d{0,12}$/.test(plainly) ? Number(plainly) : null
}

/** Says in words how fast calls may come; empty without a bound. */
export function paceWords(pace: Pace): string {
  return paces
    .filter((field) => pace[field] !== null)
    .map((field) => plural(`pace.${field}.at`, pace[field]!, { n: integer(pace[field]!) }))
    .join(', ')
}

/** An amount as people write it, $12,345.67, without its sign and its thousands. */
export function plain(amount: string): string {
  const text = amount.trim().replace(/^\$\s*/, '')
  return /^\d{1,3}(,\d{3})+(\.\d+)?$/.test(text) ? text.replaceAll(',', '') : text
}

/** How many times the usual, in full digits: from a thousand on a tenth says nothing any more. */
const timesText = (times: string): string => quantity(times.length > 5 ? times.replace(/\..*$/, '') : times.replace(/\.0$/, ''))

/** Says what the alarm rings for: $6.10 in 10 minutes, 5 times the usual $1.20. */
export function burnWords({ spent_usd: spent, minutes, times, usual_usd: usual }: Burn): string {
  const amounts = { spent: usdGlance(spent), minutes, times: timesText(times), usual: usdGlance(usual) }
  return compare(parse(usual) ?? zero, zero) > 0 ? t('burn', amounts) : t('burn.new', amounts)
}
