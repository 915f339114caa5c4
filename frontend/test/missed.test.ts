import { describe, expect, it } from 'vitest'
import { causeName, length, whatToDo, whyMissed } from '../src/lib/missed'
import type { Miss } from '../src/types.gen'

const plain: Miss = {
  cause: 'tools', causes: ['tools'], missed: true, tokens: 4000, cost_usd: '0.0138', before_id: null, expected_tokens: 4000, read_tokens: 0,
  idle_ms: null, least_life_ms: null, most_life_ms: null, place: null, block: null, setting: null, was: null, blocks: null, least_tokens: null,
}

describe('why a cache was missed', () => {
  it('a place is named where it is known', () => {
    expect(whyMissed({ ...plain, place: 3 })).toEqual(['The tools changed, from tool 3 on.'])
    expect(whyMissed({ ...plain, cause: 'message', causes: ['message'], place: 3, block: 2 })).toEqual(['Message 3 is not what it was, from block 2 on.'])
  })
  it('of several causes each has a sentence, and only the first one with a place names it', () => {
    expect(whyMissed({ ...plain, cause: 'pause', causes: ['pause', 'tools', 'system'], place: 2, idle_ms: 7_800_000, least_life_ms: 300_000, most_life_ms: 300_000 })).toEqual([
      '2 h 10 min passed since the last call. This cache lives 5 min.', 'The tools changed, from tool 2 on.', 'System prompt changed.',
    ])
  })
  it('a life is said as far as it is known', () => {
    const pause: Miss = { ...plain, cause: 'pause', causes: ['pause'], idle_ms: 90_000_000 }
    expect(whyMissed({ ...pause, least_life_ms: 300_000, most_life_ms: 3_600_000 })[0]).toContain('1 d 1 h passed since the last call. This cache lives 5 min to 1 h.')
    expect(whyMissed({ ...pause, least_life_ms: 1_800_000 })[0]).toContain('lives 30 min at least')
    expect(whyMissed({ ...pause, most_life_ms: 86_400_000 })[0]).toContain('lives 1 d 0 h at most')
  })
  it('what is no miss needs nothing to be done', () => {
    const first: Miss = { ...plain, cause: 'first', causes: [], missed: false }
    expect(whyMissed(first)).toEqual(['The first call of this conversation that Weir saw: nothing was there to be read.'])
    expect(whatToDo(first)).toBe('')
    expect(whatToDo(plain)).not.toBe('')
  })
  it('a cause of a newer Weir goes by its own name', () => expect(causeName('weather')).toBe('weather'))
  it('spans are written as people say them', () => {
    expect([5_000, 300_000, 3_600_000, 7_800_000].map(length)).toEqual(['5 s', '5 min', '1 h', '2 h 10 min'])
  })
})
