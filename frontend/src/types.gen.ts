// Code generated from backend/console/types.go by its TestTypes; DO NOT EDIT.
// Money and quantities are decimal strings; what is not known is null.

export interface Line {
  cost_usd: string | null
  per: string
  quantity: string
  rate_usd: string | null
  unit: string
  what: string
}

export interface Limit {
  id: string
  unit: 'usd' | 'tokens' | 'calls'
  amount: string
  window: 'day' | 'week' | 'month' | 'total'
  spent: string
  held: string
  left: string
  extra: string
  mark: 0 | 80 | 90 | 100
  starts_at: string | null
  resets_at: string | null
  hard: boolean
}

export interface Pace {
  requests: number | null
  tokens: number | null
  running: number | null
}

export interface Key {
  id: string
  name: string
  prefix: string
  state: 'active' | 'paused' | 'expired' | 'revoked'
  limits: Limit[]
  models: string[]
  denied_models: string[]
  networks: string[]
  group_id: string | null
  expires_at: string | null
  allow_unpriced: boolean
  on_limit: 'finish' | 'cut'
  clamp: boolean
  most_per_call_usd: string | null
  pace: Pace
  pause_on_burn: boolean
  created_at: string
  last_used_at: string | null
  old_secret_until: string | null
}

export interface NewKey extends Key {
  secret: string
}

export interface Group {
  id: string
  name: string
  limits: Limit[]
  pace: Pace
  key_ids: string[]
  spent_usd: string
  created_at: string
}

export interface Account {
  limits: Limit[]
  pace: Pace
  spent_usd: string
  simulated: boolean
}

export interface LimitChange {
  id: number
  limit_id: string
  kind: 'topup' | 'reset'
  amount: string
  unit: 'usd' | 'tokens' | 'calls'
  reason: string
  at: string
  window_starts_at: string | null
}

export interface Alarm {
  on: boolean
  times: number
  least_usd: string
  burning: Burn[]
}

export interface Burn {
  key_id: string | null
  name: string
  spent_usd: string
  minutes: number
  usual_usd: string
  times: string
  at: string
  paused: boolean
}

export interface ProviderType {
  type: string
  name: string
  dialect: string
  base_url: string
  needs_base_url: boolean
  key_prefixes: string[]
  dialects: string[]
  local: boolean
  login: boolean
  lists_models: boolean
  tells_balance: boolean
}

export interface ProviderOptions {
  proxy: string
  headers: Record<string, string>
  params: Record<string, unknown>
  timeouts: Timeouts
}

export interface Timeouts {
  header_ms: number
  stream_header_ms: number
  idle_ms: number
}

export interface ProviderKey {
  id: string
  mask: string
  state: 'ok' | 'untested' | 'bad_key' | 'unreachable'
  message: string | null
}

export interface BalanceAmount {
  key_id: string
  kind: 'key_limit' | 'account' | null
  currency: 'USD' | 'CNY' | null
  left: string | null
  total: string | null
  used: string | null
  unlimited: boolean
  fetched_at: string | null
  error: string | null
}

export interface Balance extends BalanceAmount {
  also: BalanceAmount[]
}

export interface CountedCall {
  call_id: string
  prompt_tokens: number
  cache_read_tokens: number
  cache_write_tokens: number
  output_tokens: number
}

export interface Counting {
  at: string
  model: string
  dialect: string
  verdict: 'inclusive' | 'exclusive' | 'no_cache' | 'no_usage' | 'contradictory'
  set: 'auto' | 'inclusive' | 'exclusive' | null
  message: string
  calls: CountedCall[]
}

export interface CountingPlan {
  model: string
  dialect: string
  calls: number
  prompt_tokens: number
  output_tokens: number
  cost_usd: string | null
}

export interface Provider extends ProviderOptions {
  id: string
  name: string
  type: string
  dialect: string
  base_url: string
  models: string[]
  map: Record<string, string>
  priority: number
  weight: number
  count: string
  price_as: string | null
  enabled: boolean
  state: 'ok' | 'untested' | 'bad_key' | 'unreachable'
  message: string | null
  keys: ProviderKey[]
  balance: Balance | null
  counting: Counting | null
}

export interface Model {
  id: string
}

export interface LocalServer {
  type: string
  base_url: string
  models: Model[]
}

export interface Attempt {
  n: number
  channel_id: string
  http_status: number | null
  result: 'unbilled' | 'maybe' | 'billed'
  ms: number
  message?: string
}

export interface Card {
  id: string
  source: string
  url: string
  valid_from: string | null
  checked_on: string
  tier: Tier | null
}

export interface Tier {
  prompt: number
  op: '>' | '>='
}

export interface CallError {
  kind: string
  message: string
}

