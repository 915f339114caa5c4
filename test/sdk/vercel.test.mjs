// Vercel's AI SDK through Weir by each of its providers: an answer, a stream with a tool call, an
// embedding and a stream that breaks off. The same bytes on both sides, and an exact cost.
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { embed, generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai'
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { recorder, sameHeaders, sameMeters, sameReceipt, sameRequest } from './exchange.mjs'
import { embeddings, formats, meters } from './replies.mjs'
import { startUpstream } from './upstream.mjs'
import { startWeir } from './weir.mjs'

const providerSecret = 'sk-replay-c40d7be2'
const compatible = (options) => createOpenAICompatible({ name: 'weir', ...options })
const kinds = {
  'openai responses': { make: (o) => createOpenAI(o).responses('gpt-5'), format: 'responses', dialect: 'responses', path: '/v1/responses', cost: '0.0013' },
  'openai chat': { make: (o) => createOpenAI(o).chat('gpt-5'), format: 'chat', dialect: 'openai-chat', path: '/v1/chat/completions', cost: '0.0013' },
  // It does not ask for usage: Weir does, and keeps the frame that comes of it.
  'openai-compatible': { make: (o) => compatible(o)('gpt-5'), format: 'chat', dialect: 'openai-chat', path: '/v1/chat/completions', cost: '0.0013', unasked: true },
  anthropic: { make: (o) => createAnthropic(o)('claude-sonnet-4-6'), format: 'messages', dialect: 'anthropic', path: '/v1/messages', cost: '0.00267' },
  google: {
    make: (o) => createGoogleGenerativeAI(o)('gemini-2.5-flash'), version: '/v1beta', format: 'generate', dialect: 'gemini', cost: '0.000317',
    path: '/v1beta/models/gemini-2.5-flash:generateContent', streamPath: '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
  },
}

let weir, upstream, key

before(async () => {
  const replies = Object.entries(formats).flatMap(([format, said]) => Object.entries(said).map(([name, reply]) => [`${format} ${name}`, reply]))
  upstream = await startUpstream(new Map([...replies, ...Object.entries(embeddings)]), providerSecret)
  weir = await startWeir()
  for (const [maker, version, models] of [
    ['openai', '/v1', 'gpt-5,text-embedding-3-small'],
    ['anthropic', '/v1', 'claude-sonnet-4-6'],
    ['gemini', '/v1beta', 'gemini-2.5-flash,gemini-embedding-001'],
  ]) {
    await weir.run(['providers', 'add', '--type', `custom-${maker}`, '--name', maker, '--base-url', upstream.url + version,
      '--price-as', maker === 'gemini' ? 'google' : maker, '--models', models, '--secret-stdin'], providerSecret)
  }
  key = (await weir.run(['keys', 'add', '--name', 'vercel'])).secret
})

after(async () => {
  await weir?.stop()
  await upstream?.stop()
})

/** The options of a provider whose calls get these replies, in their order, and what passed in each. */
function replayed(names, version = '/v1') {
  const turns = []
  const fetch = (url, init) => {
    const seen = recorder()
    seen.name = names[turns.length]
    turns.push(seen)
    return seen.fetch(url, { ...init, headers: { ...init.headers, 'x-replay': seen.name } })
  }
  return { turns, options: { baseURL: weir.relay + version, apiKey: key, fetch } }
}

/** Reads a stream of the SDK's to its end. */
async function drain(stream) {
  const read = { text: '', error: null }
  for await (const part of stream.fullStream) {
    if (part.type === 'text-delta') read.text += part.text
    if (part.type === 'error') read.error = part.error
  }
  return read
}

/** The frames that reach the client: all but the last before the end, where that holds what only Weir asked for. */
function forClient(frames, unasked) {
  return unasked ? frames.toSpliced(-2, 1) : frames
}

/** Checks the bytes of one turn, and its row. */
async function passed(turn, { format, dialect, unasked, cost }, path) {
  const reply = formats[format][turn.name.split(' ')[1]]
  const stream = reply.headers['content-type'].startsWith('text/event-stream')
  const arrived = upstream.received.get(turn.name).at(-1)
  assert.equal(arrived.url, path)
  sameRequest(turn.sent, arrived.body)
  sameHeaders(arrived, ['user-agent'])
  assert.match(arrived.headers['user-agent'], /ai-sdk\/[a-z-]+\/\d/)
  assert.equal(await turn.read, forClient(reply.frames, unasked && stream).join(''))

  const call = await weir.run(['calls', 'show', turn.headers.get('x-weir-call')])
  assert.deepEqual([call.dialect, call.stream, call.end, call.basis, call.price_status], [dialect, stream, 'finished', 'exact', 'priced'])
  sameMeters(call.meters, meters)
  assert.equal(call.cost_usd, cost)
  await sameReceipt(weir, call, { anthropic: 'anthropic', gemini: 'google' }[dialect] ?? 'openai', reply)
}

for (const [name, kind] of Object.entries(kinds)) {
  test(`${name}: an answer`, async () => {
    const { turns, options } = replayed([`${kind.format} answer`], kind.version)
    const answer = await generateText({ model: kind.make(options), prompt: 'What is „水“?', maxOutputTokens: 100 })
    assert.equal(answer.text, 'A weir.')
    const { inputTokens, inputTokenDetails, outputTokens } = answer.usage
    assert.deepEqual([inputTokens, inputTokenDetails.cacheReadTokens, outputTokens], [1000, meters.cache_read_tokens, meters.output_tokens])
    await passed(turns[0], kind, kind.path)
  })

  test(`${name}: a tool call and then the answer, in streams`, async () => {
    const { turns, options } = replayed([`${kind.format} tool`, `${kind.format} stream`], kind.version)
    const shelf = tool({
      description: 'Says on which shelf a book stands.',
      inputSchema: jsonSchema({ type: 'object', properties: { title: { type: 'string' } }, required: ['title'], additionalProperties: false }),
      execute: ({ title }) => `${title}: shelf 4`,
    })
    const stream = streamText({ model: kind.make(options), prompt: 'Where does the atlas stand?', tools: { shelf_of: shelf }, stopWhen: stepCountIs(2) })
    assert.deepEqual(await drain(stream), { text: 'A weir.', error: null })
    assert.equal(turns.length, 2)
    assert.ok(turns[1].sent.includes('Atlas: shelf 4'), 'the tool’s answer was not sent')
    for (const turn of turns) await passed(turn, kind, kind.streamPath ?? kind.path)
    if (!kind.unasked) assert.equal((await stream.totalUsage).outputTokens, 2 * meters.output_tokens)
  })

  test(`${name}: a stream that breaks off is an error`, async () => {
    const { turns, options } = replayed([`${kind.format} cut`], kind.version)
    const { error } = await drain(streamText({ model: kind.make(options), prompt: 'Hello.', onError() {} }))
    assert.ok(error, 'the stream ended as if it were whole')
    assert.match(error.message, /broke off its reply before the end\. Try again\.$/)
    const call = await weir.run(['calls', 'show', turns[0].headers.get('x-weir-call')])
    assert.equal(call.end, 'upstream_cut')
    assert.equal(turns.length, 1, 'what had begun was asked for again')
  })

  test(`${name}: the version may stand in the path twice, or not at all`, async () => {
    const version = kind.version ?? '/v1'
    for (const written of [version + version, '']) {
      const { turns, options } = replayed([`${kind.format} answer`], written)
      const answer = await generateText({ model: kind.make(options), prompt: 'Hello.' })
      assert.equal(answer.text, 'A weir.')
      await passed(turns[0], kind, kind.path)
    }
  })
}

const embedders = {
  openai: { make: (o) => createOpenAI(o).embedding('text-embedding-3-small'), path: '/v1/embeddings', cost: '0.00002' },
  'openai-compatible': { make: (o) => compatible(o).embeddingModel('text-embedding-3-small'), reply: 'openai', path: '/v1/embeddings', cost: '0.00002' },
  google: { make: (o) => createGoogleGenerativeAI(o).embedding('gemini-embedding-001'), version: '/v1beta', path: '/v1beta/models/gemini-embedding-001:embedContent' },
}

for (const [name, { make, version, reply = name, path, cost }] of Object.entries(embedders)) {
  test(`${name}: an embedding`, async () => {
    const { turns, options } = replayed([reply], version)
    const { embedding } = await embed({ model: make(options), value: 'Grüße' })
    assert.deepEqual(embedding, [0.25, -0.5])
    const arrived = upstream.received.get(reply).at(-1)
    assert.equal(arrived.url, path)
    assert.equal(arrived.body, turns[0].sent)
    assert.equal(await turns[0].read, embeddings[reply].frames[0])
    const call = await weir.run(['calls', 'show', turns[0].headers.get('x-weir-call')])
    assert.deepEqual([call.operation, call.end], ['embeddings', 'finished'])
    if (cost) assert.equal(call.cost_usd, cost)
  })
}

test('no secret is in the log', () => {
  assert.ok(!weir.log().includes(key) && !weir.log().includes(providerSecret))
})
