// Whose key a pasted secret is, by how it begins.
import type { ProviderType } from '../types.gen'

/** A vendor without a type of its own. */
export interface Vendor {
  name: string
  prefixes: string[]
  base_url?: string // where it speaks OpenAI's format, when it does
  price_as?: string // its name in the price book, when it is there
}

export type Recognised =
  | { whose: 'type'; type: ProviderType; sure: boolean } // not sure: other vendors' keys begin like this, too
  | { whose: 'vendor'; vendor: Vendor }
  | { whose: 'weir' }

const own = 'sk-weir-'
const shared = ['sk-', 'pa-', 'fw_'] // several vendors' keys begin so, or the beginning is short

const vendors: Vendor[] = [
  { name: 'Hugging Face', prefixes: ['hf_'], base_url: 'https://router.huggingface.co/v1' },
  { name: 'Replicate', prefixes: ['r8_'] },
  { name: 'AWS', prefixes: ['AKIA', 'ABSK'] },
  { name: 'GitHub', prefixes: ['ghp_', 'github_pat_'] },
]

/** Says whose key this is; the longest prefix decides, and a type wins over a vendor. Null when nobody's is known. */
export function recognise(secret: string, types: ProviderType[]): Recognised | null {
  if (secret.startsWith(own)) return { whose: 'weir' }
  let best: Recognised | null = null
  let length = 0
  const offer = (prefixes: string[], found: (prefix: string) => Recognised) => {
    for (const prefix of prefixes) {
      if (prefix.length > length && secret.startsWith(prefix)) [best, length] = [found(prefix), prefix.length]
    }
  }
  for (const type of types) offer(type.key_prefixes, (prefix) => ({ whose: 'type', type, sure: !shared.includes(prefix) }))
  for (const vendor of vendors) offer(vendor.prefixes, () => ({ whose: 'vendor', vendor }))
  return best
}

/** The type through which a vendor's key can be used: a server of one's own that speaks OpenAI's format. */
export function typeFor(vendor: Vendor, types: ProviderType[]): ProviderType | null {
  if (!vendor.base_url) return null
  return types.find((type) => type.type === 'custom-openai') ?? null
}

/** The types whose keys begin as this one does, the longest beginning first. */
export function candidates(secret: string, types: ProviderType[]): ProviderType[] {
  const fit = (type: ProviderType) => Math.max(0, ...type.key_prefixes.filter((prefix) => secret.startsWith(prefix)).map((prefix) => prefix.length))
  const longest = Math.max(0, ...types.map(fit))
  if (longest === 0 || secret.startsWith(own)) return []
  return types.filter((type) => fit(type) === longest)
}
