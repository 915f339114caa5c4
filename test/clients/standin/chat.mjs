// Chat Completions, as a stand-in streams them.
const data = (value) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`

function usage(prompt, cached, completion) {
  return {
    prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached }, completion_tokens_details: { reasoning_tokens: 0 },
  }
}

function frames(model, deltas, finish, used) {
  const chunk = (choices, more) => data({ id: 'chatcmpl-standin', object: 'chat.completion.chunk', created: 1790000000, model, choices, ...more })
  return [
    ...deltas.map((delta) => chunk([{ index: 0, delta, finish_reason: null }], { usage: null })),
    chunk([{ index: 0, delta: {}, finish_reason: finish }], { usage: null }),
    chunk([], { usage: used }),
    data('[DONE]'),
  ]
}

export const chat = {
  name: 'openai-chat',
  priceAs: 'openai',
  asked: (url) => url.endsWith('/chat/completions'),
  model: (url, body) => body.model,
  tools: (body) => (body.tools ?? []).map(({ function: { name, parameters } }) => ({ name, schema: parameters })),
  turns: {
    tool: {
      usage: usage(9000, 0, 40),
      meters: { input_tokens_uncached: 9000, output_tokens: 40 },
      frames: (model, used, { name, input }) => {
        const call = (fields) => ({ tool_calls: [{ index: 0, ...fields }] })
        const [head, tail] = [input.slice(0, 12), input.slice(12)]
        return frames(model, [
          { role: 'assistant', content: null, ...call({ id: 'call_standin', type: 'function', function: { name, arguments: '' } }) },
          call({ function: { arguments: head } }),
          call({ function: { arguments: tail } }),
        ], 'tool_calls', used)
      },
    },
    last: {
      usage: usage(9100, 8960, 12),
      meters: { input_tokens_uncached: 140, cache_read_tokens: 8960, output_tokens: 12 },
      frames: (model, used, _, text) => frames(model, [{ role: 'assistant', content: '' }, { content: text }], 'stop', used),
    },
    aside: {
      usage: usage(120, 0, 8),
      meters: { input_tokens_uncached: 120, output_tokens: 8 },
      frames: (model, used, _, text) => frames(model, [{ role: 'assistant', content: text }], 'stop', used),
    },
  },
}
