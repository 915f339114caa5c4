// What a provider said of the money that is left, in words. What it did not say is never a number.
import { t } from '../i18n'
import type { BalanceAmount, Provider } from '../types.gen'
import { inCurrency } from './format'

const minute = 60_000
const hour = 60 * minute

/** Writes an age in its largest unit. */
export function ago(iso: string, now: number): string {
  const age = now - Date.parse(iso)
  if (age < minute) return t('balance.ago.now')
  if (age < hour) return t('balance.ago.minutes', { n: Math.floor(age / minute) })
  if (age < 48 * hour) return t('balance.ago.hours', { n: Math.floor(age / hour) })
  return t('balance.ago.days', { n: Math.floor(age / (24 * hour)) })
}

function amount({ kind, currency, left, total, unlimited }: BalanceAmount): string {
  if (kind && unlimited) return t(`balance.${kind}.unlimited`)
  if (!kind || !currency || left === null) return t('balance.unknown')
  const money = (text: string) => inCurrency(currency, text)
  return total === null ? t(`balance.${kind}.left`, { left: money(left) }) : t(`balance.${kind}.of`, { left: money(left), total: money(total) })
}

function line(told: BalanceAmount, now: number): string {
  const what = amount(told)
  if (told.fetched_at === null) return t('balance.never', { what, why: told.error ?? '' })
  const values = { what, ago: ago(told.fetched_at, now) }
  return told.error === null ? t('balance.at', values) : t('balance.since', { ...values, why: told.error })
}

/** The lines of a provider's balance: what bounds its calls first, then what else is known. */
export function balanceLines({ balance, keys }: Provider, now: number): string[] {
  if (!balance) return []
  return [balance, ...balance.also].map((told) => {
    const text = line(told, now)
    const key = keys.length > 1 ? keys.find((one) => one.id === told.key_id) : undefined
    return key?.mask ? t('balance.of_key', { key: key.mask, text }) : text
  })
}
