// What the stand-in knows: calls of every kind with numbers that add up, providers, keys.
import { overview } from './overview-world.mjs'

const start = Date.UTC(2026, 10, 20, 15, 42, 7)
const million = '1000000'
const card = { id: 'anthropic/claude-sonnet-4-6@2026-02-17', source: 'Anthropic list', url: 'https://example.com/prices', valid_from: '2026-02-17T00:00:00Z', checked_on: '2026-09-23' }
const note = 'This endpoint counts input apart from cached tokens: nothing is subtracted.'

const idOf = (index) => `call_${String(900_000_000 - index).padStart(12, '0')}`

function call(index, differs = {}) {
  const begun = new Date(start - index * 41_000)
  return {
    id: idOf(index), started_at: begun.toISOString(), ended_at: new Date(begun.getTime() + 2100).toISOString(),
    key_id: 'key_1', key_name: 'Claude Code', channel_id: 'ch_1', provider: 'anthropic', dialect: 'anthropic', operation: 'messages', endpoint: 'messages',
    model: 'claude-sonnet-4-6', upstream_model: 'claude-sonnet-4-6', stream: true, http_status: 200,
    state: 'settled', basis: 'exact', end: 'finished', simulated: false, price_status: 'priced',
    meters: { input_tokens_uncached: 1204, cache_read_tokens: 18432, cache_write_5m_tokens: 512, output_tokens: 311 },
    lines: [
      { what: 'input', quantity: '1204', unit: 'tokens', rate_usd: '3', per: million, cost_usd: '0.003612' },
      { what: 'cache_read', quantity: '18432', unit: 'tokens', rate_usd: '0.3', per: million, cost_usd: '0.0055296' },
      { what: 'cache_write_5m', quantity: '512', unit: 'tokens', rate_usd: '3.75', per: million, cost_usd: '0.00192' },
      { what: 'output', quantity: '311', unit: 'tokens', rate_usd: '15', per: million, cost_usd: '0.004665' },
    ],
    cost_usd: '0.0157266', cost_pico_usd: '15726600000', charge_usd: '0.0157266', min_usd: null, max_usd: null,
    without_cache_usd: '0.065109', saved_usd: '0.0493824', reported_usd: null, computed_usd: null, native_total: null, fx: null, repriced: null, price_card: card.id, card, note, flags: [],
    attempts: [{ n: 1, channel_id: 'ch_1', http_status: 200, result: 'billed', ms: 2100 }],
    usage: { input_tokens: 1204, cache_read_input_tokens: 18432, cache_creation_input_tokens: 512, output_tokens: 311 }, error: null,
    ...differs,
    upstream_model: differs.upstream_model !== undefined ? differs.upstream_model : differs.model && differs.model.length < 100 ? differs.model : 'claude-sonnet-4-6',
  }
}

const unknown = { cost_usd: null, cost_pico_usd: null, saved_usd: null, without_cache_usd: null, price_card: null, card: null }
const plain = { without_cache_usd: '0.0101', saved_usd: '0' }

