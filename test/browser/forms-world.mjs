// What the stand-in knows of providers and keys that change: it answers as Weir does, and remembers what it was asked.
import { makeWorld } from './world.mjs'

const windows = { day: '2026-11-22T23:00:00.000Z', week: '2026-11-22T23:00:00.000Z', month: '2026-11-30T23:00:00.000Z', total: null }
const begun = { day: '2026-11-21T23:00:00.000Z', week: '2026-11-15T23:00:00.000Z', month: '2026-10-31T23:00:00.000Z', total: null }

/** A failure as Weir tells it. */
export const refusal = (kind, field, message) => ({ kind, field, message })

/** Reads 5usd/day as a limit of which nothing is spent. */
function limitOf(text, i) {
  const [, amount, unit, window, warn] = /^([\d.]+)(usd|tokens|calls)\/(\w+?)(:warn)?$/.exec(text)
  return { id: `lim_${i}${text}`, unit, amount, window, spent: '0', held: '0', left: amount, extra: '0', mark: 0, starts_at: begun[window], resets_at: windows[window], hard: !warn }
}

/** What a key may, as it is shown: an empty text or 0 is no bound. */
function optionsOf({ group_id, most_per_call_usd, pace, ...rest }) {
  return {
    ...rest,
    ...(group_id !== undefined && { group_id: group_id || null }),
    ...(most_per_call_usd !== undefined && { most_per_call_usd: most_per_call_usd || null }),
    ...(pace && { pace: paceOf(pace) }),
  }
}

const paceOf = ({ requests, tokens, running }) => ({ requests: requests || null, tokens: tokens || null, running: running || null })

/** What Weir finds when it tests a key: one that ends in "wrong" is refused, an address of "nowhere" does not answer. */
function tested({ secret = '', base_url = '' }) {
  if (secret.endsWith('wrong')) return ['bad_key', 'The provider refused this key (401). Check that it is whole and not revoked, or paste another one.', 'secret', 'bad_upstream']
  if (base_url.includes('nowhere')) return ['unreachable', 'Nothing answers at this address: its host name is not known. Check the base URL.', 'base_url', 'unreachable']
  return ['ok', null]
}

/** Makes a world whose providers and keys can be changed. */
export function makeFormsWorld(count = 30) {
  const world = makeWorld(count)
  world.asked = []
  world.account = []
  world.changes = []
  world.uses = { calls_30d: 1412, last_call_at: '2026-11-20T15:42:07.000Z', only_here: ['gpt-5', 'gpt-5-mini'], keys: ['Claude Code', 'Codex'] }
  world.local = []
  world.models = ['anthropic/claude-sonnet-5', 'openai/gpt-5', 'openai/gpt-5-mini', ...Array.from({ length: 447 }, (_, n) => `vendor-${n % 40}/a-model-with-a-name-of-some-length-${n}`)].map((id) => ({ id }))
  const { id: _, name: __, type: ___, ...blank } = { ...world.providers[0], models: [], keys: [], state: 'untested' }
  const find = (list, id) => {
    const at = list.findIndex((one) => one.id === id)
    if (at < 0) throw refusal('not_found', 'id', `There is no ${id}.`)
    return at
  }
  const change = (list, id, differs) => {
    const at = find(list, id)
    world[list === world.keys ? 'keys' : 'providers'] = list.with(at, { ...list[at], ...differs })
    return { ...list[at], ...differs }
  }
  const test = (asked) => {
    if (asked.no_test) return asked.secret || asked.type ? { state: 'untested', message: null } : {}
    const [state, message, field, kind] = tested(asked)
    if (asked.strict && field) throw refusal(kind, field, message)
    return { state, message }
  }
  const plain = ({ secret, strict, no_test, id, ...rest }) => rest
  const shown = (value) => (value === '' || value.startsWith('…') ? value : `…${value.slice(-4)}`)
  const keys = ({ secret }, state) => (secret ? { keys: secret.split('\n').map((line, n) => ({ id: `pk_${world.asked.length}_${n}`, mask: shown(line), state, message: null })) } : {})
  const masked = ({ headers }) => (headers ? { headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, shown(value)])) } : {})
  const ops = {
    'providers.add': (asked) => {
      const type = world.ops['providers.types']().find((known) => known.type === asked.type)
      const found = test(asked)
      const made = { ...blank, base_url: type.base_url, dialect: type.dialect, ...plain(asked), ...found, ...keys(asked, found.state), ...masked(asked), id: `ch_${world.asked.length + 100}` }
      world.providers = [...world.providers, made]
      return made
    },
    'providers.update': (asked) => {
      const found = test(asked)
      return change(world.providers, asked.id, { ...plain(asked), ...found, ...keys(asked, found.state), ...masked(asked) })
    },
    'providers.models': (asked) => {
      const [, message, field, kind] = tested(asked)
      if (field) throw refusal(kind, field, message)
      return world.models
    },
    'providers.local': () => world.local,
    'providers.duplicate': ({ id }) => {
      const copy = { ...world.providers[find(world.providers, id)], id: `${id}_copy`, enabled: false, state: 'untested', message: null }
      copy.name = `Copy of ${copy.name}`
      world.providers = [...world.providers, copy]
      return copy
    },
    'providers.uses': () => world.uses,
    'providers.test': ({ id }) => change(world.providers, id, { state: 'ok', message: null }),
    'providers.enable': ({ id }) => change(world.providers, id, { enabled: true }),
    'providers.disable': ({ id }) => change(world.providers, id, { enabled: false }),
    'providers.remove': ({ id }) => {
      world.providers = world.providers.toSpliced(find(world.providers, id), 1)
      return { id }
    },
    'keys.add': ({ limits = [], expires = null, op, ...asked }) => {
      const made = { ...world.keys[0], id: `key_${world.asked.length + 100}`, models: [], group_id: null, ...optionsOf(asked), limits: limits.map(limitOf), expires_at: expires, state: 'active', last_used_at: null, old_secret_until: null }
      world.keys = [...world.keys, made]
      return { ...made, secret: 'sk-weir-ab12-the-secret-of-a-new-key' }
    },
    'keys.update': ({ id, expires, ...rest }) => change(world.keys, id, { ...optionsOf(rest), ...(expires === undefined ? {} : { expires_at: expires }) }),
    'keys.limit': ({ id, limits }) => change(world.keys, id, { limits: limits.map(limitOf) }),
    'keys.pause': ({ id }) => change(world.keys, id, { state: 'paused' }),
    'keys.resume': ({ id }) => change(world.keys, id, { state: 'active' }),
    'keys.revoke': ({ id }) => change(world.keys, id, { state: 'revoked' }),
    'keys.rotate': ({ id, grace }) => ({ ...change(world.keys, id, { old_secret_until: grace === '0s' ? null : '2099-11-29T15:42:00.000Z' }), secret: 'sk-weir-cd34-the-secret-after-the-rotation' }),
    ...groupOps(world, find),
    'account.pace': ({ pace }) => {
      world.pace = paceOf(pace)
      return world.ops['account.get']()
    },
    'limits.topup': ({ id, amount, reason }) => adjust(world, id, { kind: 'topup', amount, reason }, (limit) => ({ extra: String(Number(limit.extra) + Number(amount)) })),
    'limits.reset': ({ id, reason }) => adjust(world, id, { kind: 'reset', amount: limitOfID(world, id).spent, reason }, (limit) => ({ spent: '0', mark: 0, left: limit.amount })),
    'limits.changes': ({ id }) => world.changes.filter((change) => change.limit_id === id),
    'alarm.set': (change) => {
      const { op, ...rest } = change
      world.alarm = { ...world.alarm, ...rest }
      return world.alarm
    },
    'account.limit': ({ limits }) => {
      world.account = limits.map(limitOf)
      return world.ops['quota.get']()
    },
  }
  for (const [op, work] of Object.entries(ops)) {
    world.ops[op] = (asked) => {
      world.asked.push({ op, ...asked })
      return work(asked)
    }
  }
  world.ops['quota.get'] = () => ({ ...world.quota, limits: world.account, unlimited: world.account.length === 0 })
  return world
}

