// What a provider of each wire format says: an answer at once, one in a stream, a tool call in a
// stream, and a stream that breaks off. The answer is the same in all, and so is what it counts.

const json = { 'content-type': 'application/json' }
const eventStream = { 'content-type': 'text/event-stream; charset=utf-8' }
const tool = { name: 'shelf_of', arguments: '{"title":"Atlas"}' }

/** What each answer counts: 1,000 tokens in, 400 of them from the cache, and 50 out. */
export const meters = { input_tokens_uncached: 600, cache_read_tokens: 400, output_tokens: 50 }

const data = (object) => `data: ${JSON.stringify(object)}\n\n`
const event = (object) => `event: ${object.type}\n${data(object)}`
const whole = (object) => ({ status: 200, headers: json, frames: [JSON.stringify(object)] })

/** The recordings of one wire format; a stream that is cut lacks all from its second half on. */
function recordings(answer, say, call) {
  const stream = (frames) => ({ status: 200, headers: eventStream, frames })
  return { answer: whole(answer), stream: stream(say), tool: stream(call), cut: stream(say.slice(0, Math.floor(say.length / 2))) }
}

function chat() {
  const usage = {
    prompt_tokens: 1000, completion_tokens: 50, total_tokens: 1050,
    prompt_tokens_details: { cached_tokens: 400, audio_tokens: 0 }, completion_tokens_details: { reasoning_tokens: 30 },
  }
  const about = { id: 'chatcmpl-weir', created: 1790000000, model: 'gpt-5' }
  const chunk = (delta, finish_reason = null) =>
    data({ ...about, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }], usage: null })
  const end = [data({ ...about, object: 'chat.completion.chunk', choices: [], usage }), 'data: [DONE]\n\n']
  const named = { index: 0, id: 'call_1', type: 'function', function: { ...tool, arguments: '' } }
  return recordings(
    { ...about, object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: 'A weir.' }, finish_reason: 'stop' }], usage },
    [chunk({ role: 'assistant', content: 'A ' }), chunk({ content: 'weir.' }), chunk({}, 'stop'), ...end],
    [
      chunk({ role: 'assistant', content: null, tool_calls: [named] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: tool.arguments } }] }),
      chunk({}, 'tool_calls'),
      ...end,
    ],
  )
}

function responses() {
  const usage = {
    input_tokens: 1000, input_tokens_details: { cached_tokens: 400 },
    output_tokens: 50, output_tokens_details: { reasoning_tokens: 30 }, total_tokens: 1050,
  }
  const text = { type: 'output_text', text: 'A weir.', annotations: [], logprobs: [] }
  const message = { id: 'msg_1', type: 'message', status: 'completed', role: 'assistant', content: [text] }
  const call = { id: 'fc_1', type: 'function_call', status: 'completed', call_id: 'call_1', ...tool }
  const response = (status, output, usage) =>
    ({ id: 'resp_1', object: 'response', created_at: 1790000000, status, model: 'gpt-5', output, service_tier: 'default', usage })
  const stream = (item, begun, pieces) =>
    [
      { type: 'response.created', response: response('in_progress', [], null) },
      { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress', ...begun } },
      ...pieces,
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: response('completed', [item], usage) },
    ].map((object, sequence_number) => event({ ...object, sequence_number }))
  const place = { output_index: 0, content_index: 0 }
  return recordings(
    response('completed', [message], usage),
    stream(message, { content: [] }, [
      { type: 'response.content_part.added', item_id: 'msg_1', ...place, part: { ...text, text: '' } },
      { type: 'response.output_text.delta', item_id: 'msg_1', ...place, delta: 'A ' },
      { type: 'response.output_text.delta', item_id: 'msg_1', ...place, delta: 'weir.' },
      { type: 'response.output_text.done', item_id: 'msg_1', ...place, text: 'A weir.' },
    ]),
    stream(call, { arguments: '' }, [
      { type: 'response.function_call_arguments.delta', item_id: 'fc_1', output_index: 0, delta: tool.arguments },
      { type: 'response.function_call_arguments.done', item_id: 'fc_1', output_index: 0, arguments: tool.arguments },
    ]),
  )
}

function messages() {
  const usage = { input_tokens: 600, cache_creation_input_tokens: 0, cache_read_input_tokens: 400, output_tokens: 50 }
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-6', stop_sequence: null }
  const stream = (content_block, deltas, stop_reason) =>
    [
      { type: 'message_start', message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block },
      ...deltas.map((delta) => ({ type: 'content_block_delta', index: 0, delta })),
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 50 } },
      { type: 'message_stop' },
    ].map(event)
  return recordings(
    { ...message, content: [{ type: 'text', text: 'A weir.' }], stop_reason: 'end_turn', usage },
    stream({ type: 'text', text: '' }, [{ type: 'text_delta', text: 'A ' }, { type: 'text_delta', text: 'weir.' }], 'end_turn'),
    stream({ type: 'tool_use', id: 'toolu_1', name: tool.name, input: {} }, [{ type: 'input_json_delta', partial_json: tool.arguments }], 'tool_use'),
  )
}

function generate() {
  const usageMetadata = { promptTokenCount: 1000, cachedContentTokenCount: 400, candidatesTokenCount: 20, thoughtsTokenCount: 30, totalTokenCount: 1050 }
  const piece = (part, more) => ({ candidates: [{ content: { parts: [part], role: 'model' }, index: 0, ...more }], modelVersion: 'gemini-2.5-flash' })
  const last = (part) => ({ ...piece(part, { finishReason: 'STOP' }), usageMetadata })
  return recordings(
    last({ text: 'A weir.' }),
    [data(piece({ text: 'A ' })), data(last({ text: 'weir.' }))],
    [data(last({ functionCall: { name: tool.name, args: JSON.parse(tool.arguments) }, thoughtSignature: 'c2lnbmF0dXJl' }))],
  )
}

/** The wire formats with what their providers say. */
export const formats = { chat: chat(), responses: responses(), messages: messages(), generate: generate() }

/** The embeddings of OpenAI and Google: [0.25, -0.5], and 1,000 tokens where tokens are told. */
export const embeddings = {
  openai: whole({ object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0.25, -0.5] }], usage: { prompt_tokens: 1000, total_tokens: 1000 } }),
  google: whole({ embedding: { values: [0.25, -0.5] } }),
}
