import { describe, expect, test } from 'vitest'
import { empty, heights, labelled, peak, shape, sum, ticks } from '../src/lib/chart'
import type { Timeline } from '../src/types.gen'

const hour = (n: number) => new Date(Date.UTC(2026, 10, 20, n)).toISOString()
const timeline: Timeline = {
  step: 'hour',
  slots: [hour(8), hour(9), hour(10)],
  series: [
    { id: 'opus', name: 'opus', points: ['0.1', '0.000000000001', '0'] },
    { id: '', name: 'everything else', points: ['0.2', '0', '0'] },
  ],
  without_cache: ['1', '0.5', '0'],
}
const chart = shape(timeline, hour(11), new Date(hour(9)))

describe('a timeline becomes a chart', () => {
  test('what a slot comes to is added exactly', () => {
    expect(chart.slots.map((slot) => slot.total)).toEqual(['0.3', '0.000000000001', '0'])
    expect(sum(['0.1', '0.2', '-0.3'])).toBe('0')
  })

  test('a slot ends where the next one begins, the last one with the period', () => {
    expect(chart.slots.map((slot) => slot.to.toISOString())).toEqual([hour(9), hour(10), hour(11)])
  })

  test('the line ends where the future begins', () => expect(chart.slots.map((slot) => slot.without)).toEqual(['1', '0.5', null]))
  test('bars stand on each other', () => expect(heights(chart).map(([first]) => first)).toEqual([0.1, 0.1 + 0.2]))
  test('everything else is grey', () => expect(chart.stacks.map((stack) => stack.colour)).toEqual(['--c1', '--c-rest']))
  test('the highest bar is found', () => expect(peak(chart)?.from.toISOString()).toBe(hour(8)))

  test('nothing spent and nothing saved is an empty chart', () => {
    expect(empty(chart)).toBe(false)
    expect(empty(shape({ ...timeline, series: [], without_cache: ['0', '0', '0'] }, hour(11), new Date(hour(12))))).toBe(true)
  })

  test('more series than colours are grey', () => {
    const series = Array.from({ length: 8 }, (_, i) => ({ id: `m${i}`, name: `m${i}`, points: [] }))
    expect(shape({ ...timeline, series }, hour(11), new Date()).stacks.map((stack) => stack.colour).slice(5)).toEqual(['--c6', '--c-rest', '--c-rest'])
  })
})

describe('the lines across a chart are at round amounts, the last one not below the highest point', () => {
  test.each([
    [1.937, ['$0.00', '$0.50', '$1.00', '$1.50', '$2.00']],
    [4, ['$0', '$1', '$2', '$3', '$4']],
    [13.2, ['$0', '$5', '$10', '$15']],
    [0.3, ['$0.00', '$0.10', '$0.20', '$0.30']],
    [0.0007, ['$0.0000', '$0.0002', '$0.0004', '$0.0006', '$0.0008']],
    [0.0000000004, ['$0.0000000000', '$0.0000000001', '$0.0000000002', '$0.0000000003', '$0.0000000004']],
    [12345.67, ['$0', '$5,000', '$10,000', '$15,000']],
    [0, ['$0', '$1']],
  ])('%s', (top, labels) => {
    const found = ticks(top)
    expect(found.map((tick) => tick.label)).toEqual(labels)
    expect(found.at(-1)?.at).toBeGreaterThanOrEqual(top * 0.999999)
  })
})

describe('the labels below a chart', () => {
  const days = (n: number): Timeline => ({ step: 'day', slots: Array.from({ length: n }, (_, i) => new Date(2026, 10, 1 + i).toISOString()), series: [], without_cache: [] })
  const now = new Date(2027, 0, 1)

  test.each([
    [7, 10, [0, 1, 2, 3, 4, 5, 6]],
    [30, 16, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28]],
    [30, 5, [0, 7, 14, 21, 28]],
  ])('%s days with room for %s', (n, room, at) => {
    expect([...labelled(shape(days(n), now.toISOString(), now), room).keys()]).toEqual(at)
  })

  test('hours are labelled where the clock is round', () => {
    const slots = Array.from({ length: 24 }, (_, i) => new Date(2026, 10, 20, i).toISOString())
    const labels = labelled(shape({ step: 'hour', slots, series: [], without_cache: [] }, now.toISOString(), now), 8)
    expect([...labels]).toEqual([[0, '12 AM'], [3, '3 AM'], [6, '6 AM'], [9, '9 AM'], [12, '12 PM'], [15, '3 PM'], [18, '6 PM'], [21, '9 PM']])
  })

  test('hours of two days say which day', () => {
    const slots = Array.from({ length: 48 }, (_, i) => new Date(2026, 10, 20, i).toISOString())
    const two = shape({ step: 'hour', slots, series: [], without_cache: [] }, now.toISOString(), now)
    expect([...labelled(two, 4)]).toEqual([[0, 'Nov 20'], [12, '12 PM'], [24, 'Nov 21'], [36, '12 PM']])
    expect(two.slots[25]?.name).toContain('Nov 21')
  })
})
