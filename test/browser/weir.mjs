// The built program, started with an empty home of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A zone, for the program and the page alike, where midnight is hours away: what is of today is so to the end of a test. */
export const zone = new Date().getUTCHours() > 19 ? 'America/New_York' : 'Europe/Berlin'

/** Starts Weir; resolves with what its first line says and a way to stop it. */
export async function startWeir(binary, home, { port = '0', consolePort = '0', timeZone } = {}) {
  const child = spawn(binary, ['serve', '--json', '--port', port, '--console-port', consolePort], {
    env: { PATH: process.env.PATH, WEIR_HOME: home, WEIR_KEYCHAIN: 'off', HOME: home, ...(timeZone && { TZ: timeZone }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (chunk) => (log += chunk))
  const ended = once(child, 'exit')
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([text]) => text),
    ended.then(() => Promise.reject(new Error(`Weir ended before it was ready:\n${log}`))),
  ])
  return {
    ...JSON.parse(line),
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Makes a call through the relay as a client would; returns status and body. */
export async function callRelay(relay, secret, path, body) {
  const response = await fetch(relay + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(body),
  })
  return { status: response.status, text: await response.text() }
}

export const chat = (extra = {}) => ['/v1/chat/completions', { model: 'sandbox/gpt-5', messages: [{ role: 'user', content: 'Hello' }], ...extra }]
export const messages = (extra = {}) => ['/v1/messages', { model: 'sandbox/claude-sonnet-4-6', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }], ...extra }]
