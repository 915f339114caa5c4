const least = 3
const most = 14

/** Returns how many lines a box of text shows before it scrolls. */
export const rowsFor = (text: string): number => Math.min(most, Math.max(least, text.split('\n').length))
