// A Weir of the tests' own: the built program on an empty home, and its command line.
import { spawn, execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const program = process.env.WEIR_BIN ?? join(root, 'out', 'weir')

/** Starts Weir on a new home and returns its addresses, its command line and a way to end it. */
export async function startWeir() {
  if (!existsSync(program)) throw new Error(`${program} is not there: make build`)
  const folder = await mkdtemp(join(tmpdir(), 'weir-sdk-'))
  const env = { PATH: process.env.PATH, HOME: folder, WEIR_HOME: join(folder, 'home'), WEIR_KEYCHAIN: 'off' }
  const agent = spawn(program, ['serve', '--port', '0', '--console-port', '0', '--json'], { env })
  const gone = once(agent, 'exit')
  let log = ''
  agent.stderr.on('data', (chunk) => (log += chunk))
  const lines = createInterface({ input: agent.stdout })
  const first = await Promise.race([once(lines, 'line'), gone.then(() => null)])
  if (!first) throw new Error(`weir serve ended before it was ready:\n${log}`)

  return {
    relay: JSON.parse(first[0]).relay,
    user: folder, // the home folder of the user that it believes to serve
    run: (args, stdin = '') => run(args, stdin, env),
    log: () => log,
    async stop() {
      agent.kill('SIGTERM')
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Runs one command with --json and returns the value that it prints. */
function run(args, stdin, env) {
  return new Promise((resolve, reject) => {
    const child = execFile(program, [...args, '--json'], { env, timeout: 20_000, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`weir ${args.join(' ')}: ${error.message}\n${stdout}${stderr}`))
      else resolve(JSON.parse(stdout))
    })
    child.stdin.on('error', () => {}) // a command that needs no input may be gone already: its exit code counts
    child.stdin.end(stdin)
  })
}
