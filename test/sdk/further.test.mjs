// OpenAI's client at the endpoints that Weir only passes on: bytes equal on both sides, and what each call cost.
import OpenAI, { toFile } from 'openai'
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { difference } from './exchange.mjs'
import { startUpstream } from './upstream.mjs'
import { startWeir } from './weir.mjs'

const providerSecret = 'sk-replay-5d20c3b8'
const json = { 'content-type': 'application/json' }
const reply = (frames, headers = json) => ({ status: 200, headers, frames })
const recording = () => toFile(Buffer.from('no sound at all '.repeat(500)), 'speech.mp3', { type: 'audio/mpeg' })

const calls = {
  embeddings: {
    cost: '0.00002',
    make: (c, o) => c.embeddings.create({ model: 'text-embedding-3-small', input: 'Grüße', encoding_format: 'float' }, o),
    reply: reply(['{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"usage":{"prompt_tokens":1000,"total_tokens":1000}}']),
    check: (a) => assert.deepEqual(a.data[0].embedding, [0.5]),
  },
  moderations: {
    cost: '0',
    make: (c, o) => c.moderations.create({ input: 'Grüße' }, o),
    reply: reply(['{"id":"modr-1","model":"omni-moderation-latest","results":[{"flagged":false}]}']),
    check: (a) => assert.equal(a.results[0].flagged, false),
  },
  completions: {
    cost: '0.00017',
    make: (c, o) => c.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'Say' }, o),
    reply: reply(['{"object":"text_completion","choices":[{"text":"weir","index":0,"finish_reason":"stop"}],"usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110}}']),
    check: (a) => assert.equal(a.choices[0].text, 'weir'),
  },
  images: {
    cost: '0.04005',
    make: (c, o) => c.images.generate({ model: 'gpt-image-1', prompt: 'a weir' }, o),
    reply: reply(['{"created":1,"data":[{"b64_json":"aW0="}],"usage":{"input_tokens":10,"input_tokens_details":{"text_tokens":10,"image_tokens":0},"output_tokens":1000}}']),
    check: (a) => assert.equal(a.data[0].b64_json, 'aW0='),
  },
  'images in a stream': {
    cost: '0.04005',
    make: (c, o) => c.images.generate({ model: 'gpt-image-1', prompt: 'a weir', stream: true, partial_images: 1 }, o),
    reply: reply(
      [
        'event: image_generation.partial_image\ndata: {"type":"image_generation.partial_image","b64_json":"aQ==","partial_image_index":0}\n\n',
        'event: image_generation.completed\ndata: {"type":"image_generation.completed","b64_json":"aW0=","usage":{"input_tokens":10,"input_tokens_details":{"text_tokens":10,"image_tokens":0},"output_tokens":1000}}\n\n',
      ],
      { 'content-type': 'text/event-stream' },
    ),
    check: async (a) => {
      const types = []
      for await (const event of a) types.push(event.type)
      assert.deepEqual(types, ['image_generation.partial_image', 'image_generation.completed'])
    },
  },
  transcriptions: {
    cost: '0.0035',
    make: async (c, o) => c.audio.transcriptions.create({ model: 'gpt-4o-mini-transcribe', file: await recording() }, o),
    reply: reply(['{"text":"weir","usage":{"type":"tokens","input_tokens":1000,"input_token_details":{"text_tokens":0,"audio_tokens":1000},"output_tokens":100}}']),
    check: (a) => assert.equal(a.text, 'weir'),
  },
  'a transcript with a mapped model': {
    cost: '0.006',
    renamed: ['ear', 'whisper-1'],
    make: async (c, o) => c.audio.transcriptions.create({ model: 'ear', file: await recording() }, o),
    reply: reply(['{"text":"weir","usage":{"type":"duration","seconds":60}}']),
    check: (a) => assert.equal(a.text, 'weir'),
  },
  speech: {
    cost: null,
    make: (c, o) => c.audio.speech.create({ model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'Hello' }, o),
    reply: reply([Buffer.from([0xff, 0xfb, 0x90, 0x00]), Buffer.alloc(40_000, 0x80)], { 'content-type': 'audio/mpeg' }),
    check: async (a) => assert.equal((await a.arrayBuffer()).byteLength, 40_004),
  },
}

let weir, upstream, key

before(async () => {
  upstream = await startUpstream(new Map(Object.entries(calls).map(([name, call]) => [name, call.reply])), providerSecret)
  weir = await startWeir()
  const add = (...more) =>
    weir.run(['providers', 'add', '--type', 'custom-openai', '--name', 'replayed', '--base-url', `${upstream.url}/v1`, '--price-as', 'openai', '--secret-stdin', ...more], providerSecret)
  await add()
  await add('--models', 'ear', '--map', 'ear=whisper-1', '--priority', '10')
  key = (await weir.run(['keys', 'add', '--name', 'further'])).secret
})

after(async () => {
  await weir?.stop()
  await upstream?.stop()
})

/** A fetch that keeps what was sent, forms included, and what came. */
function watched() {
  const seen = {}
  seen.fetch = async (url, init) => {
    const request = new Request(url, init)
    seen.sent = Buffer.from(await request.clone().arrayBuffer()).toString()
    const response = await fetch(request)
    const [forClient, forUs] = response.body.tee()
    seen.id = response.headers.get('x-weir-call')
    seen.read = new Response(forUs).arrayBuffer().then((bytes) => Buffer.from(bytes))
    return new Response(forClient, response)
  }
  return seen
}

for (const [name, call] of Object.entries(calls)) {
  test(`openai ${name}`, async () => {
    const seen = watched()
    const client = new OpenAI({ baseURL: `${weir.relay}/v1`, apiKey: key, maxRetries: 0, fetch: seen.fetch })
    await call.check(await call.make(client, { headers: { 'x-replay': name } }))
    const [arrived] = upstream.received.get(name)
    assert.deepEqual(difference(seen.sent, arrived.body), call.renamed ?? ['', ''])
    assert.ok((await seen.read).equals(Buffer.concat(call.reply.frames.map((frame) => Buffer.from(frame)))), 'the client read other bytes')
    const row = await weir.run(['calls', 'show', seen.id])
    assert.equal(row.cost_usd, call.cost)
    assert.equal(row.end, 'finished')
  })
}
