// The parts of the settings page, in their order. The address names them: #/settings/relay.
export const sections = ['general', 'relay', 'data', 'privacy', 'diagnostics', 'about'] as const
export type SectionName = (typeof sections)[number]

/** Where the sections begin in what is seen of the page. */
export interface Sight {
  tops: number[] // of the sections, from the top of what is seen
  atEnd: boolean // the page cannot be scrolled further
}

const line = 80 // a section that begins above it is being read

/** Returns the section that is being read. At the end of the page several are in sight: the one that was asked for, or the last. */
export function reading({ tops, atEnd }: Sight, asked: string | null): SectionName {
  const wanted = sections.find((name) => name === asked)
  if (atEnd && wanted && (tops[sections.indexOf(wanted)] ?? -1) >= 0) return wanted
  const begun = atEnd ? sections.length - 1 : tops.findLastIndex((top) => top <= line)
  return sections[Math.max(0, begun)] ?? 'general'
}
