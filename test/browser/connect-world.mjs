// What the stand-in knows about assistants: the operations of the page Connect.
import { makeWorld } from './world.mjs'

const tool = (id, name, differs = {}) => ({
  id, name, state: 'not_connected', version: '2.1.330', binary: `/home/somebody/.local/bin/${id}`, file: `/home/somebody/.${id}/settings.json`,
  base_url: null, owner: null, key_id: null, key_name: null, connected_at: null, last_call_at: null, message: null, warnings: [], can_undo: false, ...differs,
})

const change = (key, differs = {}) => ({ key, kind: 'add', old: null, new: null, reason: null, line: null, ...differs })

const plan = (of, differs = {}) => ({
  tool: of.id, name: of.name, undo: false, token: 'agreed', file: of.file, exists: true, backup: true, warnings: of.warnings,
  key: `A new access key "${of.name}" is made for it, without limits; you can set some under Keys & limits.`,
  changes: [
    change('env.ANTHROPIC_BASE_URL', { kind: 'replace', old: 'https://gateway.example/a/very/long/path/that/goes/on/and/on/and/does/not/end', new: 'http://127.0.0.1:9347', line: 4 }),
    change('env.ANTHROPIC_AUTH_TOKEN', { new: 'sk-weir-…' }),
  ],
  ...differs,
})

const back = (of) => plan(of, {
  undo: true, key: `The key "${of.name}" was made for it and is paused. Resume it under Keys & limits if you use it elsewhere.`,
  changes: [
    change('env.ANTHROPIC_BASE_URL', { kind: 'put_back', old: 'http://127.0.0.1:9347', new: 'https://gateway.example', line: 4 }),
    change('env.ANTHROPIC_AUTH_TOKEN', { kind: 'leave', old: 'sk-ant…', line: 5, reason: 'changed since: it stays' }),
  ],
})

const found = [
  tool('claude-code', 'Claude Code', { file: '/home/somebody/.claude/settings.json' }),
  tool('codex', 'Codex', { version: null, file: '/home/somebody/.codex/config.toml', state: 'elsewhere', base_url: 'http://127.0.0.1:15721/v1', owner: 'CC Switch', warnings: ['CODEX_HOME is set in /home/somebody/.zshrc, line 12: its settings may be in another folder than the one Weir sees.'] }),
]

/** Makes a world with assistants; `found` are their cards, `asked` what was asked for. */
export function makeConnectWorld() {
  const world = makeWorld(30)
  Object.assign(world, { found: structuredClone(found), asked: [] })
  const of = (id) => world.found.find((it) => it.id === id)
  const set = (id, differs) => Object.assign(of(id), differs)
  Object.assign(world.ops, {
    'connect.list': () => world.found,
    'connect.preview': (asked) => {
      world.asked.push(asked)
      if (world.refused) throw world.refused
      return asked.undo ? back(of(asked.tool)) : plan(of(asked.tool), asked.key_id ? { key: 'The key "Codex" gets a new secret, because Weir keeps none to write down. The old one works for another 24 hours.' } : {})
    },
    'connect.apply': (asked) => {
      world.asked.push(asked)
      if (world.changed) throw { kind: 'conflict', field: 'file', message: '/home/somebody/.claude/settings.json was changed since you looked. Look at what would happen now, and agree again.' }
      set(asked.tool, { state: 'connected', base_url: 'http://127.0.0.1:9347', owner: 'Weir', key_id: 'key_1', key_name: 'Claude Code', connected_at: '2026-11-20T16:00:00.000Z', can_undo: true })
      return { plan: plan(of(asked.tool)), connection: of(asked.tool), backup: null }
    },
    'connect.undo': (asked) => {
      world.asked.push(asked)
      set(asked.tool, { state: 'not_connected', base_url: null, owner: null, last_call_at: null, can_undo: false })
      return { plan: back(of(asked.tool)), connection: of(asked.tool), backup: null }
    },
  })
  return world
}