export interface Call {
  id: string
  started_at: string
  ended_at: string | null
  key_id: string
  key_name: string
  channel_id: string | null
  provider: string | null
  dialect: string
  operation: string
  endpoint: string | null
  model: string | null
  upstream_model: string | null
  stream: boolean
  http_status: number | null
  state: 'open' | 'settled' | 'released' | 'refused'
  basis: 'exact' | 'partial' | 'estimated' | 'zero' | null
  end: 'finished' | 'upstream_cut' | 'client_left' | 'failed' | 'refused' | null
  simulated: boolean
  covered: boolean
  price_status: 'priced' | 'provider_reported' | 'estimated' | 'unpriced' | 'rejected' | null
  meters: Record<string, number>
  lines: Line[]
  cost_usd: string | null
  cost_pico_usd: string | null
  charge_usd: string
  min_usd: string | null
  max_usd: string | null
  without_cache_usd: string | null
  saved_usd: string | null
  reported_usd: string | null
  price_card: string | null
  card: Card | null
  note: string
  flags: string[]
  attempts: Attempt[]
  usage: unknown
  error: CallError | null
  computed_usd: string | null
  currency: string
  native_total: string | null
  fx: ExchangeRate | null
  repriced: Repriced | null
  archived_at: string | null
}

export interface Quota {
  answers_for: 'key' | 'group' | 'account'
  key_id: string | null
  group_id: string | null
  unlimited: boolean
  limits: Limit[]
  spent_usd: string
  unpriced_calls: number
  simulated: boolean
}

export interface Secrets {
  kept_in: 'keychain' | 'file'
  locked: boolean
  message: string | null
}

export interface Status {
  version: string
  relay: string
  home: string
  simulated_only: boolean
  has_calls: boolean
  prices_date: string
  secrets: Secrets
  healthy: boolean
  message: string | null
  role: 'server' | 'agent'
  tray: boolean
  paused: boolean
  door: Door
  has_providers: boolean
  has_keys: boolean
}

export interface Door {
  open: boolean
  port: number
  holder: string | null
  message: string | null
}

export interface TriedCall {
  call_id: string
}

export interface Login {
  login_url: string
}

export interface Repriced {
  id: string
  at: string
  reason: string
  old_usd: string | null
  new_usd: string | null
}

export interface RepriceCalls {
  since?: string | null
  until?: string | null
  model?: string
  provider?: string
  key_id?: string
  channel_id?: string
  unpriced?: boolean
}

export interface LeftCalls {
  why: 'reported' | 'covered' | 'free' | 'estimated' | 'archived' | 'unknown'
  calls: number
}

export interface ModelChange {
  provider: string
  model: string
  calls: number
  priced: number
  old_usd: string
  new_usd: string
  difference_usd: string
}

export interface RepricePreview {
  looked: number
  calls: number
  old_usd: string
  new_usd: string
  difference_usd: string
  priced: number
  unpriced: number
  loose: number
  left: LeftCalls[]
  models: ModelChange[]
  more_models: number
  token: string
  prices_date: string
}

export interface Repricing {
  id: string
  state: 'planning' | 'booking' | 'done' | 'undoing' | 'undone'
  reason: string
  source: 'page' | 'cli'
  selection: RepriceCalls
  prices_date: string
  calls: number
  old_usd: string
  new_usd: string
  difference_usd: string
  begun_at: string
  ended_at: string | null
  undo_reason: string | null
  undone_at: string | null
}

export interface ReportedSums {
  calls: number
  reported_usd: string
  computed_usd: string
  difference_usd: string
  permyriad: number | null
  uncomputed: number
}

export interface ReportedPart extends ReportedSums {
  provider: string
  name: string
  model: string
  day: string
}

export interface ReportedCall {
  id: string
  started_at: string
  provider: string
  name: string
  model: string
  reported_usd: string
  computed_usd: string
  difference_usd: string
}

export interface ReportedView {
  from: string
  to: string
  total: ReportedSums
  providers: ReportedPart[]
  models: ReportedPart[]
  days: ReportedPart[]
  worst: ReportedCall[]
}

export interface Figures {
  requests: number | null
  input: number | null
  cache_read: number | null
  cache_write: number | null
  output: number | null
  cost_usd: string | null
}

export interface Match {
  day: string
  model: string
  models: string[]
  state: 'same' | 'differs' | 'theirs' | 'ours'
  by: string[]
  theirs: Figures | null
  ours: Figures | null
  unpriced_calls: number
}

export interface ReconciliationHead {
  id: string
  name: string
  format: string
  at: string
  provider: string
  from: string
  to: string
  more: boolean
  theirs: Figures
  ours: Figures
  unpriced_calls: number
  counts: Record<string, number>
}

export interface Reconciliation extends ReconciliationHead {
  rows: Match[]
}

export interface PriceTier {
  prompt: number
  op: '>' | '>='
  rates: Record<string, string>
}