/** One call of every kind that the list can meet; the index is its place. */
const special = {
  0: { ...unknown, state: 'open', ended_at: null, http_status: null, basis: null, end: null, price_status: null, lines: [], meters: {}, charge_usd: null, usage: null, note: null, attempts: [] },
  1: { model: 'claude-opus-5-5', cost_usd: '0.0212', charge_usd: '0.0212', meters: { input_tokens_uncached: 120, cache_read_tokens: 19_400, output_tokens: 848 }, lines: [{ what: 'output', quantity: '848', unit: 'tokens', rate_usd: '25', per: million, cost_usd: '0.0212' }], saved_usd: '0.0871', without_cache_usd: '0.1083' },
  2: { key_id: 'key_4', key_name: 'opencode', channel_id: 'ch_3', model: 'glm-5.3-air', provider: 'custom-openai', ...unknown, price_status: 'unpriced', lines: [], meters: { input_tokens_uncached: 9000, output_tokens: 1000 }, charge_usd: '0' },
  3: { key_id: 'key_2', key_name: 'Codex', channel_id: 'ch_2', model: 'gpt-5.6-sol', provider: 'openai', ...plain, cost_usd: '0.0101', charge_usd: '0.0101', basis: 'estimated', price_status: 'estimated', flags: ['usage_missing'], min_usd: '0.0004', max_usd: '0.0412', meters: { input_tokens_uncached: 2020, output_tokens: 253 }, lines: [{ what: 'input', quantity: '2020', unit: 'tokens', rate_usd: '5', per: million, cost_usd: '0.0101' }] },
  4: { model: 'claude-opus-5-5', cost_usd: '0.4121', charge_usd: '0.4121', saved_usd: '-0.1733', without_cache_usd: '0.2388', meters: { input_tokens_uncached: 900, cache_write_1h_tokens: 41_000, output_tokens: 64 }, lines: [{ what: 'input', quantity: '900', unit: 'tokens', rate_usd: '5', per: million, cost_usd: '0.0045' }, { what: 'cache_write_1h', quantity: '40600', unit: 'tokens', rate_usd: '10', per: million, cost_usd: '0.406' }, { what: 'output', quantity: '64', unit: 'tokens', rate_usd: '25', per: million, cost_usd: '0.0016' }] },
  5: { key_id: 'key_2', key_name: 'Codex', channel_id: 'ch_2', model: 'gpt-5.6-sol', provider: 'openai', http_status: 429, state: 'released', basis: 'zero', end: 'failed', price_status: 'priced', cost_usd: '0', charge_usd: '0', saved_usd: '0', without_cache_usd: '0', lines: [], meters: {}, usage: null, attempts: [{ n: 1, channel_id: 'ch_2', http_status: 429, result: 'unbilled', ms: 120 }, { n: 2, channel_id: 'ch_3', http_status: null, result: 'maybe', ms: 4100, message: 'The connection was reset.' }], error: { kind: 'rate_limited', message: 'OpenAI answered with 429: too many requests. Wait a moment and try again.' } },
  6: { state: 'refused', end: 'refused', http_status: 402, basis: null, price_status: null, ...unknown, lines: [], meters: {}, charge_usd: '0', usage: null, note: null, attempts: [], channel_id: null, provider: null, upstream_model: null, error: { kind: 'quota_exceeded', message: 'The key “Claude Code” has spent $5 of its $5 for today. It resets at 00:00.' } },
  7: { model: 'a'.repeat(60) + '-' + 'very-long-model-name-'.repeat(7).slice(0, 139), cost_usd: '12345.67', charge_usd: '12345.67', saved_usd: '98765.4321', without_cache_usd: '111111.1021', lines: [{ what: 'output', quantity: '823044667', unit: 'tokens', rate_usd: '15', per: million, cost_usd: '12345.67' }] },
  8: { model: 'cheap', upstream_model: 'claude-haiku-5-5', key_name: 'A key with a rather long name for the whole team', end: 'upstream_cut', basis: 'partial', simulated: true, cost_usd: '0.0000004', charge_usd: '0.0000004', saved_usd: '0', without_cache_usd: '0.0000004', lines: [{ what: 'input', quantity: '4', unit: 'tokens', rate_usd: '0.1', per: million, cost_usd: '0.0000004' }], meters: { input_tokens_uncached: 4 } },
  9: { model: 'openrouter/auto', upstream_model: 'openrouter/auto', channel_id: 'ch_9', provider: 'openrouter', ...unknown, price_status: 'provider_reported', basis: 'estimated', cost_usd: '0.0123004', charge_usd: '0.0123004', reported_usd: '0.0123', flags: ['maybe_charged'], lines: [{ what: 'maybe_charged', quantity: '4', unit: 'tokens', rate_usd: '0.1', per: million, cost_usd: '0.0000004' }] },
}

const kinds = Object.keys(special).length

/** The last mark that spending has passed. */
export const markOf = (spent, amount) => [100, 90, 80].find((mark) => Number(spent) * 100 >= Number(amount) * mark) ?? 0

const limit = (id, unit, amount, window, spent, held, left) => ({ id, unit, amount, window, spent, held, left, extra: '0', mark: markOf(spent, amount), starts_at: window === 'total' ? null : '2026-11-21T00:00:00.000Z', resets_at: window === 'total' ? null : '2026-11-22T00:00:00.000Z', hard: true })

export const noPace = { requests: null, tokens: null, running: null }

