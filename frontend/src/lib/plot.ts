// The canvas of a chart: stacked bars and a dashed line over them. It draws, and knows nothing of what is drawn.
import uPlot from 'uplot'
import { heights, labelled, type Chart } from './chart'

export interface Place {
  left: number
  width: number
}

const labelWidth = 56 // pixels that a label below the chart needs
const labelHalf = 20
const digitWidth = 7.2
const above = 10 // so that the highest label is not cut

export class Plot {
  private readonly plot: uPlot
  private readonly host: HTMLElement
  private chart: Chart

  constructor(host: HTMLElement, chart: Chart) {
    this.host = host
    this.chart = chart
    this.plot = new uPlot(this.options(), this.data(), host)
  }

  /** Draws other figures of the same bars. */
  set(chart: Chart): void {
    this.chart = chart
    this.plot.setData(this.data())
  }

  /** Draws again: the size or the colours have changed. */
  redraw(): void {
    const { clientWidth: width, clientHeight: height } = this.host
    if (width !== this.plot.width || height !== this.plot.height) this.plot.setSize({ width, height })
    else this.plot.redraw()
  }

  destroy(): void {
    this.plot.destroy()
  }

  /** Returns the slot under a position in the page; null beside the bars. */
  slotAt(clientX: number): number | null {
    const { left, width } = this.plot.over.getBoundingClientRect()
    const index = Math.floor(((clientX - left) / width) * this.chart.slots.length)
    return index >= 0 && index < this.chart.slots.length ? index : null
  }

  /** Returns where a slot stands, from the left edge of the chart. */
  placeOf(index: number): Place {
    const width = this.plot.over.clientWidth / this.chart.slots.length
    return { left: this.plot.over.offsetLeft + index * width, width }
  }

  /** The whole bars come first, so that the parts nearer to the ground are drawn over them. */
  private data(): uPlot.AlignedData {
    const line = this.chart.slots.map((slot) => (slot.without === null ? null : Number(slot.without)))
    return [this.chart.slots.map((_, index) => index), ...heights(this.chart).reverse(), line]
  }

  private options(): uPlot.Options {
    const colour = (token: string) => getComputedStyle(this.host).getPropertyValue(token)
    const font = `12px ${getComputedStyle(this.host).fontFamily}`
    const bars = uPlot.paths.bars?.({ size: [0.84, 56] })
    const stacks = [...this.chart.stacks].reverse().map((stack): uPlot.Series => ({ fill: () => colour(stack.colour), width: 0, points: { show: false }, ...(bars && { paths: bars }) }))
    return {
      width: this.host.clientWidth,
      height: this.host.clientHeight,
      padding: [above, 0, 0, () => Math.max(0, labelHalf - this.host.clientWidth / this.chart.slots.length / 2)],
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { time: false, range: () => [-0.5, this.chart.slots.length - 0.5] },
        y: { range: () => [0, this.chart.ticks.at(-1)?.at ?? 1] },
      },
      series: [{}, ...stacks, { stroke: () => colour('--ink-2'), width: 1.5, dash: [4, 4], points: { size: 6, fill: () => colour('--surface'), show: () => this.alone() } }],
      axes: [
        {
          font, stroke: () => colour('--ink-3'), size: 24, gap: 6, grid: { show: false }, ticks: { show: false },
          splits: () => [...this.labels().keys()],
          values: (_, splits) => splits.map((index) => this.labels().get(index) ?? ''),
        },
        {
          side: 1, font, stroke: () => colour('--ink-3'), gap: 8, ticks: { show: false }, grid: { stroke: () => colour('--line'), width: 1 },
          size: () => Math.max(...this.chart.ticks.map((tick) => tick.label.length)) * digitWidth + 10,
          splits: () => this.chart.ticks.map((tick) => tick.at),
          values: () => this.chart.ticks.map((tick) => tick.label),
        },
      ],
    }
  }

  /** One slot makes no line: it is marked instead. */
  private alone(): boolean {
    return this.chart.slots.filter((slot) => slot.without !== null).length === 1
  }

  private labels(): Map<number, string> {
    return labelled(this.chart, Math.max(1, Math.floor(this.host.clientWidth / labelWidth)))
  }
}
