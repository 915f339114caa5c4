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

export const blank = (): Draft => ({ amount: '', unit: 'usd', window: 'day' })

export const draftOf = (limit: Limit): Draft => ({ amount: limit.amount, unit: limit.unit, window: limit.window })

/** Says whether an amount can be sent: more than zero, and whole unless it is money. */
export function valid({ amount, unit }: Draft): boolean {
  const value = parse(amount)
  if (!value || value.negative || (value.whole === '0' && !value.fraction)) return false
  return unit === 'usd' || value.fraction === ''
}

export const specOf = ({ amount, unit, window }: Draft): string => `${amount.trim()}${unit}/${window}`
