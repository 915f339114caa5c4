import { describe, expect, test } from 'vitest'
import { layoutFor } from '../src/lib/columns'
import { jump, rowHeight, rowsIn } from '../src/lib/window'

test('the rows that are seen follow from the scroll position alone', () => {
  expect(rowsIn(50_000 * rowHeight, 10 * rowHeight)).toEqual({ from: 50_000, to: 50_010 })
  expect(rowsIn(50_000 * rowHeight + 1, 10 * rowHeight)).toEqual({ from: 50_001, to: 50_011 })
  expect(rowsIn(0, 0)).toEqual({ from: 0, to: 0 })
})

describe('keys', () => {
  const height = 12 * rowHeight
  test.each([
    ['ArrowDown', 0, 1],
    ['ArrowDown', 99, 99],
    ['ArrowUp', 0, 0],
    ['PageDown', 5, 15],
    ['PageUp', 5, 0],
    ['Home', 50, 0],
    ['End', 50, 99],
  ])('%s in row %i leads to row %i', (key, at, want) => expect(jump(key, at, height, 100)).toBe(want))
  test('other keys lead nowhere', () => expect(jump('a', 5, height, 100)).toBeNull())
})

describe('columns', () => {
  const usual = { dated: false, cost: { before: 2, after: 6 }, saved: { before: 3, after: 6 } }
  const huge = { dated: true, cost: { before: 7, after: 8 }, saved: { before: 7, after: 8 } }

  test('a narrow list keeps time, model, cost and state', () => {
    expect(layoutFor(380, usual).columns).toEqual(['time', 'model', 'cost', 'state'])
  })
  test('a list beside the receipt has every column', () => {
    expect(layoutFor(636, usual)).toMatchObject({ columns: ['time', 'key', 'model', 'tokens', 'cost', 'saved', 'state'], wide: false })
  })
  test('large amounts take the room of what matters less', () => {
    expect(layoutFor(636, huge).columns).toEqual(['time', 'model', 'cost', 'saved', 'state'])
    expect(layoutFor(636, huge).template).toContain('15ch 15ch')
  })
  test('a wide list shows the number of tokens and several states', () => expect(layoutFor(1040, huge).wide).toBe(true))
  test('a very wide list names the provider too', () => {
    expect(layoutFor(1040, usual).columns).toContain('provider')
    expect(layoutFor(800, usual).columns).not.toContain('provider')
  })
})
