// The address after the # decides what is shown: #/overview, #/calls/call_…?key=key_1&unpriced=1, #/settings.
export const pages = ['overview', 'calls', 'cache', 'providers', 'keys', 'prices', 'connect', 'settings'] as const
export type PageName = (typeof pages)[number]
export type Query = Record<string, string>

class Router {
  page = $state<PageName>('overview')
  id = $state<string | null>(null)
  query = $state.raw<Query>({})

  /** Follows the address, now and whenever it changes; a login link is handed on and leaves no trace. */
  start(onLogin: (token: string) => void): void {
    const follow = () => {
      const token = loginToken(location.hash)
      if (token !== null) {
        history.replaceState(null, '', `${location.pathname}#/overview`)
        onLogin(token)
      }
      const [path = '', query = ''] = location.hash.replace(/^#\//, '').split('?')
      const [page, id] = path.split('/')
      this.page = pages.find((known) => known === page) ?? 'overview'
      this.id = id ? decodeURIComponent(id) : null
      this.query = Object.fromEntries(new URLSearchParams(query))
    }
    follow()
    window.addEventListener('hashchange', follow)
  }

  /** Shows one thing of the current page, or none, without a step in the history. */
  select(id: string | null): void {
    this.id = id
    this.write()
  }

  /** Changes what the current page shows, without a step in the history; an empty value is left out. */
  ask(query: Query): void {
    this.query = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''))
    this.write()
  }

  private write(): void {
    history.replaceState(null, '', link(this.page, this.query, this.id))
  }
}

export const router = new Router()

/** Returns the address of a page, for links: the calls behind a number, say. */
export function link(page: PageName, query: Query = {}, id: string | null = null): string {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString()
  return `#/${page}${id ? `/${encodeURIComponent(id)}` : ''}${asked ? `?${asked}` : ''}`
}

/** Returns the token of an address such as #login=…; null for every other one. */
export function loginToken(hash: string): string | null {
  const match = /^#login=(.+)$/.exec(hash)
  return match?.[1] === undefined ? null : decodeURIComponent(match[1])
}
