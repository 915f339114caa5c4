// A provider for assistants: it asks for one shell command and is content with its output.
import { once } from 'node:events'
import { createServer } from 'node:http'

const event = (type, fields) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`

/** The frames of a message with one block and a usage that ends as given. */
function message(model, block, deltas, stop, usage) {
  const { output_tokens, ...prompt } = usage
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

const written = (tokens) => ({ cache_creation_input_tokens: tokens, cache_creation: { ephemeral_5m_input_tokens: tokens, ephemeral_1h_input_tokens: 0 } })

/** What each kind of turn uses, and what the meters must say of it. */
export const turns = {
  tool: {
    usage: { input_tokens: 3, cache_read_input_tokens: 0, ...written(8000), output_tokens: 40 },
    meters: { input_tokens_uncached: 3, cache_write_5m_tokens: 8000, output_tokens: 40 },
    frames: (model, usage) =>
      message(model, { type: 'tool_use', id: 'toolu_standin', name: 'Bash', input: {} },
        ['{"command": "echo weir-', 'tool-ok", "description": "Say that it works"}'].map((partial_json) => ({ type: 'input_json_delta', partial_json })),
        'tool_use', usage),
  },
  last: {
    usage: { input_tokens: 5, cache_read_input_tokens: 8000, ...written(100), output_tokens: 12 },
    meters: { input_tokens_uncached: 5, cache_read_tokens: 8000, cache_write_5m_tokens: 100, output_tokens: 12 },
    frames: (model, usage) => message(model, { type: 'text', text: '' }, [{ type: 'text_delta', text: 'The command ran.' }], 'end_turn', usage),
  },
  aside: {
    usage: { input_tokens: 120, cache_read_input_tokens: 0, ...written(0), output_tokens: 8 },
    meters: { input_tokens_uncached: 120, output_tokens: 8 },
    frames: (model, usage) => message(model, { type: 'text', text: '' }, [{ type: 'text_delta', text: '{"title":"An echo"}' }], 'end_turn', usage),
  },
}

/** Which turn a request is: with a tool's result the last, with tools the first, else an aside such as a title. */
function turnOf(body) {
  if (body.messages.some((m) => Array.isArray(m.content) && m.content.some((part) => part.type === 'tool_result'))) return 'last'
  return body.tools?.some((tool) => tool.name === 'Bash') ? 'tool' : 'aside'
}

/** Starts the stand-in; `calls` keeps what came in and what went out. */
export async function startStandin() {
  const calls = []
  const server = createServer(async (request, response) => {
    const body = await bytes(request)
    if (request.method !== 'POST' || !request.url.startsWith('/v1/messages')) return response.writeHead(404).end()
    const asked = JSON.parse(body)
    const turn = turnOf(asked)
    const frames = turns[turn].frames(asked.model, turns[turn].usage)
    calls.push({ url: request.url, headers: request.headers, body: body.toString(), turn, reply: frames.join('') })
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const frame of frames) response.write(frame)
    response.end()
  })
  return { url: await listening(server), calls, stop: () => closed(server) }
}

/** Starts a tap: it passes everything on to the target and keeps both directions of each call. */
export async function startTap(target) {
  const calls = []
  const server = createServer(async (request, response) => {
    const body = await bytes(request)
    const { host, connection, 'transfer-encoding': _, ...headers } = request.headers
    const answer = await fetch(target + request.url, { method: request.method, headers, body: request.method === 'POST' ? body : undefined })
    const read = Buffer.from(await answer.arrayBuffer())
    calls.push({ method: request.method, url: request.url, headers: request.headers, body: body.toString(), status: answer.status, answer: answer.headers, reply: read.toString() })
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' })
    response.end(read)
  })
  return { url: await listening(server), calls, stop: () => closed(server) }
}

async function bytes(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function listening(server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${server.address().port}`
}

async function closed(server) {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}
