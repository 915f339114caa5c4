// A provider that replays what one said once: the request's header x-replay names the recording.
import { once } from 'node:events'
import { createServer } from 'node:http'

/**
 * Starts the upstream. A recording is {status, headers, frames}: frames are written one by one, as
 * they are. What came in is kept in `received`, by recording.
 */
export async function startUpstream(recordings, secret) {
  const received = new Map()
  const server = createServer(async (request, response) => {
    const body = await read(request)
    const name = request.headers['x-replay']
    if (request.method === 'GET' && !name) return models(response)
    const recording = recordings.get(name)
    const key = request.headers['x-api-key'] ?? request.headers['x-goog-api-key'] ?? request.headers.authorization?.replace(/^Bearer /, '')
    if (!recording || key !== secret) {
      response.writeHead(recording ? 401 : 404).end()
      return
    }
    received.set(name, [...(received.get(name) ?? []), { url: request.url, headers: request.headers, body }])
    response.writeHead(recording.status, recording.headers)
    for (const frame of recording.frames) {
      if (!response.write(frame)) await once(response, 'drain')
      await new Promise(setImmediate)
    }
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    received,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function read(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function models(response) {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end('{"object":"list","data":[{"id":"gpt-5","object":"model","created":1,"owned_by":"test"}],"has_more":false}')
}
