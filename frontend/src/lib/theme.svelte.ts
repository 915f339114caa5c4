// Light or dark. public/theme.js does the same once, before the first paint.
export const choices = ['auto', 'light', 'dark'] as const
export type Choice = (typeof choices)[number]

const name = 'weir.theme'

class Theme {
  choice = $state<Choice>(choices.find((c) => c === localStorage.getItem(name)) ?? 'auto')

  /** Keeps following the system while the choice is auto. */
  start(): void {
    const system = matchMedia('(prefers-color-scheme: dark)')
    const apply = () => {
      const dark = this.choice === 'dark' || (this.choice === 'auto' && system.matches)
      document.documentElement.dataset.theme = dark ? 'dark' : 'light'
    }
    system.addEventListener('change', apply)
    $effect.root(() => {
      $effect(apply)
    })
  }

  next(): void {
    this.choice = choices[(choices.indexOf(this.choice) + 1) % choices.length] ?? 'auto'
    if (this.choice === 'auto') localStorage.removeItem(name)
    else localStorage.setItem(name, this.choice)
  }
}

export const theme = new Theme()
