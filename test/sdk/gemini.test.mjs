// Google's client through Weir: generate, stream, count, embed and list, the same bytes on both
// sides, and an exact cost.
import { ApiError, GoogleGenAI } from '@google/genai'
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sameHeaders } from './exchange.mjs'
import { startUpstream } from './upstream.mjs'
import { startWeir } from './weir.mjs'

const providerSecret = 'sk-replay-19f4c02e'
const model = 'gemini-2.5-flash'
const json = { 'content-type': 'application/json; charset=UTF-8' }
const usage = { promptTokenCount: 1000, cachedContentTokenCount: 400, candidatesTokenCount: 20, thoughtsTokenCount: 30, totalTokenCount: 1050 }
const piece = (text, more) => ({ candidates: [{ content: { parts: [{ text }], role: 'model' }, index: 0, ...more }], modelVersion: model })
const event = (object) => `data: ${JSON.stringify(object)}\r\n\r\n`

const replies = new Map(
  Object.entries({
    generate: { status: 200, headers: json, frames: [JSON.stringify({ ...piece('A weir.', { finishReason: 'STOP' }), usageMetadata: usage })] },
    stream: {
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      frames: [event(piece('A ')), event({ ...piece('weir.', { finishReason: 'STOP' }), usageMetadata: usage })],
    },
    cut: { status: 200, headers: { 'content-type': 'text/event-stream' }, frames: [event(piece('A '))] },
    count: { status: 200, headers: json, frames: ['{"totalTokens":31}'] },
    embed: { status: 200, headers: json, frames: ['{"embeddings":[{"values":[0.25,-0.5]}]}'] },
    slow: {
      status: 429,
      headers: { ...json, 'retry-after': '7' },
      frames: ['{"error":{"code":429,"message":"Slow down.","status":"RESOURCE_EXHAUSTED"}}'],
    },
  }),
)

let weir, upstream, key
const plain = globalThis.fetch
const seen = { sent: '', call: '' }

before(async () => {
  upstream = await startUpstream(replies, providerSecret)
  weir = await startWeir()
  await weir.run(['providers', 'add', '--type', 'custom-gemini', '--name', 'Gemini replayed', '--base-url', `${upstream.url}/v1beta`,
    '--models', `${model},gemini-embedding-001`, '--map', `house=${model}`, '--secret-stdin'], providerSecret)
  key = (await weir.run(['keys', 'add', '--name', 'sdk'])).secret
  globalThis.fetch = async (url, init) => {
    const response = await plain(url, init)
    Object.assign(seen, { sent: init?.body ?? '', call: response.headers.get('x-weir-call') })
    return response
  }
})

after(async () => {
  globalThis.fetch = plain
  await weir?.stop()
  await upstream?.stop()
})

const client = (name, apiKey = key) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: weir.relay, headers: { 'x-replay': name } } })

/** Checks what of a call reached the upstream, and returns its row. */
async function row(name, path) {
  const arrived = upstream.received.get(name).at(-1)
  assert.equal(arrived.url, `/v1beta/models/${path}`)
  assert.equal(arrived.body, seen.sent, 'the upstream got other bytes than the client sent')
  sameHeaders(arrived, ['x-goog-api-client'])
  return weir.run(['calls', 'show', seen.call])
}

function costsExactly(call, stream) {
  assert.deepEqual([call.dialect, call.stream, call.end, call.basis, call.price_status], ['gemini', stream, 'finished', 'exact', 'priced'])
  assert.equal(call.meters.input_tokens_uncached, 600)
  assert.equal(call.meters.cache_read_tokens, 400)
  assert.equal(call.meters.output_tokens, 50)
  assert.deepEqual(call.usage, usage)
  assert.equal(call.cost_usd, '0.000317') // 600 × 0.30 + 400 × 0.03 + 50 × 2.50, per million
}

test('an answer', async () => {
  const answer = await client('generate').models.generateContent({ model, contents: 'Hello. 水', config: { maxOutputTokens: 100 } })
  assert.equal(answer.text, 'A weir.')
  costsExactly(await row('generate', `${model}:generateContent`), false)
})

test('a stream', async () => {
  let text = ''
  for await (const part of await client('stream').models.generateContentStream({ model: 'house', contents: 'Hello.' })) text += part.text
  assert.equal(text, 'A weir.')
  costsExactly(await row('stream', `${model}:streamGenerateContent?alt=sse`), true)
})

test('a stream that breaks off is an error for the client', async () => {
  const stream = await client('cut').models.generateContentStream({ model, contents: 'Hello.' })
  const read = async () => {
    for await (const part of stream) assert.ok(part)
  }
  await assert.rejects(read, (e) => e instanceof ApiError && e.message.includes('UNAVAILABLE'))
  assert.equal((await row('cut', `${model}:streamGenerateContent?alt=sse`)).end, 'upstream_cut')
})

test('counting costs nothing', async () => {
  const { totalTokens } = await client('count').models.countTokens({ model, contents: 'Hello.' })
  assert.equal(totalTokens, 31)
  const call = await row('count', `${model}:countTokens`)
  assert.deepEqual([call.operation, call.cost_usd], ['count_tokens', '0'])
})

test('embeddings', async () => {
  const { embeddings } = await client('embed').models.embedContent({ model: 'gemini-embedding-001', contents: 'Hello.' })
  assert.deepEqual(embeddings[0].values, [0.25, -0.5])
  const call = await row('embed', 'gemini-embedding-001:batchEmbedContents')
  assert.deepEqual([call.operation, call.end], ['embeddings', 'finished'])
})

test('the list of models', async () => {
  const names = []
  for await (const one of await client('list').models.list({ config: { pageSize: 2 } })) names.push(one.name)
  assert.deepEqual(names, [`models/${model}`, 'models/gemini-embedding-001', 'models/house'])
  assert.equal((await client('list').models.get({ model: 'house' })).displayName, 'house')
})

test('an error passes as it came, and our own reads like Google’s', async () => {
  const ask = { model, contents: 'Hello.' }
  await assert.rejects(client('slow').models.generateContent(ask), (e) => e instanceof ApiError && e.status === 429 && e.message === replies.get('slow').frames[0])
  await assert.rejects(client('generate', 'sk-weir-nobody').models.generateContent(ask), (e) => e.status === 401 && e.message.includes('UNAUTHENTICATED'))
  const { secret } = await weir.run(['keys', 'add', '--name', 'limited', '--limit', '0.0000001usd/day'])
  await assert.rejects(client('generate', secret).models.generateContent(ask), (e) => e.status === 402 && e.message.includes('FAILED_PRECONDITION'))
})

test('no secret is in the log', () => {
  assert.ok(!weir.log().includes(key) && !weir.log().includes(providerSecret))
})
