// Servers of the tests' own on loopback: one that is told what was asked, a tap, and a proxy that lets nothing out.
import { once } from 'node:events'
import { createServer, request as ask } from 'node:http'

/** Starts a server whose handler gets each request with its whole body. */
export async function listen(handle) {
  const server = createServer(async (request, response) => handle(request, await bytes(request), response))
  return { url: await listening(server), stop: () => closed(server) }
}

/** Starts a tap: it passes everything on to the target and keeps both directions of each call. */
export async function startTap(target) {
  const calls = []
  // Without a listener for upgrades, one arrives here like any request.
  const server = createServer(async (request, response) => {
    const body = await bytes(request)
    const call = { method: request.method, url: request.url, headers: request.headers, bytes: body, body: body.toString(), status: 0, answer: {}, reply: '' }
    calls.push(call)
    const on = ask(target + request.url, { method: request.method, headers: { ...request.headers, host: new URL(target).host } }, async (answer) => {
      call.status = answer.statusCode
      call.answer = answer.headers
      response.writeHead(answer.statusCode, answer.headers)
      for await (const chunk of answer) {
        call.reply += chunk
        response.write(chunk)
      }
      response.end()
    })
    on.on('error', () => response.destroy())
    on.end(body)
  })
  return { url: await listening(server), calls, stop: () => closed(server) }
}

/** Starts a proxy that refuses everything and keeps which hosts were asked for. */
export async function startWall() {
  const hosts = new Set()
  const server = createServer((request, response) => {
    hosts.add(new URL(request.url, 'http://unknown').hostname)
    response.writeHead(403).end()
  })
  server.on('connect', (request, socket) => {
    hosts.add(request.url.split(':')[0])
    socket.on('error', () => {}) // it may be gone before it is refused
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  return { url: await listening(server), hosts, stop: () => closed(server) }
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
