// Recordings of real traffic, where they lie beside the repository: the same bytes on both sides,
// and the recorded usage on the meters.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sameMeters, sameReceipt, sameRequest } from './exchange.mjs'
import { startUpstream } from './upstream.mjs'
import { root, startWeir } from './weir.mjs'

const providerSecret = 'sk-replay-0b5e91aa'
const folder = join(root, '..', 'shared', 'cassettes')
const recordings = (existsSync(folder) ? readdirSync(folder) : [])
  .filter((file) => /^(openai-chat|[a-z_]+-responses|anthropic-messages|anthropic-count_tokens)-.*\.json$/.test(file))
  .map((file) => read(file))

/** Reads a recording; where it has no request, one is made up for the model that answered. */
function read(file) {
  const { request, response } = JSON.parse(readFileSync(join(folder, file)))
  const anthropic = file.startsWith('anthropic')
  const responses = file.includes('-responses-')
  const stream = file.includes('-stream-')
  const model = response.body.match(/"model": ?"([^"]+)"/)?.[1]
  return {
    name: file.replace('.json', ''),
    anthropic,
    responses,
    stream,
    path: responses ? '/v1/responses' : anthropic ? (file.includes('count_tokens') ? '/v1/messages/count_tokens' : '/v1/messages') : '/v1/chat/completions',
    query: request?.query ? `?${request.query}` : '',
    body: request?.body ?? JSON.stringify({ model, max_tokens: 1024, stream, messages: [{ role: 'user', content: 'Hello.' }] }),
    reply: { status: response.status, headers: { 'content-type': response.headers['content-type'] }, frames: split(response.body, stream) },
  }
}

function split(body, stream) {
  return stream ? body.split(/(?<=\n\n)/) : [body]
}

/** The usage that a reply ends with; a later count replaces an earlier one. */
function usageOf({ reply, stream }) {
  const objects = stream
    ? reply.frames.flatMap((frame) => frame.match(/^data: (\{.*)$/m)?.[1] ?? []).map((data) => JSON.parse(data))
    : [JSON.parse(reply.frames[0])]
  return Object.assign({}, ...objects.map((o) => o.usage ?? o.message?.usage ?? o.response?.usage ?? {}))
}

/** What the meters must say, reckoned here from the recorded usage. */
function metersOf(usage, { anthropic, responses, reply }) {
  if (responses) {
    const { cached_tokens: cached = 0, cache_write_tokens: written = 0 } = usage.input_tokens_details ?? {}
    return {
      input_tokens_uncached: usage.input_tokens - cached - written,
      cache_read_tokens: cached,
      cache_write_tokens_ttl_unknown: written,
      output_tokens: usage.output_tokens,
      web_searches: Number(reply.frames.at(-1).match(/"num_requests": ?(\d+)/)?.[1] ?? 0),
    }
  }
  if (!anthropic) {
    const { cached_tokens: cached = 0, cache_write_tokens: written = 0, audio_tokens: audio = 0 } = usage.prompt_tokens_details ?? {}
    return {
      input_tokens_uncached: usage.prompt_tokens - cached - written - audio,
      cache_read_tokens: cached,
      cache_write_tokens_ttl_unknown: written,
      input_audio_tokens: audio,
      output_tokens: usage.completion_tokens,
    }
  }
  const { ephemeral_5m_input_tokens: short = 0, ephemeral_1h_input_tokens: long = 0 } = usage.cache_creation ?? {}
  const written = usage.cache_creation_input_tokens ?? 0
  return {
    input_tokens_uncached: usage.input_tokens,
    cache_read_tokens: usage.cache_read_input_tokens ?? 0,
    cache_write_5m_tokens: Math.max(short, written - long),
    cache_write_1h_tokens: long,
    output_tokens: usage.output_tokens,
    web_searches: usage.server_tool_use?.web_search_requests ?? 0,
  }
}

let weir, upstream, key

before(async () => {
  if (recordings.length === 0) return
  upstream = await startUpstream(new Map(recordings.map((r) => [r.name, r.reply])), providerSecret)
  weir = await startWeir()
  for (const provider of ['openai', 'anthropic']) {
    await weir.run(['providers', 'add', '--type', `custom-${provider}`, '--name', provider, '--base-url', `${upstream.url}/v1`,
      '--price-as', provider, '--secret-stdin'], providerSecret)
  }
  key = (await weir.run(['keys', 'add', '--name', 'recordings'])).secret
})

after(async () => {
  await weir?.stop()
  await upstream?.stop()
})

for (const recording of recordings) {
  test(`recording ${recording.name}`, async () => {
    const response = await fetch(`${weir.relay}${recording.path}${recording.query}`, {
      method: 'POST',
      body: recording.body,
      headers: {
        'content-type': 'application/json',
        'x-replay': recording.name,
        ...(recording.anthropic ? { 'x-api-key': key, 'anthropic-version': '2023-06-01' } : { authorization: `Bearer ${key}` }),
      },
    })
    const read = await response.text()
    assert.equal(response.status, recording.reply.status, read)
    assert.equal(read, recording.reply.frames.join(''), 'the client read other bytes than the upstream sent')
    const [arrived] = upstream.received.get(recording.name)
    assert.equal(arrived.url, `${recording.path}${recording.query}`)
    sameRequest(recording.body, arrived.body)

    const call = await weir.run(['calls', 'show', response.headers.get('x-weir-call')])
    assert.equal(call.end, 'finished')
    if (call.operation === 'count_tokens') return assert.equal(call.cost_usd, '0')
    assert.equal(call.basis, 'exact')
    sameMeters(call.meters, metersOf(usageOf(recording), recording))
    await sameReceipt(weir, call, recording.anthropic ? 'anthropic' : 'openai', recording.reply)
  })
}
