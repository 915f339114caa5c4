export interface Frame {
  event: string
  data: string
}

/** Reads server-sent events from a byte stream, however it is cut into chunks. */
export async function* frames(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      rest += decoder.decode(value, { stream: true })
      const lines = rest.split('\n\n')
      rest = lines.pop() ?? ''
      for (const block of lines) {
        const frame = parse(block)
        if (frame) yield frame
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined) // the stream may be broken already
  }
}

function parse(block: string): Frame | null {
  let event = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    if (colon <= 0) continue // a comment, or no field
    const value = line.slice(colon + 1).replace(/^ /, '')
    const name = line.slice(0, colon)
    if (name === 'event') event = value
    if (name === 'data') data.push(value)
  }
  return data.length ? { event, data: data.join('\n') } : null
}
