// Short lists that people type into a form.

/** Splits names at commas, spaces and new lines. */
export function names(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean)
}

/** Those whose text holds each of the words that are looked for, in any case. */
export function matching<T>(all: T[], words: string, text: (one: T) => string): T[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
  return all.filter((one) => wanted.every((word) => text(one).toLowerCase().includes(word)))
}

/** Adds a name to a list that somebody typed, or takes it out; what else is there stays as it was written. */
export function toggled(text: string, name: string): string {
  const all = names(text)
  if (!all.includes(name)) return [...all, name].join('\n')
  return all.filter((one) => one !== name).join('\n')
}
