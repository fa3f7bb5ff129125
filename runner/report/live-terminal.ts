import type { Clock } from '../base/clock.ts'
import { formatLimit } from '../base/duration.ts'
import { displayWidth, forOutput, truncate } from '../base/text.ts'
import type { RunEvent } from '../record/events.ts'
import { LiveStory, type LiveStream, type Reporter, stepText } from './live-story.ts'
import { type Paint, painter } from './style.ts'
import { type RunningStep, Underway } from './underway.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const REDRAW_EVERY_MS = 100
const MOST_LINES = 8
const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'

/** Progress on a terminal: what has ended as lines that stay, what is under way below them, redrawn all the time. */
export class TerminalProgress implements Reporter {
  readonly #stream: LiveStream
  readonly #clock: Clock
  readonly #color: boolean
  readonly #paint: Paint
  readonly #story: LiveStory
  readonly #underway = new Underway()
  #drawn: string[] = []
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(stream: LiveStream, clock: Clock, color: boolean) {
    this.#stream = stream
    this.#clock = clock
    this.#color = color
    this.#paint = painter(color)
    this.#story = new LiveStory(this.#paint, () => this.#columns())
  }

  onEvent(event: RunEvent): void {
    if (this.#closed) return
    this.#underway.follow(event, this.#clock.nowMs())
    this.#draw(this.#story.linesOf(event))
  }

  close(): void {
    if (this.#closed) return
    this.#underway.clear()
    this.#draw(this.#story.rest())
    this.#closed = true
  }

  /**
   * Takes the old view away, adds the lines that stay, and draws the view anew below them: in one write, to not
   * flicker.
   */
  #draw(staying: readonly string[]): void {
    const shown = (line: string) => forOutput(line, { painted: this.#color })
    const view = this.#view().map(shown)
    const text = [...staying.map(shown), ...view].map((line) => `${line}\n`).join('')
    const erase = this.#erase()
    this.#drawn = view
    if (view.length > 0) this.#wake()
    if (erase !== '' || text !== '') this.#stream.write(erase + text)
    if (view.length === 0) this.#rest()
  }

  #view(): string[] {
    const frame = FRAMES[Math.floor(this.#clock.nowMs() / REDRAW_EVERY_MS) % FRAMES.length] ?? ''
    const lines = [
      ...this.#underway.works.map((work) => this.#line(frame, work.scenario, `${work.text}  ${this.#since(work)}`)),
      ...this.#underway.steps.map((step) => this.#line(frame, step.scenario, this.#stepLine(step))),
    ]
    const most = Math.max(Math.min(MOST_LINES, (this.#stream.rows || MOST_LINES) - 2), 1)
    return lines.length <= most ? lines : [...lines.slice(0, most - 1), `  … and ${lines.length - most + 1} more`]
  }

  #stepLine(step: RunningStep): string {
    const limit = step.limitMs === undefined ? '' : ` of ${formatLimit(step.limitMs)}`
    return `${stepText(step.step)}  ${this.#since(step)}${limit}${step.text === '' ? '' : `  ${step.text}`}`
  }

  #since({ sinceMs }: { sinceMs: number }): string {
    return `${((this.#clock.nowMs() - sinceMs) / 1000).toFixed(1)} s`
  }

  /** Never wider than the terminal: a line that wraps could not be taken away again. */
  #line(frame: string, scenario: number | undefined, text: string): string {
    const prefix = this.#story.prefixOf(scenario)
    const left = this.#columns() - displayWidth(prefix) - 5
    return `${prefix}  ${this.#paint('cyan', frame)} ${truncate(text, Math.max(left, 10))}`
  }

  #erase(): string {
    // A terminal that was made narrower has wrapped what was drawn.
    const rows = this.#drawn.reduce(
      (sum, line) => sum + Math.max(Math.ceil(displayWidth(line) / this.#columns()), 1),
      0,
    )
    return rows === 0 ? '' : `\u001b[${rows}A\r\u001b[0J`
  }

  #columns(): number {
    return this.#stream.columns || 80
  }

  #wake(): void {
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => this.#draw([]), REDRAW_EVERY_MS)
    this.#timer.unref()
    process.on('exit', this.#showCursor)
    this.#stream.write(HIDE_CURSOR)
  }

  #rest(): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    process.off('exit', this.#showCursor)
    this.#showCursor()
  }

  readonly #showCursor = (): void => {
    this.#stream.write(SHOW_CURSOR)
  }
}
