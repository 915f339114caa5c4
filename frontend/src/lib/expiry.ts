// Instants as a date field writes them, which knows the reader's time zone alone.

/** Writes an instant for a date field: its local day and minute. */
export function toField(iso: string | null): string {
  if (!iso) return ''
  const at = new Date(iso)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`
}

/** Reads what a date field has; empty means never. */
export function fromField(text: string): string | null {
  return text ? new Date(text).toISOString() : null
}

/** Says whether what a date field has is over already. */
export const isPast = (text: string, now: Date): boolean => text !== '' && new Date(text) <= now
