// Short lists that people type into a form.
import type { ProviderType } from '../types.gen'

/** Splits names at commas, spaces and new lines. */
export function names(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean)
}

/** Reads lines of the form public=upstream; null when one of them is something else. */
export function mapping(text: string): Record<string, string> | null {
  const map: Record<string, string> = {}
  for (const line of text.split('\n').map((l) => l.trim()).filter(Boolean)) {
    const match = /^(\S+)\s*=\s*(\S+)$/.exec(line)
    if (!match?.[1] || !match[2]) return null
    map[match[1]] = match[2]
  }
  return map
}

/** The type whose keys start like this one: the longest prefix decides. */
export function typeOfKey(secret: string, types: ProviderType[]): ProviderType | null {
  let best: ProviderType | null = null
  let length = 0
  for (const type of types) {
    for (const prefix of type.key_prefixes) {
      if (prefix.length > length && secret.startsWith(prefix)) [best, length] = [type, prefix.length]
    }
  }
  return best
}
