// Every sentence that a person reads stands in the catalogue, and the catalogue holds no other.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse, type AST } from 'svelte/compiler'
import { describe, expect, test } from 'vitest'
import { en } from '../src/i18n'

const root = new URL('../src/', import.meta.url).pathname
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(svelte|ts)$/.test(name) && !name.endsWith('.gen.ts'))
const read = (name: string) => readFileSync(join(root, name), 'utf8')
const spoken = ['aria-label', 'aria-valuetext', 'aria-description', 'title', 'placeholder', 'alt', 'label', 'text', 'verb', 'hint']

type Node = { type: string; [name: string]: unknown }

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
const children = (node: Node): Node[] => Object.values(node).flat().filter(isNode)

/** Literal text in an expression that is shown; the arguments of a call are no text yet. */
function literals(node: Node): string[] {
  if (node.type === 'CallExpression' || node.type === 'MemberExpression') return []
  if (node.type === 'Literal' && typeof node.value === 'string') return [node.value]
  if (node.type === 'TemplateElement') return [(node.value as { raw: string }).raw]
  return children(node).flatMap(literals)
}

/** Literal sentences in markup and in the attributes that are read to people. */
function sentences(node: Node): string[] {
  if (node.type === 'Text') return [node.data as string]
  if (node.type === 'ExpressionTag') return literals(node.expression as Node)
  if (node.type === 'Attribute') {
    const parts = [node.value].flat().filter(isNode)
    return spoken.includes(node.name as string) ? parts.flatMap(sentences) : []
  }
  if (['Comment', 'Script', 'ConstTag', 'StyleDirective', 'ClassDirective'].includes(node.type)) return []
  return children(node).flatMap(sentences)
}

const worded = (text: string) => /\p{L}/u.test(text)

describe('no component has a sentence of its own', () => {
  test.each(files.filter((name) => name.endsWith('.svelte')))('%s', (name) => {
    const { fragment } = parse(read(name), { modern: true }) as AST.Root
    expect(sentences(fragment as unknown as Node).filter(worded)).toEqual([])
  })

  test('the search finds what it looks for', () => {
    const found = (source: string) => sentences((parse(source, { modern: true }) as AST.Root).fragment as unknown as Node).filter(worded)
    expect(found('<p>Hello</p>')).toEqual(['Hello'])
    expect(found('<p title="Hello" class="a">{yes ? "Yes" : t("no")}</p>')).toEqual(['Hello', 'Yes'])
    expect(found('{#if a}<input placeholder="Name" />{/if}')).toEqual(['Name'])
  })
})

test('every sentence is used, and none is missing', () => {
  const source = files.map(read).join('\n')
  const written = [...source.matchAll(/\b(?:t|plural|maybe|tag)\(\s*(?:\w+[^'`(]*\? )?['`]([^'`]+)['`](?:\s*:\s*'([^']+)')?/g)].flatMap(([, a, b]) => [a, b]).filter((key) => key !== undefined)
  const patterns = written.map((key) => new RegExp(`^(tag\\.)?${key.replace(/[.]/g, '\\.').replace(/\$\{[^}]*\}/g, '[^.]+')}(\\.title|\\.one|\\.other|\\.hint)?$`))
  expect(Object.keys(en).filter((key) => !patterns.some((pattern) => pattern.test(key)))).toEqual([])
})

test('the forms of a plural come together, and have the same placeholders', () => {
  const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort()
  for (const [key, text] of Object.entries(en)) {
    if (!key.endsWith('.one')) continue
    const other = en[key.replace(/\.one$/, '.other') as keyof typeof en]
    expect(holes(other), key).toEqual(holes(text))
  }
})

test('every meter of a bill and every operation has its name', () => {
  const go = (name: string) => readFileSync(join(root, '../..', name), 'utf8')
  const meters = [...go('billing/usage.go').matchAll(/^\t\w+: +\{"(\w*)", "(\w+)",/gm)].filter(([, what]) => what) // one without lines only informs
  const ops = [...go('backend/gateway/gateway.go').matchAll(/^\t\w+ +Op = "(\w+)"/gm)].map(([, op]) => op)
  expect([meters.length > 15, ops.length > 12]).toEqual([true, true])
  const inside = ['output_audio_tokens', 'output_image_tokens', 'reasoning_tokens', 'citation_tokens'] // the receipt shows them as output
  const names = [...meters.flatMap(([, what, name]) => [`line.${what}`, ...(inside.includes(name!) ? [] : [`meter.${name}`])]), ...ops.map((op) => `operation.${op}`)]
  expect(names.filter((key) => !(key in en))).toEqual([])
})

test('every flag of a bill has its sentence', () => {
  const go = ['billing/flags.go', 'backend/relay/settle.go'].map((name) => readFileSync(join(root, '../..', name), 'utf8')).join('\n')
  const book = ['catalog', 'overlay', 'terms'].map((name) => readFileSync(join(root, `../../billing/book/${name}.jsonl`), 'utf8')).join('\n')
  const constants = [...go.matchAll(/^\s(?:[fF]lag\w+|countedHere|maybeCharged|cutShort)\s+= "(\w+)"/gm), ...go.matchAll(/"(\w+)": +(?:Estimated|Unpriced)/g)]
  const cards = [...book.matchAll(/"flags?": ?\[?"(\w+)"/g)]
  const flags = new Set([...constants, ...cards].map(([, name]) => `flag.${name}`))
  expect(flags.size).toBeGreaterThan(40)
  expect([...flags].filter((key) => !(key in en))).toEqual([])
})
