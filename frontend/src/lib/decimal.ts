// Decimal text, such as "-0.0001733", cut and rounded without ever becoming a JavaScript number.

export interface Decimal {
  negative: boolean
  whole: string // digits before the point, at least "0"
  fraction: string // digits after it, without trailing zeros
}

export const zero: Decimal = { negative: false, whole: '0', fraction: '' }

/** Reads decimal text; null when it is none. */
export function parse(text: string): Decimal | null {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim())
  if (!match) return null
  const whole = (match[2] ?? '').replace(/^0+(?=\d)/, '')
  const fraction = (match[3] ?? '').replace(/0+$/, '')
  return { negative: match[1] === '-' && !(whole === '0' && fraction === ''), whole, fraction }
}

/** Writes an amount as decimal text again. */
export function write({ negative, whole, fraction }: Decimal): string {
  return (negative ? '-' : '') + whole + (fraction && `.${fraction}`)
}

/** Rounds half to even to at most this many digits after the point. */
export function round(value: Decimal, places: number): Decimal {
  if (value.fraction.length <= places) return value
  const cut = value.fraction.length - places
  const divisor = 10n ** BigInt(cut)
  const scaled = BigInt(value.whole + value.fraction)
  let quotient = scaled / divisor
  const twice = (scaled % divisor) * 2n
  if (twice > divisor || (twice === divisor && quotient % 2n === 1n)) quotient += 1n
  return unscale(quotient, places, value.negative)
}

/** Rounds to so many significant digits, but never cuts whole digits or the first two after the point. */
export function significant(value: Decimal, digits: number): Decimal {
  const leadingZeros = value.whole === '0' ? (/^0*/.exec(value.fraction)?.[0].length ?? 0) : -value.whole.length
  return round(value, Math.max(2, leadingZeros + digits))
}

/** Compares two amounts: negative, zero or positive. */
export function compare(a: Decimal, b: Decimal): number {
  const places = Math.max(a.fraction.length, b.fraction.length)
  const difference = scale(a, places) - scale(b, places)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** Returns part / whole in thousandths, rounded down, for percentages and bars; null when whole is zero. */
export function permille(part: Decimal, whole: Decimal): number | null {
  const places = Math.max(part.fraction.length, whole.fraction.length)
  const divisor = scale(whole, places)
  return divisor === 0n ? null : Number((scale(part, places) * 1000n) / divisor)
}

/** Adds amounts exactly. */
export function add(a: Decimal, b: Decimal): Decimal {
  const places = Math.max(a.fraction.length, b.fraction.length)
  const sum = scale(a, places) + scale(b, places)
  return unscale(sum < 0n ? -sum : sum, places, sum < 0n)
}

function scale(value: Decimal, places: number): bigint {
  const magnitude = BigInt(value.whole + value.fraction.padEnd(places, '0'))
  return value.negative ? -magnitude : magnitude
}

function unscale(magnitude: bigint, places: number, negative: boolean): Decimal {
  const digits = magnitude.toString().padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places)
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '')
  return { negative: negative && magnitude !== 0n, whole, fraction }
}
