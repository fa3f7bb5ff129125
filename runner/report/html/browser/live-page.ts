import { changed } from '../live/live-change.ts'
import type { LiveMessage, LiveState } from '../live/live-data.ts'
import { startControls } from './controls.ts'
import { startCopying } from './copy.ts'
import { Growth } from './growth.ts'
import { startLogs } from './logs.ts'
import { morph } from './morph.ts'
import { Shown } from './shown.ts'
import { startTheme } from './theme.ts'
import { TimeView } from './time-view.ts'
import { startTimeline } from './timeline.ts'
import { startViews } from './views.ts'

/** The page while its run is on. It is loaded anew for the next scenario, and when the run is over. */
class LivePage {
  #state: LiveState
  readonly #growth = new Growth()
  readonly #shown: Shown
  readonly #view: TimeView

  constructor({ nowMs, state }: { nowMs: number; state: LiveState }) {
    this.#state = state
    this.#growth.set(state, nowMs)
    const data = this.#growth.data()
    this.#shown = new Shown(data)
    this.#view = new TimeView(data.endMs)
    startTimeline(this.#shown, this.#view)
    startControls(this.#shown, this.#view)
    startLogs(this.#shown, this.#view)
    startViews(this.#shown)
    this.#growth.tell()
  }

  take(message: LiveMessage): void {
    const state = 'state' in message ? message.state : changed(this.#state, message.change)
    if (state.scenario !== this.#state.scenario) {
      location.reload()
      return
    }
    this.#state = state
    this.#growth.set(state, message.nowMs)
    document.title = state.title
    showSections(state)
    this.draw()
  }

  /** Shows how much time has passed, also while nothing happens. */
  draw(): void {
    const data = this.#growth.data()
    this.#view.grow(data.endMs)
    this.#shown.show(data)
    this.#growth.tell()
  }

  get isOn(): boolean {
    return this.#state.on
  }
}

/** Sections come and change in their order; the links to them with them. */
function showSections({ sections }: LiveState): void {
  const main = document.querySelector('#main')
  const places = document.querySelector('.places')
  if (!(main && places)) return
  let before: Element | null = null
  for (const { id, html } of sections) {
    const fresh = parsed(html)
    const old = document.getElementById(id)
    if (fresh === null) continue
    if (old !== null && main.contains(old)) morph(old, fresh)
    else if (before === null) main.prepend(fresh)
    else before.after(fresh)
    before = document.getElementById(id)
  }
  const links = sections.map(({ id, name }) => {
    const item = document.createElement('li')
    const link = document.createElement('a')
    link.href = `#${id}`
    link.textContent = name
    item.append(link)
    return item
  })
  const list = document.createElement('ul')
  list.className = 'places'
  list.append(...links)
  morph(places, list)
}

function parsed(html: string): Element | null {
  return new DOMParser().parseFromString(html, 'text/html').body.firstElementChild
}

/** How often the page moves on by itself, ms. */
const DRAW_EVERY_MS = 500

function start(): void {
  startTheme()
  startCopying()
  const element = document.querySelector('#data')
  const first: LiveMessage = JSON.parse(element?.textContent ?? '')
  if (!('state' in first)) return
  const page = new LivePage(first)
  const connection = document.createElement('p')
  connection.className = 'connection'
  connection.setAttribute('role', 'status')
  document.querySelector('#main')?.prepend(connection)
  const source = new EventSource('events')
  source.addEventListener('message', ({ data }) => {
    connection.textContent = ''
    page.take(JSON.parse(data))
  })
  source.addEventListener('over', () => {
    source.close()
    location.reload()
  })
  source.addEventListener('error', () => {
    // A browser that was refused, and not only cut off, does not try again by itself.
    connection.textContent =
      source.readyState === EventSource.CLOSED
        ? 'The page is no longer served: its command has ended.'
        : 'The connection is lost; trying again.'
  })
  setInterval(() => {
    if (page.isOn && !document.hidden) page.draw()
  }, DRAW_EVERY_MS)
}

start()
