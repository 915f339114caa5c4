// A provider for assistants, in four dialects: it asks for one shell command and is content with its output.
import { listen } from '../server.mjs'
import { chat } from './chat.mjs'
import { gemini } from './gemini.mjs'
import { messages } from './messages.mjs'
import { responses } from './responses.mjs'

export const dialects = [chat, messages, responses, gemini]

export const said = 'The command ran.'

// Only who ran the command knows what it prints: a call that is sent back does not contain it.
const command = "printf 'weir-%s-ok\\n' tool"
const printed = 'weir-tool-ok'

/** The names that assistants have for their shell. */
const shells = ['Bash', 'bash', 'exec_command', 'shell_command', 'shell', 'run_shell_command', 'run_commands', 'execute_command']

/** A value for a parameter by its name and schema. */
function value(name, schema) {
  if (/^(command|cmd)s?$/.test(name)) return schema.type === 'array' ? [command] : command
  if (schema.type === 'boolean') return false
  if (schema.type === 'integer' || schema.type === 'number') return 10_000
  return schema.type === 'array' ? [] : 'Say that it works'
}

/** The call of a shell with what its schema requires, and with the command in any case. */
function shellCall({ name, namespace, schema }) {
  const wanted = Object.entries(schema.properties ?? {}).filter(([key]) => schema.required?.includes(key) || /^(command|cmd)s?$/.test(key))
  return { name, namespace, input: JSON.stringify(Object.fromEntries(wanted.map(([key, about]) => [key, value(key, about)]))) }
}

/** Which turn a request is: with the command's output the last, with a shell the first, else an aside such as a title. */
function turnOf(text, shell) {
  if (text.includes(printed)) return 'last'
  return shell ? 'tool' : 'aside'
}

/** Starts the stand-in; `calls` keeps what came in and what went out. */
export async function startStandin() {
  const calls = []
  const door = await listen((request, bytes, response) => {
    const body = bytes.toString()
    const came = { method: request.method, url: request.url, headers: request.headers, bytes, body }
    const dialect = dialects.find(({ asked }) => request.method === 'POST' && asked(request.url))
    if (!dialect) {
      calls.push({ ...came, turn: 'unknown' })
      return response.writeHead(404).end()
    }
    const asked = JSON.parse(body)
    const shell = dialect.tools(asked).find(({ name }) => shells.includes(name))
    const turn = turnOf(body, shell)
    const { usage, meters, frames } = dialect.turns[turn]
    const reply = frames(dialect.model(request.url, asked), usage, shell && shellCall(shell), turn === 'last' ? said : '{"title":"An echo"}')
    calls.push({ ...came, dialect, turn, meters, frames: reply, reply: reply.join('') })
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const frame of reply) response.write(frame)
    response.end()
  })
  return { ...door, calls }
}
