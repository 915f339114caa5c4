// What the page does only inside the window.
import { desktop, onDesktop, openOutside } from '../transport'

/** Returns the address of a link that leads out of the page; null for one that stays, or that no browser opens. */
export function outside(href: string, origin: string): string | null {
  if (!URL.canParse(href, origin)) return null
  const url = new URL(href, origin)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null
  return url.origin === origin ? null : url.href
}

/** Shows the pages that the tray asks for, and opens links to other places in the system's browser. Does nothing in a browser. */
export function followDesktop(): void {
  if (!desktop) return
  onDesktop('page', (page) => (location.hash = page))
  for (const kind of ['click', 'auxclick']) document.addEventListener(kind, leave)
}

function leave(event: Event): void {
  const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[href]') : null
  const url = link && outside(link.href, location.origin)
  if (!url) return
  event.preventDefault()
  openOutside(url)
}