export interface PriceWindow {
  zone: string
  offset_minutes: number
  days: number[]
  from: string
  to: string
}

export interface PriceVersion {
  card: string
  layer: 'you' | 'update' | 'overlay' | 'catalogue'
  currency: 'USD' | 'CNY'
  rates: Record<string, string>
  tiers: PriceTier[]
  window: PriceWindow | null
  valid_from: string | null
  valid_to: string | null
  source: string
  url: string | null
  checked_on: string
  flags: string[]
  note: string | null
  ended: boolean
}

export interface PriceRow extends PriceVersion {
  list: string
  list_name: string
  model: string
  other_names: number
  windows: PriceVersion[]
  next_from: string | null
  state: 'now' | 'later' | 'over'
  used: number
}

export interface PriceQuestion {
  search?: string
  list?: string
  layer?: string
  used?: boolean
  cursor?: string
  limit?: number
}

export interface PriceList {
  list: string
  name: string
}

export interface PricePage {
  rows: PriceRow[]
  total: number
  cursor: string | null
  lists: PriceList[]
  date: string
  version: number
  shipped: boolean
  problem: string | null
}

export interface PricedModel {
  provider: string
  model: string
}

export interface PriceCondition {
  id: string
  kind: 'tier' | 'speed' | 'geo' | 'cache' | 'search' | ''
  value: string
  times: string | null
  rates: Record<string, string>
  of_input: Record<string, string>
  prompt_below: number | null
  valid_from: string | null
  valid_to: string | null
  source: string
  url: string
  checked_on: string
}

export interface PriceAlias {
  provider: string
  provider_name: string
  model: string
  like_provider: string
  like_name: string
  like_model: string
}

export interface PriceDetail {
  row: PriceRow | null
  names: string[]
  history: PriceVersion[]
  conditions: PriceCondition[]
  alias: PriceAlias | null
  similar: PricedModel[]
}

export interface SetPrice extends PricedModel {
  currency?: string
  rates: Record<string, string>
  tiers?: PriceTier[]
  from?: string | null
  note?: string
}

export interface PriceSpan {
  from: string
  to: string | null
}

export interface PriceSet {
  row: PriceRow | null
  past: boolean
  ended: number
  holds: PriceSpan[]
}

export interface SetAlias extends PricedModel {
  like_provider?: string
  like_model: string
}

export interface ExchangeRate {
  day: string
  cny_per_usd: string
  source: string
}

export interface PricesImported {
  prices: number
  aliases: number
  rates: number
  known: number
}

export interface Unmatched {
  provider: string
  provider_name: string
  model: string
  channels: string[]
  calls: number
  tokens: number
  last_used: string
  priced_now: boolean
  needs_rate: boolean
  alias: PriceAlias | null
  similar: PricedModel[]
}

export interface PriceEdition {
  version: number
  state: 'checked' | 'active' | 'unread' | 'kept' | 'gone'
  created_on: string
  signed_by: string
  publisher: string | null
  from: string | null
  checked_at: string
  applied_at: string | null
}

export interface PriceKey {
  fingerprint: string
  name: string
  until: string | null
  yours: boolean
  added_at: string | null
}

export interface PriceUpdates {
  version: number
  shipped: boolean
  date: string
  problem: string | null
  source: string | null
  editions: PriceEdition[]
  keys: PriceKey[]
}

export interface PriceRateChange {
  what: string
  tier: string | null
  currency: 'USD' | 'CNY'
  old: string | null
  new: string | null
  jump: boolean
}

export interface PriceChange {
  kind: 'new_model' | 'new_price' | 'correction' | 'ended' | 'gone' | 'names'
  list: string
  list_name: string
  model: string
  card: string
  from: string | null
  to: string | null
  rates: PriceRateChange[]
  names: string[]
  jumps: boolean
  yours: boolean
  calls: number
  delta_usd: string | null
}

export interface PriceTermChange {
  kind: 'new_price' | 'correction' | 'ended' | 'gone'
  id: string
}

export interface PriceDifference {
  edition: PriceEdition
  now: number
  changes: PriceChange[]
  more: number
  kinds: Record<string, number>
  terms: PriceTermChange[]
  jumps: number
  since: string
  calls: number | null
  delta_usd: string | null
}

export interface CallPage {
  at: string
  total: number | null
  spent_usd: string | null
  unpriced_calls: number | null
  simulated_calls: number | null
  calls: Call[]
}

export interface Download {
  ticket: string
  name: string
}

export interface TokenSplit {
  fresh: number
  cache_read: number
  cache_write_5m: number
  cache_write_1h: number
  output: number
}

export interface Sums {
  spent_usd: string
  without_cache_usd: string
  saved_usd: string
  calls: number
  unpriced_calls: number
  estimated_calls: number
  failed_calls: number
  refused_calls: number
  tokens: TokenSplit
  hit_permille: number | null
}

