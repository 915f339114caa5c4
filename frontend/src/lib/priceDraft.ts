// A price as a form has it.
import { charged } from './prices'
import type { PriceRow, SetPrice } from '../types.gen'

export interface Step {
  op: '>' | '>='
  prompt: string
  rates: Record<string, string>
}

export interface PriceDraft {
  currency: 'USD' | 'CNY'
  rates: Record<string, string>
  whats: string[] // the rates that the form shows
  steps: Step[]
  from: string // of a datetime-local input; empty: now
  note: string
}

const usual = ['input', 'cache_read', 'output']

/** A draft of the price that a model has, or an empty one. */
export function priceDraft(row: PriceRow | null): PriceDraft {
  const rates = { ...row?.rates }
  const steps = (row?.tiers ?? []).map(({ op, prompt, rates }) => ({ op, prompt: String(prompt), rates: { ...rates } }))
  return { currency: row?.currency ?? 'USD', rates, whats: charged.filter((what) => usual.includes(what) || what in rates), steps, from: '', note: '' }
}

/** Empty rates are none. */
const filled = (rates: Record<string, string>) => Object.fromEntries(Object.entries(rates).filter(([, rate]) => rate.trim() !== ''))

/** What the form asks for. */
export function priceRequest(provider: string, model: string, draft: PriceDraft): SetPrice {
  return {
    provider,
    model,
    currency: draft.currency,
    rates: filled(draft.rates),
    tiers: draft.steps.map(({ op, prompt, rates }) => ({ op, prompt: Number(prompt), rates: filled(rates) })),
    from: draft.from ? new Date(draft.from).toISOString() : null,
    note: draft.note,
  }
}

/** Says whether text is a rate, as Weir reads it. Empty text is none, and no mistake. */
export const isRate = (text: string): boolean => text.trim() === '' || /^\d{1,5}(\.\d{1,9}0*)?$/.test(text.trim())
