// How api.ts reaches Weir: through the window's own binding, or over HTTP from a browser.
import { frames } from './lib/sse'

/** The one form of every answer. */
export interface Envelope {
  ok: boolean
  data?: unknown
  error?: { kind: string; message: string; field: string | null }
}

/** One message of the feed. */
export interface Message {
  event: string
  data: string
}

export interface Transport {
  call(op: string, args: string): Promise<Envelope>
  feed(signal: AbortSignal): Promise<AsyncIterable<Message>>
  /** Saves what an export's ticket stands for; false when a person chose no place for it, or stopped it. */
  save(ticket: string, name: string): Promise<boolean>
}

/** What app.go offers to the page inside the window. */
export interface Desktop {
  Call(op: string, args: string): Promise<string>
  Feed(): Promise<void> // resolves once the feed's messages come as events named "feed"
  Painted(): Promise<void> // the first numbers are on the screen
  OpenFolder(which: 'home' | 'logs'): Promise<void>
  SaveFile(name: string, text: string): Promise<boolean>
  SaveExport(ticket: string, name: string): Promise<boolean> // how far it is comes as events named "saving"
  StopExport(): Promise<void>
  Close(quit: boolean): Promise<void> // of the window, or of all of Weir
  Stay(): Promise<void> // the window is not to be closed after all
}

interface WailsRuntime {
  EventsOn(name: string, listener: (...data: string[]) => void): () => void
  BrowserOpenURL(url: string): void
}

interface WailsWindow {
  go?: { main?: { App?: Desktop } }
  runtime?: WailsRuntime
}

const wails = globalThis as unknown as WailsWindow

/** The window's verbs; null in a browser. */
export const desktop: Desktop | null = wails.go?.main?.App ?? null

/** Listens to what the window's Go side asks of the page: to show a page, or to ask what closing means. Returns how to stop. */
export function onDesktop(event: 'page' | 'closing', listener: (page: string) => void): () => void {
  return wails.runtime?.EventsOn(event, (page = '') => listener(page)) ?? (() => undefined)
}

/** Listens to how many bytes of an export the window has written. Returns how to stop. */
export function onSaving(listener: (bytes: number) => void): () => void {
  return wails.runtime?.EventsOn('saving', (bytes = '0') => listener(Number(bytes))) ?? (() => undefined)
}

/** Opens a link outside of the window; a browser follows it by itself. */
export function openOutside(url: string): void {
  wails.runtime?.BrowserOpenURL(url)
}

const sessionName = 'weir.session'

export const session = {
  get: (): string | null => localStorage.getItem(sessionName),
  set: (value: string): void => localStorage.setItem(sessionName, value),
  forget: (): void => localStorage.removeItem(sessionName),
}

/** Nothing answered at all. */
export class Offline extends Error {}

const browser: Transport = {
  async call(op, args) {
    const headers = { 'content-type': 'application/json', ...authorization() }
    return envelope(await send(op, { method: 'POST', headers, body: args }))
  },
  async feed(signal) {
    const response = await send('feed', { method: 'GET', headers: authorization(), signal })
    if (response.ok && response.body) return frames(response.body)
    throw Object.assign(new Error('feed'), { envelope: await envelope(response) })
  },
  // A browser writes the file as it comes, and shows how far it is.
  async save(ticket, name) {
    const link = document.createElement('a')
    link.href = `/console/export/${ticket}`
    link.download = name
    link.click()
    return true
  },
}

async function send(op: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`/console/${op}`, { ...init, cache: 'no-store', credentials: 'omit', redirect: 'error' })
  } catch (cause) {
    throw new Offline(String(cause))
  }
}

async function envelope(response: Response): Promise<Envelope> {
  try {
    return (await response.json()) as Envelope
  } catch {
    // No envelope: it was not our console that answered.
    const kind = response.status === 401 ? 'unauthorized' : 'internal'
    return { ok: false, error: { kind, message: response.statusText, field: null } }
  }
}

function authorization(): Record<string, string> {
  const value = session.get()
  return value ? { authorization: `Bearer ${value}` } : {}
}

const inWindow = (app: Desktop, runtime: WailsRuntime): Transport => ({
  call: async (op, args) => JSON.parse(await reached(app.Call(op, args))) as Envelope,
  feed: async (signal) => {
    const { messages, stop } = listen(runtime, signal)
    try {
      await reached(app.Feed())
    } catch (error) {
      stop()
      throw error
    }
    return messages()
  },
  save: (ticket, name) => app.SaveExport(ticket, name),
})

/** The binding fails only where the agent cannot be reached: what it refuses comes in an envelope. */
async function reached<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    throw new Offline(String(cause))
  }
}

/** The window's Go side reads the feed and hands its messages on as events; one without a name says that it broke. */
function listen(runtime: WailsRuntime, signal: AbortSignal): { messages: () => AsyncGenerator<Message>; stop: () => void } {
  const queue: Message[] = []
  let wake = () => {}
  const stop = runtime.EventsOn('feed', (event = '', data = '') => {
    queue.push({ event, data })
    wake()
  })
  signal.addEventListener('abort', () => wake())
  async function* messages(): AsyncGenerator<Message> {
    try {
      while (!signal.aborted) {
        for (let next = queue.shift(); next; next = queue.shift()) {
          if (next.event === '') return
          yield next
        }
        await new Promise<void>((resume) => (wake = resume))
      }
    } finally {
      stop()
    }
  }
  return { messages, stop }
}

export const transport: Transport = desktop && wails.runtime ? inWindow(desktop, wails.runtime) : browser
