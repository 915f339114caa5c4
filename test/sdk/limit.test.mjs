// Each client with a key whose limit is used up: it shows Weir's sentence, and does not go on asking.
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
    const { body, status, headers } = await plain(url, init)
    answers.push({ status, retry: headers.get('x-should-retry'), after: headers.get('retry-after') })
    return new Response(body, { status, headers: { ...Object.fromEntries(headers), 'retry-after-ms': '1' } }) // who tries again need not wait here
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
const responses = (more) => new OpenAI(base('/v1')).responses.create({ model: openai, input: 'Hello.', ...more })
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

const quota = (e) => assert.deepEqual([e.code, e.type], ['insufficient_quota', 'insufficient_quota'])
const clients = {
  'openai: chat': { ask: () => chat() },
  'openai: chat in a stream': { ask: () => chat({ stream: true }) },
  'openai: responses': { ask: () => responses(), status: 429, check: quota },
  'openai: responses in a stream': { ask: () => responses({ stream: true }), status: 429, check: quota },
  'anthropic: messages': { ask: () => talk() },
  'anthropic: messages in a stream': { ask: () => talk({ stream: true }) },
  'google: an answer': { ask: () => google().generateContent({ model: gemini, contents: 'Hello.' }) },
  'google: a stream': { ask: () => google().generateContentStream({ model: gemini, contents: 'Hello.' }) },
  'cohere: rerank': { ask: () => new CohereClientV2({ token: key.secret, environment: weir.relay }).rerank({ model: rerank, query: 'weir', documents: ['A dam.'] }) },
}
for (const [name, model] of Object.entries(vercel)) {
  // It takes each 429 for one that passes, whatever the reply says, and tries twice more.
  const seen = name === 'openai responses' ? { status: 429, posts: 3 } : {}
  clients[`vercel ${name}: an answer`] = { ask: () => generateText({ model: model(), prompt: 'Hello.' }), ...seen }
  clients[`vercel ${name}: a stream`] = { ask: () => drain(streamText({ model: model(), prompt: 'Hello.', onError() {} })), ...seen }
}

for (const [name, { ask, status = 402, posts = 1, check = () => {} }] of Object.entries(clients)) {
  test(name, async () => {
    answers = []
    const refusedBefore = (await weir.run(['calls', '--key', key.id, '--limit', '100'])).length
    await assert.rejects(ask(), (e) => {
      assert.match(e.message, /The limit of \$0\.001 .* is reached: \$0\.0013 spent/s)
      check(e)
      return true
    })
    assert.deepEqual(answers, Array(posts).fill({ status, retry: 'false', after: null }))
    const rows = await weir.run(['calls', '--key', key.id, '--limit', '100'])
    assert.equal(rows.length, refusedBefore + posts)
    assert.deepEqual(rows.slice(0, posts).map((call) => [call.state, call.http_status]), Array(posts).fill(['refused', status]))
    assert.equal([...upstream.received.values()].flat().length, 1, 'a refused call reached the upstream')
  })
}
