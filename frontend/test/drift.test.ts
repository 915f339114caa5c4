import { describe, expect, it } from 'vitest'
import { callsOfDay, chartOf, daysBetween, less, share, signed } from '../src/lib/drift'
import type { ReportedPart, ReportedView } from '../src/types.gen'

const part = (provider: string, day: string, reported_usd: string, computed_usd: string): ReportedPart => ({
  provider, name: provider, model: '', day, calls: 1, reported_usd, computed_usd, difference_usd: '0', permyriad: null, uncomputed: 0,
})

const view = (days: ReportedPart[]): ReportedView => ({
  from: '2026-11-01', to: '2026-11-03', total: part('', '', '0', '0'), providers: [part('openrouter', '', '3', '3'), part('xai', '', '1', '1')], models: [], days, worst: [],
})

describe('reported and computed', () => {
  it('a difference is exact, whatever its sign', () => {
    expect(less('0.3', '0.1')).toBe('0.2')
    expect(less('0.1', '0.3')).toBe('-0.2')
    expect(less('0.000000000001', '0.000000000001')).toBe('0')
  })
  it('more has a plus, less a minus, and nothing has neither', () => {
    expect(signed('0.5')).toBe('+$0.50')
    expect(signed('-0.5')).toBe('−$0.50')
    expect(signed('0')).toBe('$0')
    expect(share(125)).toBe('+1.25%')
    expect(share(-50)).toBe('−0.5%')
    expect(share(0)).toBe('0%')
  })
  it('days are those of UTC, whatever the clocks do', () => {
    expect(daysBetween('2026-10-24', '2026-10-26')).toEqual(['2026-10-24', '2026-10-25', '2026-10-26'])
    expect(callsOfDay('2026-11-30')).toBe('#/calls?since=2026-11-30T00%3A00%3A00.000Z&until=2026-12-01T00%3A00%3A00.000Z')
  })
  it('the chart stacks what was reported, and its line is what the list comes to, until today', () => {
    const { chart, days } = chartOf(view([part('openrouter', '2026-11-01', '1', '0.9'), part('xai', '2026-11-01', '0.5', '0.5'), part('openrouter', '2026-11-02', '2', '2')]), new Date('2026-11-02T12:00:00Z'))
    expect(days).toEqual(['2026-11-01', '2026-11-02', '2026-11-03'])
    expect(chart.slots.map((slot) => slot.total)).toEqual(['1.5', '2', '0'])
    expect(chart.slots.map((slot) => slot.without)).toEqual(['1.4', '2', null])
  })
})
