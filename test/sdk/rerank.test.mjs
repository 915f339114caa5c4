// Cohere's client at the reranking endpoint: bytes equal on both sides, charged by the search, and our refusals in its shape.
import { CohereClient, CohereClientV2, CohereError } from 'cohere-ai'
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { recorder } from './exchange.mjs'
import { startUpstream } from './upstream.mjs'
import { startWeir } from './weir.mjs'

const providerSecret = 'co-replay-9e41f7aa'
const ranking = '{"id":"r-1","results":[{"index":1,"relevance_score":0.98},{"index":0,"relevance_score":0.11}],"meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1}}}'

let weir, upstream, key

before(async () => {
  upstream = await startUpstream(new Map([['rerank', { status: 200, headers: { 'content-type': 'application/json' }, frames: [ranking] }]]), providerSecret)
  weir = await startWeir()
  await weir.run(['providers', 'add', '--type', 'custom-openai', '--name', 'replayed', '--base-url', `${upstream.url}/v1`, '--price-as', 'cohere', '--secret-stdin'], providerSecret)
  key = (await weir.run(['keys', 'add', '--name', 'rerank'])).secret
})

after(async () => {
  await weir?.stop()
  await upstream?.stop()
})

const request = { model: 'rerank-v3.5', query: 'What is a weir?', documents: ['A bird.', 'A dam across a stream.'] }

for (const [name, Client] of [['v2', CohereClientV2], ['v1', CohereClient]]) {
  test(`cohere ${name} reranks`, async () => {
    const seen = recorder()
    const client = new Client({ token: key, environment: weir.relay, maxRetries: 0, fetch: seen.fetch })
    const answer = await client.rerank(request, { headers: { 'x-replay': 'rerank' } })
    assert.equal(answer.results[0].index, 1)
    assert.equal(upstream.received.get('rerank').at(-1).body, seen.sent)
    assert.equal(await seen.read, ranking)
    const call = await weir.run(['calls', 'show', seen.headers.get('x-weir-call')])
    assert.equal(call.cost_usd, '0.002')
    assert.equal(call.meters.search_units, 1)
  })
}

test('cohere shows our own refusals', async () => {
  const client = new CohereClientV2({ token: 'sk-weir-nobody', environment: weir.relay, maxRetries: 0 })
  await assert.rejects(client.rerank(request), (e) => e instanceof CohereError && e.statusCode === 401 && e.body.message.length > 10)
})
