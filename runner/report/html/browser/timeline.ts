import type uPlot from 'uplot'
import { drawCharts, showMore } from './charts.ts'
import { drawLanes, RIGHT_ROOM, rowsOf } from './lanes.ts'
import type { Shown } from './shown.ts'
import { type TimeView, timeText } from './time-view.ts'

const WIDE_GUTTER = 96
const NARROW_GUTTER = 78

/** What dragging and the wheel over the lanes move. */
interface DragOptions {
  view: TimeView
  /** The moment at so many px from the left of the stack. */
  timeAt(left: number): number
  onHover(ms: number | undefined): void
  charts(): uPlot[]
}

/** Lanes and charts over one time axis, with everything that moves it. */
export function startTimeline(shown: Shown, view: TimeView): void {
  const stack = document.querySelector<HTMLElement>('.stack')
  const svg = stack?.querySelector('svg')
  if (!stack || !svg) return
  const hair = hairOf(stack)
  let gutter = gutterOf(stack)
  const plotWidth = () => stack.clientWidth - gutter - RIGHT_ROOM
  const x = (ms: number) => gutter + ((ms - view.min) / (view.max - view.min)) * plotWidth()
  const timeAt = (left: number) =>
    view.min + Math.min(Math.max((left - gutter) / plotWidth(), 0), 1) * (view.max - view.min)
  const onHover = (ms: number | undefined) => hair.show(ms, x)
  const chartsNow = () => drawCharts(stack, { shown, view, gutter, onHover })
  let charts = chartsNow()

  const draw = () => {
    drawLanes(svg, { rows: rowsOf(shown.data), bands: shown.data.faults, view, gutter })
    for (const chart of charts) chart.setScale('x', { min: view.min, max: view.max })
    hair.show(undefined, x)
  }
  const drawAnew = () => {
    for (const chart of charts) chart.destroy()
    gutter = gutterOf(stack)
    charts = chartsNow()
    draw()
  }
  view.onChange(draw)
  shown.onChange(() => {
    if (showMore(charts, shown.data)) draw()
    else drawAnew()
  })
  draw()
  onWidthChange(stack, drawAnew)
  document.addEventListener('themechange', drawAnew)
  dragToZoom(svg, stack, { view, timeAt, onHover, charts: () => charts })
  keysToMove(stack, view)
}

function gutterOf(stack: HTMLElement): number {
  return stack.clientWidth < 520 ? NARROW_GUTTER : WIDE_GUTTER
}

function onWidthChange(element: HTMLElement, work: () => void): void {
  let width = element.clientWidth
  new ResizeObserver(() => {
    if (element.clientWidth === width) return
    width = element.clientWidth
    work()
  }).observe(element)
}

/** The line through all lanes and charts at the pointer. */
function hairOf(stack: HTMLElement): { show(ms: number | undefined, x: (ms: number) => number): void } {
  const hair = document.createElement('div')
  const output = document.createElement('output')
  hair.className = 'hair'
  hair.hidden = true
  hair.append(output)
  stack.append(hair)
  return {
    show(ms: number | undefined, x: (ms: number) => number) {
      hair.hidden = ms === undefined
      if (ms === undefined) return
      hair.style.left = `${x(ms)}px`
      output.textContent = timeText(ms)
    },
  }
}

function dragToZoom(svg: SVGSVGElement, stack: HTMLElement, { view, timeAt, onHover, charts }: DragOptions): void {
  const pick = document.createElement('div')
  pick.className = 'pick'
  pick.hidden = true
  stack.append(pick)
  let from: number | undefined
  const leftOf = (event: PointerEvent) => event.clientX - stack.getBoundingClientRect().left
  svg.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    from = leftOf(event)
    svg.setPointerCapture(event.pointerId)
  })
  svg.addEventListener('pointermove', (event) => {
    const left = leftOf(event)
    onHover(timeAt(left))
    const [first] = charts()
    first?.setCursor({ left: first.valToPos(timeAt(left), 'x'), top: 0 })
    if (from === undefined) return
    pick.hidden = Math.abs(left - from) < 4
    pick.style.left = `${Math.min(from, left)}px`
    pick.style.width = `${Math.abs(left - from)}px`
  })
  const end = (event: PointerEvent) => {
    const left = leftOf(event)
    const start = from
    from = undefined
    pick.hidden = true
    if (event.type !== 'pointerup' || start === undefined || Math.abs(left - start) < 4) return
    view.show(timeAt(Math.min(start, left)), timeAt(Math.max(start, left)))
  }
  svg.addEventListener('pointerup', end)
  svg.addEventListener('pointercancel', end)
  svg.addEventListener('pointerleave', () => onHover(undefined))
  stack.addEventListener('dblclick', () => view.whole())
  stack.addEventListener(
    'wheel',
    (event) => {
      // Plain scrolling scrolls the page.
      if (!event.ctrlKey && !event.metaKey) return
      event.preventDefault()
      const left = event.clientX - stack.getBoundingClientRect().left
      view.zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(left))
    },
    { passive: false },
  )
}

function keysToMove(stack: HTMLElement, view: TimeView): void {
  const keys: Record<string, () => void> = {
    '+': () => view.zoom(0.5),
    '=': () => view.zoom(0.5),
    '-': () => view.zoom(2),
    0: () => view.whole(),
    ArrowLeft: () => view.pan(-0.25),
    ArrowRight: () => view.pan(0.25),
  }
  stack.addEventListener('keydown', (event) => {
    const move = keys[event.key]
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    move()
  })
}
