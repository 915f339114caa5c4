// One call through Weir, seen from both ends, and what must be true of every such call.
import assert from 'node:assert/strict'

/** Wraps fetch so that the bytes that a client sends and reads are kept. */
export function recorder() {
  const seen = { sent: null, status: 0, headers: null, read: null }
  seen.fetch = async (url, init) => {
    seen.sent = init.body == null ? '' : Buffer.from(init.body).toString()
    const response = await fetch(url, init)
    const [forClient, forUs] = response.body.tee()
    seen.status = response.status
    seen.headers = response.headers
    seen.read = new Response(forUs).arrayBuffer().then((bytes) => Buffer.from(bytes).toString())
    return new Response(forClient, response)
  }
  return seen
}

/** Cuts off what two texts have in common at both ends and returns what is left of each. */
export function difference(a, b) {
  let start = 0
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++
  let end = 0
  while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  return [a.slice(start, a.length - end), b.slice(start, b.length - end)]
}

/** Checks that a body got to the upstream as it was sent, usage being asked for where it was not. */
export function sameRequest(sent, arrived) {
  const wanted = sent && JSON.parse(sent)
  if (!wanted.stream || !wanted.messages || wanted.max_tokens || wanted.stream_options?.include_usage) {
    assert.equal(arrived, sent, 'the upstream got other bytes than the client sent')
    return
  }
  const got = JSON.parse(arrived)
  assert.equal(got.stream_options?.include_usage, true, 'usage was not asked for')
  const [before, after] = difference(sent, arrived)
  assert.ok('"include_usage":false'.includes(before), `more than stream_options was changed: ${before} → ${after}`)
  assert.deepEqual(
    { ...got, stream_options: { ...got.stream_options, include_usage: undefined } },
    { ...wanted, stream_options: { ...wanted.stream_options, include_usage: undefined } },
  )
}

/** Checks that nothing of Weir's own went upstream, and that what the client said did. */
export function sameHeaders(request, names) {
  for (const name of names) assert.ok(request.headers[name], `the upstream did not get the header ${name}`)
  assert.ok(!JSON.stringify(request.headers).includes('sk-weir-'), 'the upstream got the access key')
  assert.equal(request.headers.cookie, undefined)
}

/** Checks that the client got the upstream's headers and ours, and no others of ours. */
export function replyHeaders(recording, headers) {
  for (const [name, value] of Object.entries(recording.headers)) assert.equal(headers.get(name), value, name)
  const ours = [...headers.keys()].filter((name) => name.startsWith('x-weir-'))
  assert.deepEqual(ours.sort(), ['x-weir-call', 'x-weir-channel'])
}

/** Compares meters; a name that is absent means 0. The prompt's total, reasoning and what usage does not tell of are compared where they are expected. */
export function sameMeters(got, want) {
  for (const name of new Set([...Object.keys(got), ...Object.keys(want)])) {
    if (['reasoning_tokens', 'input_tokens_total', 'code_interpreter_sessions'].includes(name) && !(name in want)) continue
    assert.equal(got[name] ?? 0, want[name] ?? 0, `meter ${name}`)
  }
}

/** Checks that a call costs what `weir receipt` makes of its usage, and of the tools among a response's items. */
export async function sameReceipt(weir, call, provider, reply) {
  const endpoint = { anthropic: 'messages', responses: 'responses', gemini: 'generateContent' }[call.dialect] ?? 'chat/completions'
  const { id, upstream_model: model, started_at: effective_date, usage } = call
  const request_context = {
    web_searches: call.meters.web_searches,
    code_sessions: call.meters.code_interpreter_sessions,
    output_item_types: [...reply.frames.at(-1).matchAll(/"type": ?"(\w+_call)"/g)].map(([, type]) => type),
  }
  const [receipt] = await weir.run(['receipt'], JSON.stringify([{ id, provider, endpoint, model, effective_date, usage, request_context }]))
  assert.equal(call.price_status, receipt.status)
  assert.equal(call.cost_usd, receipt.total_usd)
  assert.equal(call.cost_pico_usd, receipt.total_pico_usd)
  assert.deepEqual(call.lines, receipt.lines)
}
