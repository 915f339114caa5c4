// Claude Code in print mode through Weir: one turn with a tool, on a home of its own and without a network.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sameMeters, sameReceipt } from '../sdk/exchange.mjs'
import { root, startWeir } from '../sdk/weir.mjs'
import { startStandin, startTap, turns } from './standin.mjs'

const providerSecret = 'sk-standin-5d20e7c4'

let weir, standin, tap, home, key

before(async () => {
  standin = await startStandin()
  weir = await startWeir()
  tap = await startTap(weir.relay)
  home = await mkdtemp(join(tmpdir(), 'weir-claude-'))
  await weir.run(['providers', 'add', '--type', 'custom-anthropic', '--name', 'stand-in', '--base-url', `${standin.url}/v1`,
    '--price-as', 'anthropic', '--no-test', '--secret-stdin'], providerSecret)
  key = (await weir.run(['keys', 'add', '--name', 'claude-code', '--limit', '5usd/day'])).secret
})

after(async () => {
  await tap?.stop()
  await weir?.stop()
  await standin?.stop()
  if (home) await rm(home, { recursive: true, force: true })
})

/** Runs Claude Code with one prompt and an access key, and returns what it prints. */
function claude(prompt, accessKey) {
  const program = join(root, 'test', 'clients', 'node_modules', '.bin', 'claude')
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    ANTHROPIC_BASE_URL: tap.url,
    ANTHROPIC_AUTH_TOKEN: accessKey,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
  }
  return new Promise((resolve, reject) => {
    const child = execFile(program, ['-p', prompt, '--allowedTools', 'Bash', '--model', 'claude-sonnet-4-6'],
      { env, cwd: home, timeout: 90_000 }, (error, stdout, stderr) => (error ? reject(new Error(`${error.message}\n${stdout}${stderr}`)) : resolve(stdout)))
    child.stdin.end()
  })
}

test('Claude Code finishes a turn with a tool, byte for byte and to the last digit', async () => {
  assert.match(await claude('Run the command.', key), /The command ran\./)
  const passed = tap.calls.filter((call) => call.method === 'POST')
  for (const turn of ['tool', 'last']) assert.ok(standin.calls.some((call) => call.turn === turn), `there was no ${turn} turn`)
  assert.equal(passed.length, standin.calls.length)

  for (const call of passed) {
    const arrived = standin.calls.find((other) => other.body === call.body)
    assert.ok(arrived, 'a body changed on its way')
    assert.equal(arrived.url, call.url)
    for (const name of ['anthropic-beta', 'anthropic-version', 'x-app', 'user-agent']) assert.equal(arrived.headers[name], call.headers[name], name)
    assert.ok(!JSON.stringify(arrived.headers).includes(key), 'the upstream got the access key')
    assert.equal(call.reply, arrived.reply, 'a reply changed on its way')

    const entry = await weir.run(['calls', 'show', call.answer.get('x-weir-call')])
    assert.equal(entry.state, 'settled')
    assert.equal(entry.basis, 'exact')
    sameMeters(entry.meters, turns[arrived.turn].meters)
    await sameReceipt(weir, entry, 'anthropic')
  }
  const quota = await weir.run(['quota'])
  assert.equal(quota.unpriced_calls, 0)
})

test('Claude Code stops at an exhausted limit and shows why', async () => {
  const broke = await weir.run(['keys', 'add', '--name', 'broke', '--limit', '0.000001usd/day'])
  const before = standin.calls.length
  await assert.rejects(claude('Run the command.', broke.secret), /limit/i)
  assert.equal(standin.calls.length, before, 'a refused call went upstream')
  const refused = await weir.run(['calls', '--key', broke.id])
  assert.ok(refused.length > 0 && refused.length <= 2, `${refused.length} tries, want no retries`)
  assert.ok(refused.every((call) => call.state === 'refused' && call.http_status === 402))
})
