// Google's Gemini API, as a stand-in streams it.
function usage(prompt, cached, candidates, thoughts) {
  return {
    promptTokenCount: prompt, ...(cached && { cachedContentTokenCount: cached }), candidatesTokenCount: candidates, thoughtsTokenCount: thoughts,
    totalTokenCount: prompt + candidates + thoughts, promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
  }
}

function frames(model, used, parts) {
  const chunk = (part, more) =>
    `data: ${JSON.stringify({ candidates: [{ content: { parts: [part], role: 'model' }, index: 0, ...more }], usageMetadata: used, modelVersion: model, responseId: 'standin' })}\r\n\r\n`
  return parts.map((part, i) => chunk(part, i === parts.length - 1 && { finishReason: 'STOP' }))
}

const text = (model, used, _, said) => frames(model, used, [{ text: said.slice(0, 4) }, { text: said.slice(4) }])

export const gemini = {
  name: 'gemini',
  priceAs: 'google',
  asked: (url) => url.includes(':streamGenerateContent'),
  model: (url) => url.match(/models\/([^:]+):/)[1],
  tools: (body) =>
    (body.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? []).map(({ name, parameters, parametersJsonSchema }) => ({ name, schema: parametersJsonSchema ?? parameters })),
  turns: {
    tool: {
      usage: usage(9000, 0, 40, 20),
      meters: { input_tokens_uncached: 9000, output_tokens: 60, reasoning_tokens: 20 },
      frames: (model, used, { name, input }) => frames(model, used, [{ functionCall: { name, args: JSON.parse(input) }, thoughtSignature: 'c3RhbmRpbg==' }]),
    },
    last: { usage: usage(9100, 8960, 12, 0), meters: { input_tokens_uncached: 140, cache_read_tokens: 8960, output_tokens: 12 }, frames: text },
    aside: { usage: usage(120, 0, 8, 0), meters: { input_tokens_uncached: 120, output_tokens: 8 }, frames: text },
  },
}
