// The parts of the settings page, in their order. The address names them: #/settings/relay.
export const sections = ['general', 'relay', 'data', 'privacy', 'diagnostics', 'about'] as const
export type SectionName = (typeof sections)[number]

/** Returns the section that is being read: the last one whose top has passed the line, or the last of all at the end of the page. */
export function reading(tops: number[], line: number, atEnd: boolean): SectionName {
  const passed = atEnd ? sections.length - 1 : tops.findLastIndex((top) => top <= line)
  return sections[Math.max(0, passed)] ?? 'general'
}