export interface Share extends Sums {
  id: string
  name: string
}

export interface Series {
  id: string
  name: string
  points: string[]
}

export interface Timeline {
  step: 'hour' | 'day'
  slots: string[]
  series: Series[]
  without_cache: string[]
}

export interface MonthView {
  starts_at: string
  ends_at: string
  spent_usd: string
  projected_usd: string | null
  unpriced_calls: number
  budget: Limit | null
}

export interface Attention {
  kind: 'unpriced' | 'limit' | 'burn' | 'provider' | 'keychain' | 'storage' | 'paused' | 'port'
  grave: boolean
  id: string
  name: string
  count: number
  permille: number
  limit: Limit | null
  burn: Burn | null
  message: string | null
}

export interface KeyLimit {
  key_id: string | null
  group_id: string | null
  name: string
  permille: number
  limit: Limit
}

export interface Overview {
  from: string
  to: string
  zone: string
  simulated: boolean
  total: Sums
  before: Sums | null
  month: MonthView
  timeline: Timeline
  models: Share[]
  keys: Share[]
  providers: Share[]
  limits: KeyLimit[]
  attention: Attention[]
}

export interface Miss {
  cause: 'model' | 'channel' | 'provider_key' | 'pause' | 'tools' | 'tools_order' | 'system' | 'setting' | 'message' | 'cache_key' | 'no_mark' | 'lookback' | 'not_kept' | 'first' | 'short'
  causes: string[]
  missed: boolean
  tokens: number
  cost_usd: string | null
  before_id: string | null
  expected_tokens: number | null
  read_tokens: number
  idle_ms: number | null
  least_life_ms: number | null
  most_life_ms: number | null
  place: number | null
  block: number | null
  setting: string | null
  was: string | null
  blocks: number | null
  least_tokens: number | null
}

export interface ShownCall extends Call {
  miss: Miss | null
}

export interface CacheSums {
  tokens: TokenSplit
  hit_permille: number | null
  saved_usd: string
  wasted_tokens: number
  wasted_usd: string
  misses: number
  missed_tokens: number
  missed_usd: string
  unpriced_misses: number
}

export interface CacheShare extends CacheSums {
  id: string
  name: string
}

export interface CacheCause {
  cause: string
  calls: number
  tokens: number
  cost_usd: string
  unpriced: number
}

export interface MissedCall {
  call_id: string
  started_at: string
  model: string
  key_id: string
  key_name: string
  miss: Miss
}

export interface CacheView {
  from: string
  to: string
  simulated: boolean
  watched: boolean
  watched_since: string | null
  waiting_tokens: number
  total: CacheSums
  models: CacheShare[]
  keys: CacheShare[]
  assistants: CacheShare[]
  causes: CacheCause[]
  dearest: MissedCall[]
}

export interface Settings {
  appearance: 'auto' | 'light' | 'dark'
  on_close: 'ask' | 'keep' | 'quit'
  notify: boolean
  ask_balances: boolean
  explain_misses: boolean
  port: number
  login_item: LoginItem
  first_steps_done_at: string | null
}

export interface LoginItem {
  supported: boolean
  enabled: boolean
  offered: boolean
  message: string | null
}

export interface Host {
  host: string
  why: string
  name: string
}

export interface Diagnostics {
  text: string
}

export interface Retention {
  months: number | null
  megabytes: number | null
  file_bytes: number
  free_bytes: number
  archived_calls: number
  archived_until: string | null
  oldest_detailed: string | null
  running: boolean
  compact_seconds: number
}

export interface RetentionPreview {
  calls: number
  bytes: number
  before: string | null
  enough: boolean
}

export interface LogTail {
  path: string | null
  lines: string[]
}

export interface ProviderUses {
  calls_30d: number
  last_call_at: string | null
  only_here: string[]
  keys: string[]
}

export interface Connection {
  id: string
  name: string
  state: 'not_installed' | 'not_connected' | 'connected' | 'drifted' | 'elsewhere' | 'unreadable'
  version: string | null
  binary: string | null
  file: string
  base_url: string | null
  owner: string | null
  key_id: string | null
  key_name: string | null
  connected_at: string | null
  last_call_at: string | null
  message: string | null
  warnings: string[]
  can_undo: boolean
}

export interface Change {
  key: string
  kind: 'add' | 'replace' | 'same' | 'remove' | 'put_back' | 'leave'
  old: string | null
  new: string | null
  reason: string | null
  line: number | null
}

export interface Plan {
  tool: string
  name: string
  undo: boolean
  token: string
  file: string
  exists: boolean
  changes: Change[]
  key: string
  backup: boolean
  warnings: string[]
}

export interface Connected {
  plan: Plan
  connection: Connection
  backup: string | null
}
