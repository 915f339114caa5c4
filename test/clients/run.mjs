// Runs one assistant on a home of its own, with a proxy that lets nothing out, and ends what it leaves behind.
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const patience = 150_000

/** The environment of an assistant, without a word of Weir. */
export function around(client, home, wall) {
  return {
    PATH: `${dirname(client.program[0])}:${process.env.PATH}`, // scripts find the same Node
    HOME: home,
    TMPDIR: home,
    TERM: 'dumb',
    HTTPS_PROXY: wall.url,
    HTTP_PROXY: wall.url,
    NO_PROXY: '127.0.0.1,localhost',
  }
}

/** Sets an assistant up on a new home and returns how to run it and how to be rid of it. */
export async function settle(client, { url, key, wall }) {
  const home = await mkdtemp(join(tmpdir(), `weir-${client.id}-`))
  const env = { ...around(client, home, wall), ...client.env?.(url, key) }
  await client.setUp?.(home, url, key)
  const first = client.before?.(key, url)
  if (first) await start(client, first.args, { home, env, stdin: first.stdin })
  return {
    home,
    run: (prompt) => start(client, client.args(prompt, home), { home, env }),
    async leave() {
      await endAll(home)
      await rm(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Starts the program and returns what it printed and how it ended, also when it failed. */
export function start(client, args, { home, env, stdin = '' }) {
  const begun = Date.now()
  const [program, ...head] = client.program
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...head, ...args], { env, cwd: home, detached: true })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk) => (stdout += chunk))
    child.stderr.on('data', (chunk) => (stderr += chunk))
    const late = setTimeout(() => {
      stderr += `\nstill running after ${patience / 1000} s`
      process.kill(-child.pid, 'SIGKILL')
    }, patience)
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      clearTimeout(late)
      resolve({ code, signal, stdout, stderr, seconds: (Date.now() - begun) / 1000 })
    })
    child.stdin.on('error', () => {}) // a program may end without reading
    child.stdin.end(stdin)
  })
}

/** Ends the processes that have a home of ours in their environment: daemons that an assistant left behind. */
async function endAll(home) {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '') // gone, or another user's
    if (environ.split('\0').includes(`HOME=${home}`)) {
      try {
        process.kill(Number(pid), 'SIGKILL')
      } catch {
        // It ended in between.
      }
    }
  }
}
