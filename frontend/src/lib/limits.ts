// Limits as a form edits them, and as the console takes them: 5usd/day.
import type { Limit } from '../types.gen'
import { parse } from './decimal'

type Unit = Limit['unit']
type Window = Limit['window']

export const units: Unit[] = ['usd', 'tokens', 'calls']
export const windows: Window[] = ['day', 'week', 'month', 'total']

export interface Draft {
  amount: string
  unit: Unit
  window: Window
}

/** What is wrong with a draft; null when nothing is. */
export type LimitFault = 'amount' | 'whole' | 'twice' | null

/** The draft of a new limit: the first period that has none in this unit yet. */
export function blank(drafts: Draft[] = [], preferred: Window = 'day'): Draft {
  const taken = drafts.filter(({ unit }) => unit === 'usd').map(({ window }) => window)
  return { amount: '', unit: 'usd', window: [preferred, ...windows].find((window) => !taken.includes(window)) ?? preferred }
}

export const draftOf = (limit: Limit): Draft => ({ amount: limit.amount, unit: limit.unit, window: limit.window })

/** Judges each draft: more than zero, whole unless it is money, and one for each unit and period. */
export function faults(drafts: Draft[]): LimitFault[] {
  return drafts.map((draft, index) => {
    const value = parse(plain(draft.amount))
    if (!value || value.negative || (value.whole === '0' && !value.fraction)) return 'amount'
    if (draft.unit !== 'usd' && value.fraction !== '') return 'whole'
    return drafts.slice(0, index).some(({ unit, window }) => unit === draft.unit && window === draft.window) ? 'twice' : null
  })
}

export const specOf = ({ amount, unit, window }: Draft): string => `${plain(amount)}${unit}/${window}`

/** An amount as people write it, $12,345.67, without its sign and its thousands. */
function plain(amount: string): string {
  const text = amount.trim().replace(/^\$\s*/, '')
  return /^\d{1,3}(,\d{3})+(\.\d+)?$/.test(text) ? text.replaceAll(',', '') : text
}
