import { describe, expect, test } from 'vitest'
import { faults, headerFaults, mapOf, paramFaults, rowsOf } from '../src/lib/mapping'
import { byPriority, canMove, moved, placeOf } from '../src/lib/order'
import { matching, toggled } from '../src/lib/lists'
import { blankProvider, chooseType, newProvider, patient, providerChange, providerDraft, secretOf } from '../src/lib/provider'
import { candidates, recognise, typeFor } from '../src/lib/recognise'
import type { Provider, ProviderType } from '../src/types.gen'

const type = (id: string, ...key_prefixes: string[]): ProviderType => ({ type: id, name: id, dialect: 'openai-chat', base_url: `https://${id}.example/v1`, needs_base_url: false, key_prefixes, dialects: [], local: false, login: false, lists_models: true, tells_balance: false })
const own: ProviderType = { ...type('custom-openai'), base_url: '', needs_base_url: true }
const types = [type('openai', 'sk-proj-', 'sk-'), type('anthropic', 'sk-ant-'), own]

const provider = (id: string, priority = 0, differs: Partial<Provider> = {}): Provider => ({
  id, name: id, type: 'openai', dialect: 'openai-chat', base_url: 'https://openai.example/v1', models: [], map: {}, priority, weight: 1,
  count: 'auto', price_as: null, enabled: true, state: 'ok', message: null, proxy: '', headers: {}, params: {}, timeouts: { header_ms: 0, stream_header_ms: 0, idle_ms: 0 }, keys: [], balance: null, counting: null, ...differs,
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
    ['hf_1', 'Hugging Face'],
    ['AKIA1', 'AWS'],
    ['sk-weir-1', 'weir'],
    ['', null],
    ['hello', null],
  ])('%j is a key of %s', (secret, want) => expect(whose(secret)).toBe(want))

  test('a type of its own wins over a vendor that is only known by name', () => {
    expect(recognise('hf_1', [...types, type('hugging', 'hf_')])).toMatchObject({ whose: 'type', type: { type: 'hugging' } })
  })

  test('those that a key may be of come first, the longest beginning deciding', () => {
    const ids = (secret: string) => candidates(secret, [...types, type('deepseek', 'sk-')]).map((one) => one.type)
    expect([ids('sk-1'), ids('sk-ant-1'), ids('sk-weir-1'), ids('x'), ids('')]).toEqual([['openai', 'deepseek'], ['anthropic'], [], [], []])
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
    expect(newProvider({ ...blankProvider(), type: 'openai', name: ' O ', secrets: [' sk-1 ', '', 'sk-2'] })).toEqual({ type: 'openai', name: 'O', count: 'auto', secret: 'sk-1\nsk-2' })
  })

  test('only what changed is sent, and an emptied address is the one of the type', () => {
    const known = provider('a', 2, { models: ['m'], map: { fast: 'm' }, price_as: 'groq', base_url: 'https://other.example/v1' })
    expect(providerChange(providerDraft(known), known, types[0])).toEqual({})
    expect(providerChange({ ...providerDraft(known), models: '', price_as: '', base_url: '', priority: null }, known, types[0])).toEqual({ models: [], price_as: '', base_url: 'https://openai.example/v1', priority: 0 })
    expect(providerChange({ ...providerDraft(known), map: [], secrets: ['sk-2'] }, known, types[0])).toEqual({ map: {}, secret: 'sk-2' })
  })

  test('headers, parameters and times go as the console has them, and come back the same', () => {
    const headers = { 'X-Team': '…1234', 'User-Agent': '' }
    const known = provider('a', 0, { proxy: 'direct', headers, params: { 'options.seed': 7, user: null }, timeouts: { header_ms: 1500, stream_header_ms: 0, idle_ms: 60000 } })
    const draft = providerDraft(known)
    expect(providerChange(draft, known, types[0])).toEqual({})
    expect(draft).toMatchObject({ params: [{ from: 'options.seed', to: '7' }, { from: 'user', to: 'null' }], timeouts: { header: 1.5, stream: null, idle: 60 } })
    draft.timeouts.stream = 2
    expect(providerChange({ ...draft, proxy: ' ', params: [{ from: 'a', to: '"b"' }] }, known, types[0])).toEqual({ proxy: '', params: { a: 'b' }, timeouts: { header_ms: 1500, stream_header_ms: 2000, idle_ms: 60000 } })
  })

  test('a key that is entered takes the place of the stored ones, or stands beside them', () => {
    const key = (id: string) => ({ id, mask: `…${id}`, state: 'ok' as const, message: null })
    const draft = providerDraft(provider('a', 0, { keys: [key('1111'), key('2222')] }))
    expect(secretOf(draft)).toBe('')
    expect(secretOf({ ...draft, secrets: [' sk-new ', ''] })).toBe('sk-new')
    expect(secretOf({ ...draft, secrets: ['sk-new'], beside: true })).toBe('…1111\n…2222\nsk-new')
    expect(secretOf({ ...draft, dropped: ['1111'] })).toBe('…2222')
    expect(secretOf({ ...draft, dropped: ['1111'], secrets: ['sk-new'] })).toBe('…2222\nsk-new')
  })

  test('what cannot be sent is told by its row', () => {
    expect(headerFaults([{ from: 'X-A', to: '' }, { from: 'a b', to: '1' }, { from: 'x-a', to: '' }, { from: '', to: '' }, { from: '', to: '1' }])).toEqual([null, 'name', 'twice', null, 'name'])
    expect(paramFaults([{ from: 'a', to: '1' }, { from: 'a..b', to: '1' }, { from: 'c', to: 'text' }, { from: 'a', to: '2' }])).toEqual([null, 'path', 'json', 'twice'])
    expect([patient({ header: null, stream: 0.5, idle: 3600 }), patient({ header: 0, stream: null, idle: null }), patient({ header: null, stream: null, idle: 3601 })]).toEqual([true, false, false])
  })

  test('long lists are searched by words, and chosen from', () => {
    expect(matching(['openai/gpt-5', 'openai/gpt-5-mini', 'x'], 'GPT mini', (one) => one)).toEqual(['openai/gpt-5-mini'])
    expect([toggled('a, b', 'c'), toggled('a, b', 'a'), toggled('', 'a')]).toEqual(['a\nb\nc', 'b', 'a'])
  })
})
