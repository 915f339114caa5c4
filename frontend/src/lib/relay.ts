// Where assistants find the relay.
import type { Status } from '../types.gen'

const ports = { least: 1024, most: 65535 }

/** Reads a port as a person typed it; null when it is none. */
export function portOf(text: string): number | null {
  const digits = text.trim()
  if (!/^\d{4,5}$/.test(digits)) return null
  const port = Number(digits)
  return port >= ports.least && port <= ports.most ? port : null
}

/** The relay's base URLs: clients of OpenAI's format want the version in it, those of Anthropic's add it themselves. */
export function baseURLs(status: Status): { openai: string; anthropic: string } {
  const address = status.relay || `http://127.0.0.1:${status.door.port}`
  return { openai: `${address}/v1`, anthropic: address }
}
