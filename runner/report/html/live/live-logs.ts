import type { PageLogLine } from '../page-data.ts'
import { logLine, namesById } from '../sections/logs.ts'

/** So many lines are held, the newest: the whole logs are on the page when the run is over. */
const MOST_LINES = 4000
/** A node can write a line of any length; the page shows the beginning. */
const MOST_CHARACTERS = 2000

/** The lines that the nodes logged, each read once, in order of time. */
export class LiveLogs {
  readonly #nodes: string[] = []
  readonly #names = new Map<string, string>()
  /** Times are of the wall clock, ms since the epoch. */
  #lines: PageLogLine[] = []
  #shown: { startWallMs: number; lines: readonly PageLogLine[] } | undefined
  readonly #shifted = new WeakMap<PageLogLine, PageLogLine>()

  /** Takes lines as they stand in the files, those of every node that are new. */
  add(added: ReadonlyMap<string, readonly string[]>): void {
    for (const [node, lines] of added) {
      if (!this.#nodes.includes(node)) this.#nodes.push(node)
      // A node tells its id before others speak of it.
      for (const [id, name] of namesById([lines.join('\n')], [node])) this.#names.set(id, name)
    }
    const parsed = [...added].flatMap(([node, lines]) =>
      lines.flatMap((line) => logLine(line.slice(0, MOST_CHARACTERS), this.#nodes.indexOf(node), 0, this.#names)),
    )
    if (parsed.length === 0) return
    this.#lines = [...this.#lines, ...parsed].sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(-MOST_LINES)
    this.#shown = undefined
  }

  get nodes(): readonly string[] {
    return this.#nodes
  }

  /** The lines on the scenario's clock. The same line is the same object, as long as the start is. */
  lines(startWallMs: number): readonly PageLogLine[] {
    if (this.#shown?.startWallMs === startWallMs) return this.#shown.lines
    const lines = this.#lines.map((line) => {
      const [wallMs, node, text, tells] = line
      const known = this.#shifted.get(line)
      if (known !== undefined && known[0] === wallMs - startWallMs) return known
      const shifted: PageLogLine = [wallMs - startWallMs, node, text, tells]
      this.#shifted.set(line, shifted)
      return shifted
    })
    this.#shown = { startWallMs, lines }
    return lines
  }
}
