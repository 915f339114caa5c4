// Assistants as people install them, through Weir: one turn with a tool, byte for byte and to the last digit; and how
// each one takes an exhausted limit. Each has a home of its own, and a proxy that lets nothing out.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clients } from './clients.mjs'
import { build, sameCall, settled, turn } from './house.mjs'
import { said } from './standin/server.mjs'

let house

before(async () => {
  house = await build()
})

after(() => house?.stop())

const chosen = new RegExp(process.env.WEIR_CLIENTS ?? '.', 'i')

/** What a client printed, and how it ended. */
const story = ({ code, signal, stdout, stderr }) => `ended with ${signal ?? code}\n${stdout}\n${stderr}`

for (const client of clients) {
  const title = `${client.name} ${client.version}`
  const skip = !chosen.test(client.name) && 'WEIR_CLIENTS does not name it'

  test(`${title}: a turn with a tool`, { skip }, async (t) => {
    assert.ok(client.installed, `${title} was not run: it is not installed here (make test-clients does)`)
    const { key, ended, passed, arrived } = await turn(house, client, '5usd/day')
    assert.ok(ended.code === 0 && ended.stdout.includes(said), story(ended))

    const posts = passed.filter(({ method }) => method === 'POST')
    const upgrades = passed.filter(({ method }) => method !== 'POST')
    assert.deepEqual(upgrades.map(({ status }) => status), client.upgrades ? [426] : [])
    assert.equal(posts.length, arrived.length, 'Weir sent more or less than it got')
    const turns = arrived.map(({ turn }) => turn) // a title is asked for beside the first of them
    assert.deepEqual(turns.filter((name) => name !== 'aside'), ['tool', 'last'])
    assert.equal(turns.length, client.aside ? 3 : 2)
    for (const sent of posts) {
      const got = arrived.find(({ body }) => body === sent.body)
      sameCall(sent, got, key.secret)
      assert.equal(got.dialect.name, client.dialect)
      for (const name of client.headers) assert.ok(got.headers[name], `there was no header ${name}`)
      await settled(house.weir, sent, got)
    }
    const quota = await house.weir.run(['quota'])
    assert.equal(quota.unpriced_calls, 0)
    t.diagnostic(`${ended.seconds.toFixed(1)} s, ${posts.map(({ url, body }) => `${url} ${body.length} bytes`).join(', ')}`)
  })

  test(`${title}: an exhausted limit`, { skip }, async (t) => {
    assert.ok(client.installed, `${title} was not run: it is not installed here (make test-clients does)`)
    const { key, ended, passed, arrived } = await turn(house, client, '1calls/total')
    assert.notEqual(ended.code, 0, story(ended))
    assert.equal(ended.signal, null, story(ended))
    assert.deepEqual(arrived, [], 'a refused call went upstream')
    const posts = passed.filter(({ method }) => method === 'POST')
    assert.equal(posts.length, client.aside ? 2 : 1, `it tried again:\n${story(ended)}`)
    const sentence = JSON.parse(posts[0].reply).error.message
    assert.match(sentence, /^The limit of 1 call in total on key .* is reached: 1 call spent\. Raise it, top it up or reset it in Weir under Keys & limits\.$/)
    const shown = (ended.stdout + ended.stderr).replaceAll('\\', '') // some show the JSON of an error
    assert.ok(shown.includes(client.says ?? sentence), story(ended))

    const refused = (await house.weir.run(['calls', '--key', key.id])).filter(({ state }) => state === 'refused')
    assert.deepEqual(refused.map(({ http_status }) => http_status), posts.map(({ status }) => status))
    assert.ok(posts.every(({ status }) => status === (client.refusal ?? 402)), `${posts.map(({ status }) => status)}`)
    t.diagnostic(`${ended.seconds.toFixed(1)} s, ${posts.length} POST, ${posts[0].status}`)
  })
}
