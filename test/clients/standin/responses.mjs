// OpenAI Responses, as a stand-in streams them.
function usage(input, cached, output, reasoning) {
  return {
    input_tokens: input, input_tokens_details: { cached_tokens: cached },
    output_tokens: output, output_tokens_details: { reasoning_tokens: reasoning }, total_tokens: input + output,
  }
}

/** The frames of a response with one item: as it begins, what is added to it, and as it ends. */
function frames(model, used, begun, deltas, done) {
  let sequence_number = 0
  const event = (type, fields) => `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence_number++, ...fields })}\n\n`
  const response = { id: 'resp_standin', object: 'response', created_at: 1790000000, model, status: 'in_progress', output: [], usage: null }
  const { id } = done
  return [
    event('response.created', { response }),
    event('response.in_progress', { response }),
    event('response.output_item.added', { output_index: 0, item: begun }),
    ...deltas.map(([type, fields]) => event(type, { item_id: id, output_index: 0, ...fields })),
    event('response.output_item.done', { output_index: 0, item: done }),
    event('response.completed', { response: { ...response, status: 'completed', output: [done], usage: used } }),
  ]
}

function call(model, used, { name, namespace, input }) {
  const item = { type: 'function_call', id: 'fc_standin', call_id: 'call_standin', name, ...(namespace && { namespace }) }
  const deltas = [input.slice(0, 12), input.slice(12)].map((delta) => ['response.function_call_arguments.delta', { delta }])
  return frames(model, used, { ...item, status: 'in_progress', arguments: '' },
    [...deltas, ['response.function_call_arguments.done', { arguments: input }]], { ...item, status: 'completed', arguments: input })
}

function text(model, used, _, said) {
  const item = { type: 'message', id: 'msg_standin', role: 'assistant' }
  const part = (text) => ({ type: 'output_text', text, annotations: [] })
  return frames(model, used, { ...item, status: 'in_progress', content: [] }, [
    ['response.content_part.added', { content_index: 0, part: part('') }],
    ['response.output_text.delta', { content_index: 0, delta: said }],
    ['response.output_text.done', { content_index: 0, text: said }],
    ['response.content_part.done', { content_index: 0, part: part(said) }],
  ], { ...item, status: 'completed', content: [part(said)] })
}

/** A tool of Codex may lie within a namespace. */
const tools = (list, namespace) =>
  list.flatMap((tool) => (tool.type === 'namespace' ? tools(tool.tools, tool.name) : [{ name: tool.name, namespace, schema: tool.parameters }]))

export const responses = {
  name: 'responses',
  priceAs: 'openai',
  asked: (url) => url.endsWith('/responses'),
  model: (url, body) => body.model,
  tools: (body) => tools(body.tools ?? []),
  turns: {
    tool: { usage: usage(9000, 0, 60, 20), meters: { input_tokens_uncached: 9000, output_tokens: 60, reasoning_tokens: 20 }, frames: call },
    last: { usage: usage(9100, 8960, 12, 0), meters: { input_tokens_uncached: 140, cache_read_tokens: 8960, output_tokens: 12 }, frames: text },
    aside: { usage: usage(120, 0, 8, 0), meters: { input_tokens_uncached: 120, output_tokens: 8 }, frames: text },
  },
}
