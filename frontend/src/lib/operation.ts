// What a call asked for, in words.
import { maybe } from '../i18n'
import type { Call } from '../types.gen'

const conversations = ['chat', 'messages', 'responses', 'compact', 'generate', 'completions']

/** Says whether a call is a turn of a conversation: that is usual, may come in a stream, and may read a cache. */
export const talks = (call: Call): boolean => conversations.includes(call.operation)

/** The name of what a call asked for. */
export const operationOf = (call: Call): string => maybe(`operation.${call.operation}`, call.operation)
