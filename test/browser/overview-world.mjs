// What the stand-in knows about sums: a working day whose figures add up.
const hour = 3_600_000
const pico = 10n ** 12n

/** When the stand-in's day is looked at: 17:20 in Berlin. */
export const now = new Date('2026-11-20T16:20:00Z')

const load = [3, 0, 0, 0, 0, 0, 0, 2, 9, 16, 22, 23, 8, 16, 24, 21, 13, 4] // of each hour until now, in parts of a call's price
const shares = { model: [['claude-opus-5-5', 'claude-opus-5-5', 58], ['gpt-5.6-sol', 'gpt-5.6-sol', 27], ['claude-sonnet-4-6', 'claude-sonnet-4-6', 11], ['glm-5.3-air', 'glm-5.3-air', 0], ['', '', 4]],
  key: [['key_1', 'Claude Code', 66], ['key_2', 'Codex', 26], ['key_4', 'opencode', 8]],
  provider: [['ch_1', 'Anthropic', 71], ['ch_2', 'OpenAI of the team', 29]] }
const hits = [914, 781, 630, null, 402]

/** Answers overview.get; `factor` makes everything dearer, `names` gives the groups other names. */
export function overview({ from, to, by }, { factor = 1, names, keys = 0, budget = '120', lost = false } = {}) {
  const days = Math.round((Date.parse(to) - Date.parse(from)) / hour) > 49
  const slots = cut(from, to, days ? 24 * hour : hour)
  const groups = (kind) => (names ? shares[kind].map(([id, name, part], i) => [id && `${names[i % names.length]}${i}`, name && `${names[i % names.length]}${i}`, part]) : shares[kind])
  const weight = (slot, i) => (slot > now ? 0 : days ? 60 + ((i * 37) % 90) : (load[i] ?? 0))
  const spent = slots.map((slot, i) => BigInt(weight(slot, i)) * BigInt(Math.round(factor * 1000)) * 22_500_000n)
  const without = slots.map((slot, i) => spent[i] * (i % 3 === 0 ? 41n : 33n) / 10n)
  const all = spent.reduce((sum, amount) => sum + amount, 0n)
  const bill = without.reduce((sum, amount) => sum + amount, 0n)
  const total = sums(all, bill, lost, { failed_calls: 3, refused_calls: 1, unpriced_calls: 12, hit_permille: 864, calls: 412 })
  const top = (kind) => groups(kind).map(([id, name, part], i) => ({ id, name, ...sums((all * BigInt(part)) / 100n, (bill * BigInt(part)) / 100n, lost, { calls: part * 4 + 12, hit_permille: hits[i], unpriced_calls: id.startsWith('glm') ? 12 : 0 }) }))
  const many = Array.from({ length: keys }, (_, i) => ({ id: `key_${i + 10}`, name: `Assistant number ${i + 1}`, ...sums(pico / BigInt(i + 3), pico / 3n, false, { calls: 1000 - i, hit_permille: 500 }) }))
  return {
    from, to, zone: 'Europe/Berlin', simulated: false, total,
    before: sums(4_100_000_000_000n * BigInt(Math.round(factor * 1000)) / 1000n, bill, false, {}),
    month: { starts_at: '2026-10-31T23:00:00.000Z', ends_at: '2026-11-30T23:00:00.000Z', spent_usd: text(71_241_234_500_000n * BigInt(Math.round(factor * 1000)) / 1000n), projected_usd: text(101_801_000_000_000n * BigInt(Math.round(factor * 1000)) / 1000n), unpriced_calls: 12, budget: budget && limit('lim_9', 'usd', budget, 'month', '71.2412345') },
    timeline: { step: days ? 'day' : 'hour', slots: slots.map((slot) => slot.toISOString()), series: groups(by).map(([id, name, part]) => ({ id, name, points: spent.map((amount) => text((amount * BigInt(part)) / 100n)) })), without_cache: without.map(text) },
    models: top('model'), keys: [...top('key'), ...many], providers: top('provider'),
    limits: [
      { group_id: null, key_id: 'key_2', name: 'Codex', permille: 940, limit: limit('lim_3', 'usd', '1', 'day', '0.94') },
      { group_id: null, key_id: null, name: 'Account', permille: 593, limit: limit('lim_9', 'usd', budget ?? '120', 'month', '71.2412345') },
      { group_id: null, key_id: 'key_1', name: 'Claude Code', permille: 482, limit: limit('lim_1', 'usd', '5', 'day', '2.41') },
      { group_id: 'grp_1', key_id: null, name: 'Team', permille: 310, limit: limit('lim_10', 'usd', '10', 'day', '3.10') },
      { group_id: null, key_id: 'key_4', name: 'opencode', permille: 12, limit: limit('lim_5', 'tokens', '100000', 'week', '1234') },
      ...many.map(({ id, name }, i) => ({ group_id: null, key_id: id, name, permille: 10, limit: limit(`lim_${i + 20}`, 'usd', '12345.67', 'month', '123.45') })),
    ],
    attention: attention(),
  }
}

/** What needs attention, one of every kind. */
export function attention() {
  const plain = { grave: false, id: '', name: '', count: 0, permille: 0, limit: null, burn: null, message: null }
  return [
    { ...plain, kind: 'provider', grave: true, id: 'ch_2', name: 'OpenAI of the team', message: 'OpenAI refused this key (401). Paste a new one, or remove the channel.' },
    { ...plain, kind: 'limit', id: 'key_2', name: 'Codex', permille: 940, limit: limit('lim_3', 'usd', '1', 'day', '0.94') },
    { ...plain, kind: 'burn', id: 'key_2', name: 'Codex', burn: { key_id: 'key_2', name: 'Codex', spent_usd: '6.1', minutes: 10, usual_usd: '1.2', times: '5.0', at: '2026-11-20T16:10:00.000Z', paused: false } },
    { ...plain, kind: 'unpriced', id: 'glm-5.3-air', name: 'glm-5.3-air', count: 12 },
  ]
}

function cut(from, to, step) {
  const slots = []
  for (let at = Date.parse(from); at < Date.parse(to); at += step) slots.push(new Date(at))
  return slots
}

function sums(spent, bill, lost, differs) {
  const without = lost ? (spent * 7n) / 10n : bill
  return {
    spent_usd: text(spent), without_cache_usd: text(without), saved_usd: text(without - spent), calls: 0, unpriced_calls: 0, estimated_calls: 2, failed_calls: 0, refused_calls: 0,
    tokens: { fresh: 1_204_000, cache_read: 12_050_000, cache_write_5m: 388_000, cache_write_1h: 212_000, output: 341_000 }, hit_permille: null, ...differs,
  }
}

const begun = { day: '2026-11-19T23:00:00.000Z', week: '2026-11-15T23:00:00.000Z', month: '2026-10-31T23:00:00.000Z', total: null }

function limit(id, unit, amount, window, spent) {
  return { id, unit, amount, window, spent, held: '0', left: '1', extra: '0', mark: 0, starts_at: begun[window], resets_at: window === 'total' ? null : '2026-11-20T23:00:00.000Z', hard: true }
}

function text(amount) {
  const digits = String(amount < 0n ? -amount : amount).padStart(13, '0')
  const fraction = digits.slice(-12).replace(/0+$/, '')
  return (amount < 0n ? '-' : '') + digits.slice(0, -12) + (fraction && `.${fraction}`)
}
