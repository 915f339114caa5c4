// Anthropic Messages, as a stand-in streams them.
const event = (type, fields) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`

/** The frames of a message with one block and a usage that ends as given. */
function frames(model, block, deltas, stop, { output_tokens, ...prompt }) {
  return [
    event('message_start', {
      message: { id: 'msg_standin', type: 'message', role: 'assistant', model, content: [], stop_reason: null, stop_sequence: null, usage: { ...prompt, output_tokens: 1 } },
    }),
    event('content_block_start', { index: 0, content_block: block }),
    event('ping', {}),
    ...deltas.map((delta) => event('content_block_delta', { index: 0, delta })),
    event('content_block_stop', { index: 0 }),
    event('message_delta', { delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens } }),
    event('message_stop', {}),
  ]
}

const text = (model, used, _, said) => frames(model, { type: 'text', text: '' }, [{ type: 'text_delta', text: said }], 'end_turn', used)

const written = (tokens) => ({ cache_creation_input_tokens: tokens, cache_creation: { ephemeral_5m_input_tokens: tokens, ephemeral_1h_input_tokens: 0 } })

export const messages = {
  name: 'anthropic',
  priceAs: 'anthropic',
  asked: (url) => url.split('?')[0].endsWith('/messages'),
  model: (url, body) => body.model,
  tools: (body) => (body.tools ?? []).map(({ name, input_schema }) => ({ name, schema: input_schema })),
  turns: {
    tool: {
      usage: { input_tokens: 3, cache_read_input_tokens: 0, ...written(8000), output_tokens: 40 },
      meters: { input_tokens_uncached: 3, cache_write_5m_tokens: 8000, output_tokens: 40 },
      frames: (model, used, { name, input }) =>
        frames(model, { type: 'tool_use', id: 'toolu_standin', name, input: {} },
          [input.slice(0, 12), input.slice(12)].map((partial_json) => ({ type: 'input_json_delta', partial_json })), 'tool_use', used),
    },
    last: {
      usage: { input_tokens: 5, cache_read_input_tokens: 8000, ...written(100), output_tokens: 12 },
      meters: { input_tokens_uncached: 5, cache_read_tokens: 8000, cache_write_5m_tokens: 100, output_tokens: 12 },
      frames: text,
    },
    aside: {
      usage: { input_tokens: 120, cache_read_input_tokens: 0, ...written(0), output_tokens: 8 },
      meters: { input_tokens_uncached: 120, output_tokens: 8 },
      frames: text,
    },
  },
}
