// The address after the # decides what is shown: #/calls, #/calls/call_…, #/providers, #/keys.
export const pages = ['calls', 'providers', 'keys'] as const
export type PageName = (typeof pages)[number]

class Router {
  page = $state<PageName>('calls')
  id = $state<string | null>(null)

  /** Follows the address, now and whenever it changes; a login link is handed on and leaves no trace. */
  start(onLogin: (token: string) => void): void {
    const follow = () => {
      const token = loginToken(location.hash)
      if (token !== null) {
        history.replaceState(null, '', `${location.pathname}#/calls`)
        onLogin(token)
      }
      const [page, id] = location.hash.replace(/^#\//, '').split('/')
      this.page = pages.find((known) => known === page) ?? 'calls'
      this.id = id ? decodeURIComponent(id) : null
    }
    follow()
    window.addEventListener('hashchange', follow)
  }

  /** Shows one thing of the current page, or none, without a step in the history. */
  select(id: string | null): void {
    this.id = id
    history.replaceState(null, '', `#/${this.page}${id ? `/${encodeURIComponent(id)}` : ''}`)
  }
}

export const router = new Router()

/** Returns the token of an address such as #login=…; null for every other one. */
export function loginToken(hash: string): string | null {
  const match = /^#login=(.+)$/.exec(hash)
  return match?.[1] === undefined ? null : decodeURIComponent(match[1])
}
