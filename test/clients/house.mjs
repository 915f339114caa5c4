// What every try needs: Weir with a channel in each dialect, the stand-in behind it and the wall around it.
import assert from 'node:assert/strict'
import { sameMeters, sameReceipt } from '../sdk/exchange.mjs'
import { startWeir } from '../sdk/weir.mjs'
import { settle } from './run.mjs'
import { startTap, startWall } from './server.mjs'
import { startStandin } from './standin/server.mjs'

const providerSecret = 'sk-standin-5d20e7c4'
const prompt = 'Run the command.'

/** Builds it all up. */
export async function build() {
  const [standin, wall, weir] = await Promise.all([startStandin(), startWall(), startWeir()])
  for (const [type, path, priceAs] of [['custom-openai', '/v1', 'openai'], ['custom-anthropic', '/v1', 'anthropic'], ['custom-gemini', '/v1beta', 'google']]) {
    await weir.run(['providers', 'add', '--type', type, '--name', `stand-in, ${type}`, '--base-url', standin.url + path,
      '--price-as', priceAs, '--no-test', '--secret-stdin'], providerSecret)
  }
  return {
    weir,
    standin,
    wall,
    async stop() {
      await weir.stop()
      await standin.stop()
      await wall.stop()
    },
  }
}

/** Makes an access key, has the client run its prompt with it, and returns what was seen. */
export async function turn(house, client, limit) {
  const key = await house.weir.run(['keys', 'add', '--name', `${client.name}, ${limit}`, '--limit', limit])
  if (limit === '1calls/total') await useUp(house.weir, key.secret)
  const tap = await startTap(house.weir.relay)
  const there = await settle(client, { url: tap.url, key: key.secret, wall: house.wall })
  house.standin.calls.length = 0
  try {
    const ended = await there.run(prompt)
    return { key, ended, passed: tap.calls, arrived: [...house.standin.calls] }
  } finally {
    await there.leave()
    await tap.stop()
  }
}

/** Makes the one call that a key allows. */
async function useUp(weir, secret) {
  const answer = await fetch(`${weir.relay}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4.1', stream: true, stream_options: { include_usage: true }, messages: [{ role: 'user', content: 'Hello.' }] }),
  })
  assert.equal(answer.status, 200, await answer.text())
}

/** Headers that docs/byte-faithfulness.md leaves out or replaces; a stand-in on loopback is no vendor's own and gets the hop. */
const replaced = /^(host|connection|authorization|x-api-key|x-goog-api-key|content-length|accept-encoding|sec-.*|x-weir-hop)$/

/** Checks that what arrived is what was sent: method, path, query, headers and body. */
export function sameCall(sent, got, secret) {
  assert.ok(got, `the upstream did not get this body:\n${sent.body.slice(0, 400)}`)
  assert.ok(got.bytes.equals(sent.bytes), 'the body changed on its way')
  assert.equal(got.method, sent.method)
  assert.equal(got.url, sent.url)
  const kept = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => !replaced.test(name)))
  assert.deepEqual(kept(got.headers), kept(sent.headers))
  const [wrapped] = [got.headers.authorization, got.headers['x-api-key'], got.headers['x-goog-api-key']].filter(Boolean)
  assert.equal(wrapped.replace('Bearer ', ''), providerSecret)
  assert.ok(!JSON.stringify([got.url, got.headers, got.body]).includes(secret), 'the upstream got the access key')
  assert.equal(sent.reply, got.reply, 'a reply changed on its way')
}

/** Checks that a call is in the ledger as the stand-in reported it. */
export async function settled(weir, sent, got) {
  const entry = await weir.run(['calls', 'show', sent.answer['x-weir-call']])
  assert.deepEqual([entry.state, entry.basis, entry.http_status], ['settled', 'exact', 200])
  sameMeters(entry.meters, got.meters)
  await sameReceipt(weir, entry, got.dialect.priceAs, { frames: got.frames })
  assert.ok(BigInt(entry.cost_pico_usd) > 0n, 'it cost nothing')
}
