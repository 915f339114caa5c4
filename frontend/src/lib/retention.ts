// How long calls keep what explains them.
import { plural, t } from '../i18n'

export interface Bounds {
  months: number | null // null: for ever
  megabytes: number | null // null: any size
}

const usual = [1, 3, 6, 12, 24, 60]
const leastMegabytes = 50
const mostMegabytes = 1 << 24

/** Returns the ages to choose from; one that was set elsewhere is among them. */
export function ages(kept: number | null): { value: string; label: string }[] {
  const months = [...new Set(kept === null ? usual : [...usual, kept])].sort((a, b) => a - b)
  return [{ value: '', label: t('settings.retention.ever') }, ...months.map((n) => ({ value: String(n), label: plural('settings.retention.months', n) }))]
}

/** Reads the bounds that a form has, null when the size is none. */
export function boundOf(months: string, size: string): Bounds | null {
  const text = size.trim()
  const megabytes = text === '' ? null : Number(text)
  if (megabytes !== null && (!/^\d+$/.test(text) || megabytes < leastMegabytes || megabytes > mostMegabytes)) return null
  return { months: months === '' ? null : Number(months), megabytes }
}

export const sameBounds = (a: Bounds, b: Bounds): boolean => a.months === b.months && a.megabytes === b.megabytes
