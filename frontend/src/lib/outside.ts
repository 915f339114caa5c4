// The window shows Weir alone: links to other places open in the system's browser.
import { desktop, openOutside } from '../transport'

/** Returns the address of a link that leads out of the page; null for one that stays, or that no browser opens. */
export function outside(href: string, origin: string): string | null {
  if (!URL.canParse(href, origin)) return null
  const url = new URL(href, origin)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null
  return url.origin === origin ? null : url.href
}

/** Follows links out of the window for as long as it lives; does nothing in a browser. */
export function followOutside(): void {
  if (!desktop) return
  for (const kind of ['click', 'auxclick']) document.addEventListener(kind, follow)
}

function follow(event: Event): void {
  const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[href]') : null
  const url = link && outside(link.href, location.origin)
  if (!url) return
  event.preventDefault()
  openOutside(url)
}
