// What the stand-in knows about repricing, about what providers reported, and about their own accounts.
import { makeSettingsWorld } from './settings-world.mjs'

export const preview = {
  looked: 1840, calls: 312, old_usd: '4.1872', new_usd: '2.34715', difference_usd: '-1.84005', priced: 12, unpriced: 3, loose: 1,
  left: [{ why: 'reported', calls: 40 }, { why: 'covered', calls: 7 }, { why: 'free', calls: 5 }, { why: 'estimated', calls: 4 }, { why: 'archived', calls: 2 }, { why: 'unknown', calls: 1 }],
  models: [
    { provider: 'anthropic', model: 'claude-sonnet-5', calls: 290, priced: 0, old_usd: '4.1872', new_usd: '2.3', difference_usd: '-1.8872' },
    { provider: 'custom-openai', model: 'glm-5.3-air', calls: 12, priced: 12, old_usd: '0', new_usd: '0.04715', difference_usd: '0.04715' },
    { provider: 'openrouter', model: 'a'.repeat(60) + '/' + 'very-long-model-name-'.repeat(7).slice(0, 139), calls: 10, priced: 0, old_usd: '12345.67', new_usd: '12345.67', difference_usd: '0' },
  ],
  more_models: 4, token: '312-abc', prices_date: '2026-11-20',
}

const repricing = (id, differs = {}) => ({
  id, state: 'done', reason: 'The output rate of Sonnet 5 was corrected', source: 'page', selection: {}, prices_date: '2026-11-20', calls: 312,
  old_usd: '4.1872', new_usd: '2.34715', difference_usd: '-1.84005', begun_at: '2026-11-20T15:00:00.000Z', ended_at: '2026-11-20T15:00:01.000Z', undo_reason: null, undone_at: null, ...differs,
})

const dayOf = (i) => `2026-11-${String(i + 1).padStart(2, '0')}`
const pico = (n) => String(n / 1e6)

/** Makes what is reported: two providers, one of which drifts from the tenth day on. */
export function reported(from, to) {
  const days = []
  for (let i = 0; i < 20; i++) {
    const day = dayOf(i)
    if (day < from || day > to) continue
    const [router, list] = [400_000 + i * 9000, i < 10 ? 400_000 + i * 9000 : 380_000 + i * 9000]
    days.push(part({ provider: 'openrouter', name: 'OpenRouter', day }, 40, router, list), part({ provider: 'xai', name: 'xAI', day }, 12, 90_000, 90_000))
  }
  const sum = (of) => days.filter(of).reduce((a, d) => ({ n: a.n + d.calls, r: a.r + Math.round(Number(d.reported_usd) * 1e6), c: a.c + Math.round(Number(d.computed_usd) * 1e6) }), { n: 0, r: 0, c: 0 })
  const all = sum(() => true)
  const of = (provider) => sum((d) => d.provider === provider)
  const whole = (about, { n, r, c }, differs = {}) => ({ ...part(about, n, r, c), ...differs })
  return {
    from, to, total: whole({ provider: '', name: '', day: '' }, all, { uncomputed: 9 }), days,
    providers: days.length ? [whole({ provider: 'openrouter', name: 'OpenRouter', day: '' }, of('openrouter')), whole({ provider: 'xai', name: 'xAI', day: '' }, of('xai'))] : [],
    models: days.length ? [whole({ provider: 'openrouter', name: 'OpenRouter', day: '', model: 'anthropic/claude-sonnet-4.6' }, of('openrouter')), whole({ provider: 'xai', name: 'xAI', day: '', model: 'grok-4' }, of('xai'))] : [],
    worst: days.length ? [{ id: 'call_000899999991', started_at: '2026-11-18T10:00:00.000Z', provider: 'openrouter', name: 'OpenRouter', model: 'anthropic/claude-sonnet-4.6', reported_usd: '0.0213', computed_usd: '0.0201', difference_usd: '0.0012' }] : [],
  }
}

function part(about, calls, r, c) {
  return { model: '', ...about, calls, reported_usd: pico(r), computed_usd: pico(c), difference_usd: pico(r - c), permyriad: c ? Math.round(((r - c) * 10_000) / c) : null, uncomputed: 0 }
}

const figures = (requests, input, output, cost) => ({ requests, input, cache_read: null, cache_write: null, output, cost_usd: cost })

export const result = {
  id: 'rec_1', name: 'activity.csv', format: 'openrouter_csv', at: '2026-11-20T16:00:00.000Z', provider: 'openrouter', from: '2026-11-18', to: '2026-11-19', more: true,
  theirs: figures(61, 61_000, 9100, '0.9123'), ours: figures(58, 58_000, 8800, '0.9003'), unpriced_calls: 2, counts: { same: 1, differs: 1, theirs: 1, ours: 1 },
  rows: [
    { day: '2026-11-18', model: 'anthropic/claude-sonnet-4.6', models: [], state: 'same', by: [], theirs: figures(40, 40_000, 6000, '0.6'), ours: figures(40, 40_000, 6000, '0.6'), unpriced_calls: 0 },
    { day: '2026-11-18', model: 'openai/gpt-5', models: ['openai/gpt-5', 'openai/gpt-5-2025-08-07'], state: 'differs', by: ['output', 'cost'], theirs: figures(15, 15_000, 2100, '0.2123'), ours: figures(15, 15_000, 2000, '0.2003'), unpriced_calls: 2 },
    { day: '2026-11-19', model: 'x-ai/grok-4', models: [], state: 'theirs', by: [], theirs: figures(6, 6000, 1000, '0.1'), ours: null, unpriced_calls: 0 },
    { day: '2026-11-19', model: 'z-ai/' + 'glm-'.repeat(50), models: [], state: 'ours', by: [], theirs: null, ours: figures(3, 3000, 800, '12345.67'), unpriced_calls: 0 },
  ],
}

/** Makes a world with the operations of these pages, which remembers what they were asked. */
export function makeAdjustWorld() {
  const world = makeSettingsWorld(30)
  Object.assign(world, { repricings: [], preview: structuredClone(preview), kept: [], files: {} })
  const note = (op, work) => (args) => {
    world.asked.push({ op, ...args })
    return work(args)
  }
  Object.assign(world.ops, {
    'reprice.preview': note('reprice.preview', () => world.preview),
    'reprice.list': () => world.repricings,
    'reprice.apply': note('reprice.apply', ({ reason }) => (world.repricings = [repricing('rep_1', { reason }), ...world.repricings])[0]),
    'reprice.undo': note('reprice.undo', ({ id }) => Object.assign(world.repricings.find((one) => one.id === id), { state: 'undone', undone_at: '2026-11-20T16:00:00.000Z' })),
    'reported.get': note('reported.get', ({ from, to }) => reported(from, to)),
    'reconcile.list': () => world.kept,
    'reconcile.import': note('reconcile.import', ({ name, text }) => {
      if (!text.includes('generation_id')) throw { kind: 'invalid', field: 'text', message: 'No export that Weir knows has these columns: a, b. It reads those of OpenAI, Anthropic and OpenRouter.' }
      const { rows, ...head } = { ...result, name: name || 'Pasted text' }
      world.kept = [head]
      return { ...head, rows }
    }),
    'reconcile.show': () => result,
    'reconcile.remove': note('reconcile.remove', ({ id }) => ((world.kept = []), { id })),
    'reconcile.export': note('reconcile.export', () => {
      world.files.rec = { name: 'weir-reconciliation-2026-11-20.csv', text: 'day_utc,model\n' }
      return { ticket: 'rec', name: world.files.rec.name }
    }),
  })
  return world
}
