// The formats that a provider speaks, in words.
import { maybe } from '../i18n'

// What is talked to in is said before what is only passed on.
const order = ['openai-chat', 'responses', 'anthropic', 'gemini', 'rerank', 'openai']

/** Names the formats of a provider, in the order in which people look for them. */
export const formatsOf = (dialects: string[]): string => order.filter((dialect) => dialects.includes(dialect)).map((dialect) => maybe(`dialect.${dialect}`, dialect)).join(', ')