const key = (id, name, differs = {}) => ({
  id, name, prefix: 'sk-weir-ab12', state: 'active', limits: [], models: [], denied_models: [], networks: [], group_id: null, expires_at: null, allow_unpriced: false, on_limit: 'finish',
  clamp: false, most_per_call_usd: null, pace: noPace, pause_on_burn: false,
  created_at: '2026-11-01T09:00:00.000Z', last_used_at: '2026-11-20T15:42:07.000Z', ...differs,
})

const type = (id, name, base_url, key_prefixes, differs = {}) => ({ type: id, name, dialect: 'openai-chat', base_url, needs_base_url: base_url === '', key_prefixes, dialects: ['openai-chat'], local: false, login: false, lists_models: true, tells_balance: false, ...differs })

export const types = [
  type('anthropic', 'Anthropic', 'https://api.anthropic.com/v1', ['sk-ant-'], { dialect: 'anthropic', dialects: ['anthropic'] }),
  type('openai', 'OpenAI', 'https://api.openai.com/v1', ['sk-', 'sk-proj-'], { dialects: ['openai', 'openai-chat', 'responses'] }),
  type('google', 'Google Gemini', 'https://generativelanguage.googleapis.com/v1beta', ['AIza'], { dialect: 'gemini', dialects: ['gemini', 'openai-chat'] }),
  type('deepseek', 'DeepSeek', 'https://api.deepseek.com', ['sk-'], { dialects: ['anthropic', 'openai', 'openai-chat'] }),
  type('mistral', 'Mistral', 'https://api.mistral.ai/v1', []),
  type('qwen-cn', 'Qwen (Model Studio), China', 'https://dashscope.aliyuncs.com/compatible-mode/v1', ['sk-'], { dialects: ['anthropic', 'openai', 'openai-chat', 'responses'] }),
  type('voyage', 'Voyage', 'https://api.voyageai.com/v1', ['pa-'], { dialect: 'openai', dialects: ['openai', 'rerank'], lists_models: false }),
  type('openrouter', 'OpenRouter', 'https://openrouter.ai/api/v1', ['sk-or-'], { dialects: ['anthropic', 'openai', 'openai-chat', 'responses'] }),
  type('ollama', 'Ollama', 'http://127.0.0.1:11434', [], { local: true }),
  type('lmstudio', 'LM Studio', 'http://127.0.0.1:1234', [], { local: true }),
  type('new-api', 'New API', '', ['sk-']),
  type('custom-openai', 'Custom (OpenAI)', '', []),
]

const untold = { proxy: '', headers: {}, params: {}, timeouts: { header_ms: 0, stream_header_ms: 0, idle_ms: 0 } }
const provider = (id, name, type, differs = {}) => ({
  id, name, type, dialect: 'openai-chat', base_url: 'https://api.example.com/v1', models: [], map: {}, priority: 0, weight: 1, count: 'auto', price_as: null,
  enabled: true, state: 'ok', message: null, keys: [{ id: `pk_${id}`, mask: '…a1b2', state: 'ok', message: null }], ...untold, balance: null, counting: null, ...differs,
})

const pico = (usd) => BigInt(Math.round(Number(usd ?? 0) * 1e12))

const isUnpriced = (c) => c.state === 'settled' && c.cost_usd === null
const failed = (c) => c.state === 'released' || (c.state === 'settled' && ['upstream_cut', 'failed'].includes(c.end))

/** Says whether a call belongs to what calls.page was asked for. */
function fits(c, { since, until, key_id, channel_id, model, state, unpriced, over }) {
  return (
    (!since || c.started_at >= since) && (!until || c.started_at < until) && (!key_id || c.key_id === key_id) && (!channel_id || c.channel_id === channel_id) && (!model || c.model === model) &&
    (!state || (state === 'failed' ? failed(c) : c.state === state)) && (!unpriced || isUnpriced(c)) && (!over || (c.cost_usd !== null && Number(c.cost_usd) > Number(over)))
  )
}

