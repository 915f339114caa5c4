import type { Call } from '../src/types.gen'

/** A settled call with the receipt of the sketch; each test says what is different about its own. */
export function call(differs: Partial<Call> = {}): Call {
  return {
    id: 'call_01', started_at: '2026-11-20T15:42:07.000Z', ended_at: '2026-11-20T15:42:09.100Z',
    key_id: 'key_1', key_name: 'Claude Code', channel_id: 'ch_1', provider: 'anthropic',
    dialect: 'anthropic', operation: 'messages', endpoint: 'messages',
    model: 'claude-sonnet-4-6', upstream_model: 'claude-sonnet-4-6', stream: true, http_status: 200,
    state: 'settled', basis: 'exact', end: 'finished', simulated: false, covered: false, price_status: 'priced',
    meters: { input_tokens_uncached: 1204, cache_read_tokens: 18432, cache_write_5m_tokens: 512, output_tokens: 311 },
    lines: [
      { what: 'input', quantity: '1204', unit: 'tokens', rate_usd: '3', per: '1000000', cost_usd: '0.003612' },
      { what: 'cache_read', quantity: '18432', unit: 'tokens', rate_usd: '0.3', per: '1000000', cost_usd: '0.0055296' },
      { what: 'cache_write_5m', quantity: '512', unit: 'tokens', rate_usd: '3.75', per: '1000000', cost_usd: '0.00192' },
      { what: 'output', quantity: '311', unit: 'tokens', rate_usd: '15', per: '1000000', cost_usd: '0.004665' },
    ],
    cost_usd: '0.0157266', cost_pico_usd: '15726600000', charge_usd: '0.0157266', min_usd: null, max_usd: null,
    without_cache_usd: '0.065109', saved_usd: '0.0493824', reported_usd: null, computed_usd: null, repriced: null, price_card: 'anthropic/claude-sonnet-4-6',
    card: null, note: 'Cached tokens stand beside the input.', flags: [],
    attempts: [{ n: 1, channel_id: 'ch_1', http_status: 200, result: 'billed', ms: 2100 }],
    usage: { input_tokens: 1204 }, error: null, archived_at: null, currency: 'USD', native_total: null, fx: null,
    ...differs,
  }
}
