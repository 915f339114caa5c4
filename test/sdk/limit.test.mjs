// Each client with a key whose limit is used up: it shows Weir's sentence, and asks no second time.
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { generateText, streamText } from 'ai'
import { CohereClientV2 } from 'cohere-ai'
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import OpenAI from 'openai'
import { formats } from './replies.mjs'
import { startUpstream } from './upstream.mjs'
import { startWeir } from './weir.mjs'

const providerSecret = 'sk-replay-e81b53fd'
const [openai, claude, gemini, rerank] = ['gpt-5', 'claude-sonnet-4-6', 'gemini-2.5-flash', 'rerank-v3.5']
const plain = globalThis.fetch
let weir, upstream, key, answers

// The key's limit is a tenth of a cent. Its only call has cost more, for it counted more than it could be held for.
before(async () => {
  upstream = await startUpstream(new Map([['answer', formats.chat.answer]]), providerSecret)
  weir = await startWeir()
  for (const [type, priceAs, model] of [['openai', 'openai', openai], ['openai', 'cohere', rerank], ['anthropic', 'anthropic', claude], ['gemini', 'google', gemini]]) {
    await weir.run(['providers', 'add', '--type', `custom-${type}`, '--name', priceAs, '--base-url', upstream.url,
      '--price-as', priceAs, '--models', model, '--secret-stdin'], providerSecret)
  }
  key = await weir.run(['keys', 'add', '--name', 'limited', '--limit', '0.001usd/day'])
  const client = new OpenAI({ baseURL: `${weir.relay}/v1`, apiKey: key.secret })
  await client.chat.completions.create({ model: openai, messages, max_completion_tokens: 1 }, { headers: { 'x-replay': 'answer' } })
  globalThis.fetch = async (url, init) => {
    const response = await plain(url, init)
    answers.push({ status: response.status, retry: response.headers.get('x-should-retry'), after: response.headers.get('retry-after') })
    return response
  }
})

after(async () => {
  globalThis.fetch = plain
  await weir?.stop()
  await upstream?.stop()
})

const messages = [{ role: 'user', content: 'Hello.' }]
const base = (version) => ({ baseURL: weir.relay + version, apiKey: key.secret })
const chat = (more) => new OpenAI(base('/v1')).chat.completions.create({ model: openai, messages, ...more })
const responses = (more, options) => new OpenAI(base('/v1')).responses.create({ model: openai, input: 'Hello.', ...more }, options)
const talk = (more) => new Anthropic(base('')).messages.create({ model: claude, max_tokens: 64, messages, ...more })
const google = () => new GoogleGenAI({ apiKey: key.secret, httpOptions: { baseUrl: weir.relay } }).models
const vercel = {
  'openai responses': () => createOpenAI(base('/v1')).responses(openai),
  'openai chat': () => createOpenAI(base('/v1')).chat(openai),
  'openai-compatible': () => createOpenAICompatible({ name: 'weir', ...base('/v1') })(openai),
  anthropic: () => createAnthropic(base('/v1'))(claude),
  google: () => createGoogleGenerativeAI(base('/v1beta'))(gemini),
}

/** Reads a stream of the AI SDK's, which tells of errors as of any part, and throws the first. */
async function drain({ fullStream }) {
  for await (const part of fullStream) if (part.type === 'error') throw part.error
}

const clients = {
  'openai: chat': () => chat(),
  'openai: chat in a stream': () => chat({ stream: true }),
  'openai: responses': () => responses(),
  'openai: responses in a stream': () => responses({ stream: true }),
  'anthropic: messages': () => talk(),
  'anthropic: messages in a stream': () => talk({ stream: true }),
  'google: an answer': () => google().generateContent({ model: gemini, contents: 'Hello.' }),
  'google: a stream': () => google().generateContentStream({ model: gemini, contents: 'Hello.' }),
  'cohere: rerank': () => new CohereClientV2({ token: key.secret, environment: weir.relay }).rerank({ model: rerank, query: 'weir', documents: ['A dam.'] }),
}
for (const [name, model] of Object.entries(vercel)) {
  clients[`vercel ${name}: an answer`] = () => generateText({ model: model(), prompt: 'Hello.' })
  clients[`vercel ${name}: a stream`] = () => drain(streamText({ model: model(), prompt: 'Hello.', onError() {} }))
}

const calls = () => weir.run(['calls', '--key', key.id, '--limit', '100'])

/** Makes a client ask, checks that it asked once, was refused with this status and shows why, and returns its error. */
async function refused(ask, status) {
  answers = []
  const earlier = await calls()
  let shown
  await assert.rejects(ask(), (e) => {
    shown = e
    return /The limit of \$0\.001 .* is reached: \$0\.0013 spent/s.test(e.message)
  })
  assert.deepEqual(answers, [{ status, retry: 'false', after: null }])
  const rows = await calls()
  assert.equal(rows.length, earlier.length + 1)
  assert.deepEqual([rows[0].state, rows[0].http_status], ['refused', status])
  assert.equal([...upstream.received.values()].flat().length, 1, 'a refused call reached the upstream')
  return shown
}

for (const [name, ask] of Object.entries(clients)) test(name, () => refused(ask, name.startsWith('openai: responses') ? 429 : 402))

test('whoever asks for responses is told what Codex takes for the end of a quota', async () => {
  const { code, type } = await refused(() => responses({}, { headers: { 'user-agent': 'codex_exec/0.169.0' } }), 429)
  assert.deepEqual([code, type], ['insufficient_quota', 'insufficient_quota'])
})
