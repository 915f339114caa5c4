// The official clients through Weir to an upstream that replays what providers said: bytes equal on
// both sides, meters equal to the recorded usage, and a cost that adds up.
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { difference, recorder, replyHeaders, sameHeaders, sameMeters, sameReceipt, sameRequest } from './exchange.mjs'
import { startUpstream } from './upstream.mjs'
import { root, startWeir } from './weir.mjs'

const providerSecret = 'sk-replay-77c1d20f'
const folder = join(root, 'test', 'sdk', 'fixtures')
const fixtures = readdirSync(folder).map((file) => ({ name: file.replace('.json', ''), ...JSON.parse(readFileSync(join(folder, file))) }))

let weir, upstream, key

before(async () => {
  const replies = new Map(fixtures.map((f) => [f.name, f.reply]))
  const whole = replies.get('openai-responses-stream')
  replies.set('cut', { ...whole, frames: whole.frames.slice(0, -1) })
  upstream = await startUpstream(replies, providerSecret)
  weir = await startWeir()
  const add = (type, priceAs, ...more) =>
    weir.run(['providers', 'add', '--type', type, '--name', `${type} replayed`, '--base-url', `${upstream.url}/v1`,
      '--price-as', priceAs, '--secret-stdin', ...more], providerSecret)
  await add('custom-openai', 'openai')
  await add('custom-anthropic', 'anthropic')
  await add('custom-openai', 'openai', '--models', 'house-fast', '--map', 'house-fast=gpt-5', '--priority', '10')
  key = (await weir.run(['keys', 'add', '--name', 'sdk'])).secret
})

after(async () => {
  await weir?.stop()
  await upstream?.stop()
})

const clients = {
  openai: (fetch) => new OpenAI({ baseURL: `${weir.relay}/v1`, apiKey: key, maxRetries: 0, fetch }),
  anthropic: (fetch) => new Anthropic({ baseURL: weir.relay, apiKey: key, maxRetries: 0, fetch }),
}

const apis = {
  chat: (fetch, body, options) => clients.openai(fetch).chat.completions.create(body, options),
  messages: (fetch, body, options) => clients.anthropic(fetch).messages.create(body, options),
  responses: (fetch, body, options) => clients.openai(fetch).responses.create(body, options),
  responses_tokens: (fetch, body, options) => clients.openai(fetch).responses.inputTokens.count(body, options),
  responses_compact: (fetch, body, options) => clients.openai(fetch).responses.compact(body, options),
  responses_retrieve: (fetch, { id, ...query }, options) => clients.openai(fetch).responses.retrieve(id, query, options),
  responses_delete: (fetch, { id }, options) => clients.openai(fetch).responses.delete(id, options),
  count_tokens: (fetch, body, options) => clients.anthropic(fetch).messages.countTokens(body, options),
}

const ofAnthropic = ({ api }) => api === 'messages' || api === 'count_tokens'

/** Makes the fixture's call with its official client, to the end of the reply. */
async function make(fixture, body = fixture.request) {
  const seen = recorder()
  let error = null
  try {
    const answer = await apis[fixture.api](seen.fetch, body, { headers: { 'x-replay': fixture.name } })
    if (body.stream) for await (const event of answer) assert.ok(event)
  } catch (thrown) {
    if (!thrown.status) throw thrown
    error = thrown
  }
  return { ...seen, error, read: await seen.read }
}

for (const fixture of fixtures) {
  test(`${fixture.name}: ${fixture.about}`, async () => {
    const { reply, expect } = fixture
    const seen = await make(fixture)
    const [arrived, ...others] = upstream.received.get(fixture.name) ?? []
    assert.ok(arrived, `nothing reached the upstream: ${seen.status} ${seen.read}`)
    assert.equal(others.length, 0, 'the upstream was asked more than once')
    sameRequest(seen.sent, arrived.body)
    sameHeaders(arrived, ['user-agent', 'x-stainless-lang', ...(ofAnthropic(fixture) ? ['anthropic-version'] : [])])

    assert.equal(seen.status, reply.status)
    assert.equal(seen.error?.status ?? 200, reply.status)
    assert.equal(seen.read, reply.frames.filter((_, i) => i !== fixture.withheld).join(''))
    replyHeaders(reply, seen.headers)

    const call = await weir.run(['calls', 'show', seen.headers.get('x-weir-call')])
    for (const [name, value] of Object.entries(expect.call)) assert.equal(call[name], value, name)
    if (!expect.meters) return
    sameMeters(call.meters, expect.meters)
    if (!fixture.request.stream && reply.frames.length === 1) assert.deepEqual(call.usage, JSON.parse(reply.frames[0]).usage)
    if (expect.cost_usd) assert.equal(call.cost_usd, expect.cost_usd)
    await sameReceipt(weir, call, ofAnthropic(fixture) ? 'anthropic' : 'openai', reply)
  })
}

