import type { Call } from '../types.gen'

/** The five kinds of tokens that have a colour each, in the order in which they are drawn. */
export const kinds = ['fresh', 'read', 'write5', 'write1h', 'out'] as const
export type Kind = (typeof kinds)[number]

const meterKinds: Record<string, Kind> = {
  input_tokens_uncached: 'fresh',
  input_audio_tokens: 'fresh',
  input_image_tokens: 'fresh',
  cache_read_tokens: 'read',
  cache_write_5m_tokens: 'write5',
  cache_write_tokens_ttl_unknown: 'write5',
  cache_write_1h_tokens: 'write1h',
  cache_write_12h_tokens: 'write1h',
  output_tokens: 'out', // sound and images are inside
}

const lineKinds: Record<string, Kind> = {
  input: 'fresh',
  input_audio: 'fresh',
  input_image: 'fresh',
  cache_read: 'read',
  cache_read_audio: 'read',
  cache_read_image: 'read',
  cache_write_5m: 'write5',
  cache_write: 'write5',
  cache_write_1h: 'write1h',
  cache_write_12h: 'write1h',
  output: 'out',
  output_audio: 'out',
  output_image: 'out',
  reasoning: 'out',
  citation: 'out',
}

/** Sums a call's meters by kind. Reasoning is part of the output, and is not counted beside it. */
export function tokensByKind(call: Call): Record<Kind, number> {
  const sums: Record<Kind, number> = { fresh: 0, read: 0, write5: 0, write1h: 0, out: 0 }
  for (const [meter, n] of Object.entries(call.meters)) {
    const kind = meterKinds[meter]
    if (kind && n > 0) sums[kind] += n
  }
  return sums
}

/** The kind whose colour marks a line of a receipt; undefined for what is not a token. */
export const kindOfLine = (what: string): Kind | undefined => lineKinds[what]

/** The kind whose colour marks a meter. */
export const kindOfMeter = (meter: string): Kind | undefined => meterKinds[meter]
