// A stand-in for the console, for states that the real program reaches only by accident:
// 100,000 calls, errors, a locked keychain, a server that goes away.
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import path from 'node:path'

const kinds = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const policy = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Starts a stand-in that serves the built page and answers from `world`, which tests change as they like. */
export async function startStandin(dist, world) {
  const feeds = new Set()
  const server = http.createServer((request, response) => answer(request, response).catch((error) => response.destroy(error)))

  async function answer(request, response) {
    const { pathname } = new URL(request.url, 'http://standin')
    response.setHeader('content-security-policy', policy)
    if (!pathname.startsWith('/console/')) return file(pathname, response)
    const op = pathname.slice('/console/'.length)
    const body = JSON.parse((await text(request)) || '{}')
    if (world.away) return response.destroy()
    if (op === 'login') return reply(response, { session: 'session' })
    if (op.startsWith('export/')) return give(world.files?.[op.slice('export/'.length)], response)
    if (world.loggedOut) return refuse(response, 401, { kind: 'unauthorized', message: 'This session has ended.' })
    if (op === 'feed') return open(response)
    await world.slow?.[op]
    if (world.errors?.[op]) return refuse(response, 500, world.errors[op])
    if (!world.ops[op]) return refuse(response, 404, { kind: 'not_found', message: `There is no operation ${op}.` })
    try {
      reply(response, world.ops[op](body))
    } catch (error) {
      if (!error.kind) throw error
      refuse(response, 409, error)
    }
  }

  function open(response) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(': open\n\n')
    feeds.add(response)
    response.on('close', () => feeds.delete(response))
  }

  /** A file of an export: a link leads to it, without a session. */
  function give(file, response) {
    if (!file) return refuse(response, 404, { kind: 'not_found', message: 'This export was fetched already.' })
    response.writeHead(200, { 'content-type': 'text/csv', 'content-disposition': `attachment; filename="${file.name}"` })
    response.end(file.text)
  }

  async function file(pathname, response) {
    const name = pathname === '/' ? 'index.html' : path.normalize(pathname).replace(/^[/\\]+/, '')
    response.setHeader('content-type', kinds[path.extname(name)] ?? 'application/octet-stream')
    response.end(await readFile(path.join(dist, name)))
  }

  await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    send: (event, data = {}) => feeds.forEach((feed) => feed.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)),
    drop: () => feeds.forEach((feed) => feed.destroy()),
    stop: () => {
      server.closeAllConnections()
      return new Promise((closed) => server.close(closed))
    },
  }
}

const reply = (response, data) => send(response, 200, { ok: true, data })
const refuse = (response, status, error) => send(response, status, { ok: false, error: { field: null, ...error } })

function send(response, status, envelope) {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(envelope))
}

async function text(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
