// Light or dark: a setting of Weir's. What is kept here only serves public/theme.js, before the first paint.
import type { Settings } from '../types.gen'

export type Choice = Settings['appearance']

const choices: Choice[] = ['auto', 'light', 'dark']
const name = 'weir.theme'

class Theme {
  choice = $state<Choice>(choices.find((c) => c === localStorage.getItem(name)) ?? 'auto')
  dark = $state(false) // what is on the screen

  /** Follows the setting, and the system while the setting says so. */
  start(): void {
    const system = matchMedia('(prefers-color-scheme: dark)')
    const apply = () => {
      const dark = this.choice === 'dark' || (this.choice === 'auto' && system.matches)
      document.documentElement.dataset.theme = dark ? 'dark' : 'light'
      this.dark = dark
    }
    system.addEventListener('change', apply)
    $effect.root(() => {
      $effect(apply)
    })
  }

  /** Shows a choice at once; to keep it is up to whoever asks Weir to. */
  choose(choice: Choice): void {
    this.choice = choice
    if (choice === 'auto') localStorage.removeItem(name)
    else localStorage.setItem(name, choice)
  }
}

export const theme = new Theme()