/** The operations of groups; which key is in which is known by the keys. */
function groupOps(world, find) {
  const shown = (group) => ({ ...group, key_ids: world.keys.filter((key) => key.group_id === group.id).map((key) => key.id) })
  const join = (id, ids) => (world.keys = world.keys.map((key) => (ids.includes(key.id) ? { ...key, group_id: id } : key.group_id === id ? { ...key, group_id: null } : key)))
  const change = (id, differs) => {
    const at = find(world.groups, id)
    world.groups = world.groups.with(at, { ...world.groups[at], ...differs })
    return shown(world.groups[at])
  }
  world.ops['groups.list'] = () => world.groups.map(shown)
  return {
    'groups.add': ({ name, limits = [], pace = {}, key_ids = [] }) => {
      const made = { id: `grp_${world.asked.length + 100}`, name, limits: limits.map(limitOf), pace: paceOf(pace), spent_usd: '0', created_at: '2026-11-20T15:42:07.000Z' }
      world.groups = [...world.groups, made]
      join(made.id, key_ids)
      return shown(made)
    },
    'groups.update': ({ id, name, pace, key_ids }) => {
      if (key_ids) join(id, key_ids)
      return change(id, { ...(name && { name }), ...(pace && { pace: paceOf(pace) }) })
    },
    'groups.limit': ({ id, limits }) => change(id, { limits: limits.map(limitOf) }),
    'groups.remove': ({ id }) => {
      world.groups = world.groups.toSpliced(find(world.groups, id), 1)
      join(id, [])
      return { id }
    },
  }
}

const ownersOf = (world) => [...world.keys, ...world.groups, { limits: world.account }]
const limitOfID = (world, id) => ownersOf(world).flatMap(({ limits }) => limits).find((limit) => limit.id === id)

/** Changes the window of a limit, and notes it. */
function adjust(world, id, change, differs) {
  const limit = limitOfID(world, id)
  if (!limit) throw refusal('not_found', 'id', `There is no limit ${id} in force.`)
  world.changes = [{ id: world.changes.length + 1, limit_id: id, unit: limit.unit, at: '2026-11-20T16:10:00.000Z', window_starts_at: limit.starts_at, ...change }, ...world.changes]
  return Object.assign(limit, differs(limit))
}

/** Fifty keys and thirty providers with names that people should not give, and amounts that they do not expect. */
export function crowd(world) {
  const long = (i) => `${'Assistant of the whole department for '.repeat(5)}${i}`.slice(-200)
  const wide = `${'x'.repeat(199)}y`
  world.keys = Array.from({ length: 50 }, (_, i) => ({ ...world.keys[i % 2], id: `key_${i}`, name: i === 3 ? wide : i % 5 === 0 ? long(i) : `Key ${i}`, models: i === 4 ? Array.from({ length: 60 }, (_, n) => `model-number-${n}`) : [], state: i > 46 ? 'revoked' : 'active' }))
  world.providers = Array.from({ length: 30 }, (_, i) => ({ ...world.providers[i % 3], id: `ch_${i}`, name: i === 3 ? wide : i % 4 === 0 ? long(i) : `Provider ${i}`, priority: i % 4, weight: (i % 3) + 1, models: i === 4 ? Array.from({ length: 60 }, (_, n) => `model-number-${n}`) : [], map: i === 5 ? { fast: 'gpt-5-mini', [wide]: wide } : {} }))
}
