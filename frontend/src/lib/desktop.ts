// What the page does only inside the window.
import { t } from '../i18n'
import { desktop, onDesktop, openOutside } from '../transport'
import { connection } from './connection.svelte'

/** Returns the address of a link that leads out of the page; null for one that stays, or that no browser opens. */
export function outside(href: string, origin: string): string | null {
  if (!URL.canParse(href, origin)) return null
  const url = new URL(href, origin)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null
  return url.origin === origin ? null : url.href
}

/** Shows the pages that the tray asks for, opens links to other places in the system's browser, and says when there is something to see. Does nothing in a browser. */
export function followDesktop(): void {
  if (!desktop) return
  onDesktop('page', (page) => (location.hash = page))
  const stop = connection.listen(() => {
    stop()
    tellPainted()
  })
  for (const kind of ['click', 'auxclick']) document.addEventListener(kind, leave)
}

/** Tells the window's Go side that the first numbers are on the screen: nothing is loading any more, and a frame has been drawn since. */
function tellPainted(): void {
  if (document.querySelector(`[role=status][aria-label="${t('loading')}"]`)) requestAnimationFrame(tellPainted)
  else requestAnimationFrame(() => requestAnimationFrame(() => void desktop?.Painted()))
}

function leave(event: Event): void {
  const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[href]') : null
  const url = link && outside(link.href, location.origin)
  if (!url) return
  event.preventDefault()
  openOutside(url)
}
