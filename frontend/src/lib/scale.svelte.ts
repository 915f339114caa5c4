import { parse, significant } from './decimal'
import { cents, listDigits, split, type Amount } from './format'

/** The scale that the amounts of one column share, so that their points stand under each other. */
export class Scale {
  readonly digits: number
  before = $state(0) // characters left of the point
  after = $state(0) // characters from the point on

  /** A column's amounts have so many significant digits. */
  constructor(digits = listDigits) {
    this.digits = digits
  }

  /** Makes room for an amount. The scale only grows, so that nothing moves while a person reads. */
  widen(text: string | null): void {
    const amount = text === null ? null : shorten(text, this.digits)
    if (!amount) return
    this.before = Math.max(this.before, amount.before.length)
    this.after = Math.max(this.after, amount.after.length)
  }

  reset(): void {
    this.before = 0
    this.after = 0
  }
}

/** An amount as a list shows it; null for text that is no amount. */
export function shorten(text: string, digits = listDigits): Amount | null {
  const value = parse(text)
  return value && split(cents(significant(value, digits)))
}
