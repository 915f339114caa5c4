// Short lists that people type into a form.

/** Splits names at commas, spaces and new lines. */
export function names(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean)
}
