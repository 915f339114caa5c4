import { tick } from 'svelte'

/** Puts the focus on the first field of a form that is wrong, or on what the form says about itself; a form that is gone has none. */
export async function focusWrong(form: HTMLElement | null): Promise<void> {
  await tick()
  const wrong = form?.querySelector<HTMLElement>('[aria-invalid="true"], [data-wrong]') ?? form?.querySelector<HTMLElement>('[role="alert"][tabindex]')
  wrong?.focus()
}
