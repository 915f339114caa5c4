// What the stand-in knows about settings, the relay's door, hosts, the report and the log.
import { makeWorld } from './world.mjs'

const settings = {
  appearance: 'auto', on_close: 'ask', notify: true, ask_balances: true, explain_misses: true, port: 9347,
  login_item: { supported: true, enabled: false, offered: false, message: null }, first_steps_done_at: '2026-11-20T09:00:00.000Z',
}

const agent = { role: 'agent', tray: true, paused: false, door: { open: true, port: 9347, holder: null, message: null }, has_providers: true, has_keys: true }

const why = 'Calls and tests of this provider go there.'
const hosts = [
  { host: 'api.anthropic.com', why, name: 'Anthropic' },
  { host: 'api.openai.com', why, name: 'OpenAI of the team' },
  { host: 'proxy.example.net:3128', why: 'Its calls pass through this proxy, which HTTPS_PROXY or HTTP_PROXY names.', name: 'OpenAI of the team' },
  { host: '192.168.1.20:8080', why, name: 'The box in the cellar' },
]

const lines = Array.from({ length: 200 }, (_, i) => `time=2026-11-20T15:${String(Math.floor(i / 60)).padStart(2, '0')}:${String(i % 60).padStart(2, '0')}.104+01:00 level=WARN msg="attempt failed" call=call_000899999${i} channel=ch_2 status=429 message="too many requests"`)

const retention = {
  months: null, megabytes: null, file_bytes: 214_000_000, free_bytes: 3_000_000, archived_calls: 0, archived_until: null,
  oldest_detailed: '2026-02-03T08:00:00.000Z', running: false, compact_seconds: 6,
}

/** Makes a world with the operations of the settings page; `taken` are ports that somebody else holds. */
export function makeSettingsWorld(count = 0) {
  const world = makeWorld(count)
  Object.assign(world, { settings: structuredClone(settings), retention: { ...retention }, hosts, taken: {}, log: { path: '/home/somebody/.local/state/weir/logs/weir.log', lines }, asked: [] })
  world.status = { ...world.status, ...structuredClone(agent) }
  Object.assign(world.ops, {
    'settings.get': () => world.settings,
    'settings.set': (change) => set(world, change),
    'retention.get': () => world.retention,
    'privacy.get': () => world.hosts,
    'diagnostics.get': () => ({ text: report(world.status) }),
    'logs.tail': () => world.log,
    'secrets.unlock': () => world.status,
    'relay.pause': () => (world.status = { ...world.status, paused: true }),
    'relay.resume': () => (world.status = { ...world.status, paused: false }),
    'relay.open': ({ port = world.status.door.port }) => open(world, port),
    'sandbox.try': (asked) => {
      world.asked.push(asked)
      return { call_id: world.at(0).id }
    },
  })
  return world
}

function set(world, { start_at_login, login_item_offered, first_steps_done, ...rest }) {
  world.asked.push({ start_at_login, login_item_offered, first_steps_done, ...rest })
  const item = { ...world.settings.login_item }
  if (start_at_login !== undefined) item.enabled = start_at_login
  if (login_item_offered) item.offered = true
  if (item.enabled && world.loginMessage) Object.assign(item, { enabled: false, message: world.loginMessage })
  world.settings = { ...world.settings, ...rest, login_item: item }
  if (first_steps_done) world.settings.first_steps_done_at = '2026-11-20T16:00:00.000Z'
  return world.settings
}

/** A port that is taken is refused beside its field; the door stays as it was. */
function open(world, port) {
  const holder = world.taken[port]
  if (holder) throw { kind: 'conflict', field: 'port', message: `Port ${port} is used by ${holder}. End that program and try again, or choose another port.` }
  world.settings.port = port
  world.status = { ...world.status, relay: `http://127.0.0.1:${port}`, door: { open: true, port, holder: null, message: null } }
  return world.status
}

const report = (status) => `Weir ${status.version}
system     linux/amd64, Debian GNU/Linux 12
role       ${status.role}, tray ${status.tray ? 'shown' : 'not shown'}
relay      ${status.relay}, open
home       ${status.home}
keychain   ${status.secrets.kept_in}
prices     ${status.prices_date}
ledger     healthy, 100,000 calls, 48 MB
providers  3 (1 disabled)
keys       4 (1 revoked)`
