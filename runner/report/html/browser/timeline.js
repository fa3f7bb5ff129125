import { drawCharts } from './charts.js'
import { drawLanes, RIGHT_ROOM, rowsOf } from './lanes.js'
import { timeText } from './time-view.js'

const WIDE_GUTTER = 96
const NARROW_GUTTER = 78

/**
 * Lanes and charts over one time axis, with everything that moves it.
 * @param {PageData} data
 * @param {import('./time-view.js').TimeView} view
 */
export function startTimeline(data, view) {
  const stack = document.querySelector('.stack')
  const svg = document.querySelector('.stack svg')
  if (!(stack instanceof HTMLElement) || !(svg instanceof SVGSVGElement)) return
  const hair = hairOf(stack)
  const rows = rowsOf(data)
  let gutter = gutterOf(stack)
  /** @param {number | undefined} ms */
  const onHover = (ms) => hair.show(ms, x)
  let charts = drawCharts(stack, { data, view, gutter, onHover })

  /** @param {number} ms */
  function x(ms) {
    const plot = /** @type {HTMLElement} */ (stack).clientWidth - gutter - RIGHT_ROOM
    return gutter + ((ms - view.min) / (view.max - view.min)) * plot
  }
  /** @param {number} left Px from the left of the stack. */
  function timeAt(left) {
    const plot = /** @type {HTMLElement} */ (stack).clientWidth - gutter - RIGHT_ROOM
    return view.min + Math.min(Math.max((left - gutter) / plot, 0), 1) * (view.max - view.min)
  }
  const draw = () => {
    drawLanes(svg, { rows, bands: data.faults, view, gutter })
    for (const chart of charts) chart.setScale('x', { min: view.min, max: view.max })
    hair.show(undefined, x)
  }
  const drawAnew = () => {
    for (const chart of charts) chart.destroy()
    gutter = gutterOf(stack)
    charts = drawCharts(stack, { data, view, gutter, onHover })
    draw()
  }
  view.onChange(draw)
  draw()
  onWidthChange(stack, drawAnew)
  document.addEventListener('themechange', drawAnew)
  dragToZoom(svg, stack, { view, timeAt, onHover, charts: () => charts })
  keysToMove(stack, view)
}

/** @param {HTMLElement} stack */
function gutterOf(stack) {
  return stack.clientWidth < 520 ? NARROW_GUTTER : WIDE_GUTTER
}

/**
 * @param {HTMLElement} element
 * @param {() => void} work
 */
function onWidthChange(element, work) {
  let width = element.clientWidth
  new ResizeObserver(() => {
    if (element.clientWidth === width) return
    width = element.clientWidth
    work()
  }).observe(element)
}

/**
 * The line through all lanes and charts at the pointer.
 * @param {HTMLElement} stack
 */
function hairOf(stack) {
  const hair = document.createElement('div')
  const output = document.createElement('output')
  hair.className = 'hair'
  hair.hidden = true
  hair.append(output)
  stack.append(hair)
  return {
    /**
     * @param {number | undefined} ms
     * @param {(ms: number) => number} x
     */
    show(ms, x) {
      hair.hidden = ms === undefined
      if (ms === undefined) return
      hair.style.left = `${x(ms)}px`
      output.textContent = timeText(ms)
    },
  }
}

/**
 * @param {SVGSVGElement} svg
 * @param {HTMLElement} stack
 * @param {{ view: import('./time-view.js').TimeView, timeAt: (left: number) => number, onHover: (ms: number | undefined) => void, charts: () => uPlot[] }} page
 */
function dragToZoom(svg, stack, { view, timeAt, onHover, charts }) {
  const pick = document.createElement('div')
  pick.className = 'pick'
  pick.hidden = true
  stack.append(pick)
  /** @type {number | undefined} */
  let from
  /** @param {PointerEvent} event */
  const leftOf = (event) => event.clientX - stack.getBoundingClientRect().left
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
  const end = (/** @type {PointerEvent} */ event) => {
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

/**
 * @param {HTMLElement} stack
 * @param {import('./time-view.js').TimeView} view
 */
function keysToMove(stack, view) {
  const keys = /** @type {Record<string, () => void>} */ ({
    '+': () => view.zoom(0.5),
    '=': () => view.zoom(0.5),
    '-': () => view.zoom(2),
    0: () => view.whole(),
    ArrowLeft: () => view.pan(-0.25),
    ArrowRight: () => view.pan(0.25),
  })
  stack.addEventListener('keydown', (event) => {
    const move = keys[event.key]
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    move()
  })
}
