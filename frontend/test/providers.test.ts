import { describe, expect, test } from 'vitest'
import { faults, mapOf, rowsOf } from '../src/lib/mapping'
import { byPriority, canMove, moved, placeOf } from '../src/lib/order'
import { blankProvider, chooseType, newProvider, providerChange, providerDraft } from '../src/lib/provider'
import { recognise, typeFor } from '../src/lib/recognise'
import type { Provider, ProviderType } from '../src/types.gen'

const type = (id: string, ...key_prefixes: string[]): ProviderType => ({ type: id, name: id, dialect: 'openai-chat', base_url: `https://${id}.example/v1`, needs_base_url: false, key_prefixes })
const own: ProviderType = { ...type('own'), base_url: '', needs_base_url: true }
const types = [type('openai', 'sk-proj-', 'sk-'), type('anthropic', 'sk-ant-'), own]

const provider = (id: string, priority = 0, differs: Partial<Provider> = {}): Provider => ({
  id, name: id, type: 'openai', dialect: 'openai-chat', base_url: 'https://openai.example/v1', models: [], map: {}, priority, weight: 1,
  count: 'auto', price_as: null, enabled: true, state: 'ok', message: null, ...differs,
})

describe('whose key it is', () => {
  const whose = (secret: string) => {
    const found = recognise(secret, types)
    return found && (found.whose === 'type' ? `${found.type.type}${found.sure ? '' : '?'}` : found.whose === 'vendor' ? found.vendor.name : found.whose)
  }

  test.each([
    ['sk-ant-1', 'anthropic'],
    ['sk-proj-1', 'openai'],
    ['sk-1', 'openai?'],
    ['sk-or-v1-1', 'OpenRouter'],
    ['gsk_1', 'Groq'],
    ['AIza1', 'Google Gemini'],
    ['sk-weir-1', 'weir'],
    ['', null],
    ['hello', null],
  ])('%j is a key of %s', (secret, want) => expect(whose(secret)).toBe(want))

  test('a type of its own wins over a vendor that is only known by name', () => {
    expect(recognise('gsk_1', [...types, type('groq', 'gsk_')])).toMatchObject({ whose: 'type', type: { type: 'groq' } })
  })

  test('a vendor is reached through the type that takes any address, when it speaks that format', () => {
    expect(typeFor({ name: 'Groq', prefixes: [], base_url: 'https://groq.example/v1' }, types)).toBe(own)
    expect(typeFor({ name: 'AWS', prefixes: [] }, types)).toBeNull()
    expect(typeFor({ name: 'Groq', prefixes: [], base_url: 'https://groq.example/v1' }, types.slice(0, 2))).toBeNull()
  })
})

describe('renamed models', () => {
  test('rows and map are the same thing, without empty rows', () => {
    expect(mapOf([{ from: ' fast ', to: 'gpt-5-mini' }, { from: '', to: ' ' }])).toEqual({ fast: 'gpt-5-mini' })
    expect(rowsOf({ fast: 'gpt-5-mini' })).toEqual([{ from: 'fast', to: 'gpt-5-mini' }])
  })

  test('a row needs both names, each without spaces, and a name of its own', () => {
    const rows = [{ from: '', to: '' }, { from: '', to: 'b' }, { from: 'a', to: '' }, { from: 'a b', to: 'c' }, { from: 'a', to: 'd' }]
    expect(faults(rows)).toEqual([null, 'from', 'to', 'space', 'twice'])
  })
})

describe('the order of providers', () => {
  const ids = (list: Provider[]) => list.map(({ id }) => id).join('')
  const after = (list: Provider[], id: string, way: 'up' | 'down') => {
    const changes = new Map(moved(id, list, way).map((change) => [change.id, change.priority]))
    return byPriority(list.map((one) => ({ ...one, priority: changes.get(one.id) ?? one.priority }))).map((one) => `${one.id}${one.priority}`).join(' ')
  }

  test('the larger priority comes first, and equals stay as they were', () => expect(ids(byPriority([provider('a'), provider('b', 5), provider('c')]))).toBe('bac'))

  test('one that leaves its equals is tried before them, or after them', () => {
    expect(after([provider('a'), provider('b')], 'b', 'up')).toBe('b1 a0')
    expect(after([provider('a'), provider('b')], 'a', 'down')).toBe('b1 a0')
    expect(after([provider('a', 3), provider('b', 3), provider('c', 4)], 'b', 'up')).toBe('c5 b4 a3')
  })

  test('one that stands alone changes places with the next, and priorities do not grow', () => {
    expect(after([provider('a', 2), provider('b', 1), provider('c')], 'c', 'up')).toBe('a2 c1 b0')
    expect(after([provider('a', 2), provider('b', 1), provider('c')], 'a', 'down')).toBe('b2 a1 c0')
    expect(after([provider('a', 9), provider('b', 9), provider('c')], 'c', 'up')).toBe('c9 a0 b0')
  })

  test('the first cannot go up, nor the last down', () => {
    const list = [provider('a', 1), provider('b')]
    expect([canMove('a', list, 'up'), canMove('a', list, 'down'), canMove('b', list, 'up'), canMove('b', list, 'down')]).toEqual([false, true, true, false])
    expect(moved('a', list, 'up')).toEqual([])
  })

  test('a place is told among enabled ones alone', () => {
    const list = [provider('a', 1), provider('b', 1, { weight: 3 }), provider('c'), provider('d', 7, { enabled: false })]
    expect(placeOf(list[1]!, list)).toEqual({ first: true, sharing: 1, weight: 3, total: 4 })
    expect(placeOf(list[2]!, list)).toEqual({ first: false, sharing: 0, weight: 1, total: 1 })
    expect(placeOf(list[3]!, list)).toBeNull()
    expect(placeOf(list[0]!, [list[0]!])).toBeNull()
  })
})

describe('a provider in its form', () => {
  test('a name that a type gave goes with the type, one that somebody wrote stays', () => {
    const draft = blankProvider()
    chooseType(draft, types[0]!, types)
    expect(draft.name).toBe('openai')
    chooseType(draft, types[1]!, types)
    expect(draft.name).toBe('anthropic')
    draft.name = 'Ours'
    chooseType(draft, types[0]!, types)
    expect(draft).toMatchObject({ type: 'openai', name: 'Ours' })
  })

  test('what was left empty is not sent', () => {
    expect(newProvider({ ...blankProvider(), type: 'openai', name: ' O ', secret: ' sk-1 ' })).toEqual({ type: 'openai', name: 'O', count: 'auto', secret: 'sk-1' })
  })

  test('only what changed is sent, and an emptied address is the one of the type', () => {
    const known = provider('a', 2, { models: ['m'], map: { fast: 'm' }, price_as: 'groq', base_url: 'https://other.example/v1' })
    expect(providerChange(providerDraft(known), known, types[0])).toEqual({})
    expect(providerChange({ ...providerDraft(known), models: '', price_as: '', base_url: '', priority: null }, known, types[0])).toEqual({ models: [], price_as: '', base_url: 'https://openai.example/v1', priority: 0 })
    expect(providerChange({ ...providerDraft(known), map: [], secret: 'sk-2' }, known, types[0])).toEqual({ map: {}, secret: 'sk-2' })
  })
})