/** Answers calls.page. Without `at` it adds up the whole list, as Weir does; a list without a filter is not made whole for a page of it. */
function page(world, count, { at, offset = 0, limit: most = 100, ...filter }) {
  const added = world.added.filter((c) => fits(c, filter) && (!at || c.id <= at))
  const restricted = Object.keys(filter).length > 0
  const older = restricted ? Array.from({ length: count }, (_, i) => world.at(i)).filter((c) => fits(c, filter)) : { length: count }
  const pick = (i) => (i < added.length ? added[i] : restricted ? older[i - added.length] : world.at(i - added.length))
  const total = added.length + older.length
  const calls = Array.from({ length: Math.max(0, Math.min(most, total - offset)) }, (_, i) => pick(offset + i))
  if (at) return { at, total: null, spent_usd: null, unpriced_calls: null, simulated_calls: null, calls }
  const usual = restricted ? 0 : Math.max(0, count - kinds) // calls that are all alike
  const all = restricted ? [...added, ...older] : [...added, ...Array.from({ length: count - usual }, (_, i) => world.at(i))]
  const spent = all.reduce((sum, c) => sum + pico(c.cost_usd), pico(world.at(kinds).cost_usd) * BigInt(usual)).toString().padStart(13, '0')
  const unpriced = all.filter(isUnpriced).length
  return { at: calls[0]?.id ?? '', total, spent_usd: `${spent.slice(0, -12)}.${spent.slice(-12)}`, unpriced_calls: unpriced, simulated_calls: 0, calls }
}

/** A world with so many calls. */
export function makeWorld(count = 0) {
  const world = {
    added: [],
    status: {
      version: '0.1.0', relay: 'http://127.0.0.1:9347', home: '/home/somebody/.local/share/weir', simulated_only: count === 0, has_calls: count > 0,
      prices_date: '2026-09-23', secrets: { kept_in: 'keychain', locked: false, message: null }, healthy: true, message: null,
      role: 'server', tray: false, paused: false, door: { open: true, port: 9347, holder: null, message: null }, has_providers: true, has_keys: true,
    },
    providers: [
      provider('ch_1', 'Anthropic', 'anthropic', { dialect: 'anthropic', base_url: 'https://api.anthropic.com/v1' }),
      provider('ch_2', 'OpenAI of the team', 'openai', { state: 'bad_key', message: 'OpenAI refused this key (401). Paste a new one, or remove the channel.', models: ['gpt-5', 'gpt-5-mini'] }),
      provider('ch_3', 'The box in the cellar', 'custom-openai', { state: 'unreachable', enabled: false, message: 'Nothing answers at this address.', base_url: 'http://192.168.1.20:8080/a/very/long/path/that/goes/on/and/on/v1' }),
    ],
    keys: [
      key('key_1', 'Claude Code', { limits: [limit('lim_1', 'usd', '5', 'day', '2.41', '0.12', '2.47'), limit('lim_2', 'usd', '12345.67', 'month', '71.2412345', '0', '12274.4287655')] }),
      key('key_2', 'Codex', { limits: [limit('lim_3', 'usd', '1', 'day', '0.94', '0', '0.06'), limit('lim_4', 'calls', '50', 'total', '50', '0', '0')], models: ['gpt-5.6-sol'], expires_at: '2026-12-24T18:00:00.000Z', on_limit: 'cut' }),
      key('key_3', 'An old laptop', { state: 'revoked', last_used_at: null }),
      key('key_4', 'opencode', { state: 'paused', limits: [limit('lim_5', 'tokens', '100000', 'week', '1234', '0', '98766')] }),
    ],
    settings: { appearance: 'auto', on_close: 'ask', notify: true, port: 9347, login_item: { supported: true, enabled: false, offered: true, message: null }, first_steps_done_at: null },
    groups: [],
    alarm: { on: true, times: 5, least_usd: '1', burning: [] },
    quota: { answers_for: 'account', key_id: null, group_id: null, unlimited: true, limits: [], spent_usd: '71.2412345', unpriced_calls: 12, simulated: false },
  }
  const at = (index) => call(index, special[index])
  const index = (id) => 900_000_000 - Number(id.slice(5))
  world.at = at
  world.ops = {
    'status.get': () => world.status,
    'providers.types': () => types,
    'providers.list': () => world.providers,
    'keys.list': () => world.keys,
    'quota.get': () => world.quota,
    'groups.list': () => world.groups,
    'account.get': () => ({ limits: world.ops['quota.get']().limits, pace: world.pace ?? noPace, spent_usd: world.quota.spent_usd, simulated: world.quota.simulated }),
    'alarm.get': () => world.alarm,
    'settings.get': () => world.settings,
    'connect.list': () => [],
    'calls.show': ({ id }) => ({ ...at(index(id)), miss: null }),
    'overview.get': (args) => overview(args),
    'calls.page': (args) => page(world, count, args),
  }
  return world
}
