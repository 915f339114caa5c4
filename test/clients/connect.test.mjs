// What `weir connect` writes is enough for the real assistants: no variable names Weir, and undone nothing is left of it.
import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { clients } from './clients.mjs'
import { build, settled } from './house.mjs'
import { around, start } from './run.mjs'
import { said } from './standin/server.mjs'

let house

before(async () => {
  house = await build()
})

after(() => house?.stop())

const tools = [
  { tool: 'claude-code', name: 'Claude Code', file: '.claude/settings.json', text: '{\n\t"env": { "DISABLE_AUTOUPDATER": "1" },\n\n\t"cleanupPeriodDays": 20\n}' },
  { tool: 'codex', name: 'Codex, a provider of its own', file: '.codex/config.toml', text: '# What I like best\nmodel = "gpt-5"   # for now\n\n[tui]\nnotifications = false\n' },
]

for (const { tool, name, file, text } of tools) {
  const client = clients.find((one) => one.name === name)
  const title = `${client.name} ${client.version}, connected by weir connect ${tool}`

  test(title, async () => {
    assert.ok(client.installed, `${title} was not run: it is not installed here (make test-clients does)`)
    const { weir, wall, standin } = house
    const path = join(weir.user, file)
    const now = () => readFile(path, 'utf8')
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)

    await weir.run(['connect', tool, '--dry-run'])
    assert.equal(await now(), text, 'a dry run wrote something')
    await weir.run(['connect', tool])
    assert.ok((await now()).includes(weir.relay), await now())

    const earlier = standin.calls.length
    const ended = await start(client, client.args('Run the command.', weir.user), { home: weir.user, env: around(client, weir.user, wall) })
    assert.ok(ended.code === 0 && ended.stdout.includes(said), `${ended.stdout}\n${ended.stderr}`)
    const arrived = standin.calls.slice(earlier)
    assert.deepEqual(arrived.map(({ turn }) => turn), ['tool', 'last'])
    const { key_id: key } = (await weir.run(['connect'])).find((card) => card.id === tool)
    const made = await weir.run(['calls', '--key', key])
    assert.equal(made.length, arrived.length)
    for (const [i, call] of made.toReversed().entries()) await settled(weir, { answer: { 'x-weir-call': call.id } }, arrived[i])

    await weir.run(['connect', tool, '--undo'])
    assert.equal(await now(), text, 'undone, the file is not what it was')
  })
}
