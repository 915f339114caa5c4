import { expect, test } from 'vitest'
import { frames } from '../src/lib/sse'

function stream(chunks: string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk))
      controller.close()
    },
  })
}

async function read(chunks: string[]) {
  const found = []
  for await (const frame of frames(stream(chunks))) found.push(frame)
  return found
}

const text = ': weir\n\nevent: call\ndata: {"id":"call_1"}\n\n:\n\nevent: keys\ndata: {}\n\nevent: cut\ndata: {'
const want = [
  { event: 'call', data: '{"id":"call_1"}' },
  { event: 'keys', data: '{}' },
]

test('comments are passed over, and a frame without its end is none', async () => {
  expect(await read([text])).toEqual(want)
})

test('any cut into chunks gives the same frames', async () => {
  for (let size = 1; size < text.length; size++) {
    expect(await read(text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [])).toEqual(want)
  }
})
