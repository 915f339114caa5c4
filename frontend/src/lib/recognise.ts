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
const shared = ['sk-']

const vendors: Vendor[] = [
  { name: 'OpenRouter', prefixes: ['sk-or-'], base_url: 'https://openrouter.ai/api/v1', price_as: 'openrouter' },
  { name: 'Groq', prefixes: ['gsk_'], base_url: 'https://api.groq.com/openai/v1', price_as: 'groq' },
  { name: 'Google Gemini', prefixes: ['AIza'], base_url: 'https://generativelanguage.googleapis.com/v1beta/openai', price_as: 'google' },
  { name: 'xAI', prefixes: ['xai-'], base_url: 'https://api.x.ai/v1', price_as: 'x-ai' },
  { name: 'Perplexity', prefixes: ['pplx-'] },
  { name: 'Cerebras', prefixes: ['csk-'], base_url: 'https://api.cerebras.ai/v1', price_as: 'cerebras' },
  { name: 'Fireworks', prefixes: ['fw_'], base_url: 'https://api.fireworks.ai/inference/v1', price_as: 'fireworks' },
  { name: 'Together', prefixes: ['tgp_v1_'], base_url: 'https://api.together.xyz/v1', price_as: 'together' },
  { name: 'NVIDIA', prefixes: ['nvapi-'], base_url: 'https://integrate.api.nvidia.com/v1' },
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
  return types.find((type) => type.needs_base_url && type.dialect === 'openai-chat') ?? null
}