test('a mapped model changes its name in the body and nothing else', async () => {
  const fixture = fixtures.find((f) => f.name === 'openai-chat-unknown-fields')
  const seen = await make(fixture, { ...fixture.request, model: 'house-fast' })
  const arrived = upstream.received.get(fixture.name).at(-1)
  assert.deepEqual(difference(seen.sent, arrived.body), ['house-fast', 'gpt-5'])
  assert.equal(seen.read, fixture.reply.frames.join(''))
  const call = await weir.run(['calls', 'show', seen.headers.get('x-weir-call')])
  assert.equal(call.model, 'house-fast')
  assert.equal(call.upstream_model, 'gpt-5')
  assert.equal(call.cost_usd, fixture.expect.cost_usd)
})

test('each client lists models in its own shape', async () => {
  const seen = recorder()
  const ids = []
  for await (const model of clients.openai(seen.fetch).models.list()) ids.push(model.id)
  assert.ok(ids.includes('house-fast'), `models are ${ids}`)
  assert.equal(JSON.parse(await seen.read).object, 'list')
  assert.equal((await clients.openai(fetch).models.retrieve('house-fast')).id, 'house-fast')

  const theirs = []
  for await (const model of clients.anthropic(fetch).models.list({ limit: 1000 })) theirs.push(model)
  assert.ok(theirs.length > 0 && theirs.every((model) => model.type === 'model' && model.id && model.display_name))
})

test('a client reads our own refusals as its provider’s', async () => {
  const stranger = { apiKey: 'sk-weir-nobody', maxRetries: 0 }
  const chat = new OpenAI({ baseURL: `${weir.relay}/v1`, ...stranger }).chat.completions.create({ model: 'gpt-5', messages: [] })
  await assert.rejects(chat, (e) => e instanceof OpenAI.AuthenticationError && e.type && e.message.length > 10)
  const talk = new Anthropic({ baseURL: weir.relay, ...stranger }).messages.create({ model: 'claude-sonnet-4-6', max_tokens: 1, messages: [] })
  await assert.rejects(talk, (e) => e instanceof Anthropic.AuthenticationError && e.error.type === 'error' && e.error.error.type === 'authentication_error')
})

test('a response that breaks off is an error for its client', async () => {
  const seen = recorder()
  const stream = await clients.openai(seen.fetch).responses.create({ model: 'gpt-5', input: 'Hello.', stream: true }, { headers: { 'x-replay': 'cut' } })
  const read = async () => {
    for await (const event of stream) assert.notEqual(event.type, 'response.completed')
  }
  await assert.rejects(read, (e) => e instanceof OpenAI.APIError && e.code === 'stream_incomplete' && e.message.length > 10)
  assert.match(await seen.read, /event: error\ndata: \{"type":"error",.*\n\n$/)
})

test('the version may stand in the path twice, or not at all', async () => {
  const chat = fixtures.find((f) => f.name === 'openai-chat-tools')
  const talk = fixtures.find((f) => f.name === 'anthropic-message-tools')
  const named = ({ name }) => ({ headers: { 'x-replay': name } })
  for (const version of ['/v1/v1', '']) {
    await new OpenAI({ baseURL: weir.relay + version, apiKey: key, maxRetries: 0 }).chat.completions.create(chat.request, named(chat))
    assert.equal(upstream.received.get(chat.name).at(-1).url, '/v1/chat/completions')
  }
  await new Anthropic({ baseURL: `${weir.relay}/v1`, apiKey: key, maxRetries: 0 }).messages.create(talk.request, named(talk))
  assert.equal(upstream.received.get(talk.name).at(-1).url, '/v1/messages')
})

test('no secret is in the log', () => {
  assert.ok(!weir.log().includes(key) && !weir.log().includes(providerSecret))
})
