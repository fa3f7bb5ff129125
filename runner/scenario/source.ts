import type { Diagnostic } from './diagnostic.ts'

/** Offsets into a file's text; the end is not included. */
export interface Span {
  start: number
  end: number
}

/** A file's text, and where its lines are. */
export class SourceFile {
  readonly name: string
  readonly text: string
  readonly #lineStarts: number[] = [0]

  constructor(name: string, text: string) {
    this.name = name
    this.text = text
    for (const match of text.matchAll(/\r\n|\n|\r/g)) this.#lineStarts.push(match.index + match[0].length)
  }

  slice(span: Span): string {
    return this.text.slice(span.start, span.end)
  }

  /** 1-based line and column (in characters) of an offset, and the text of the line without its end. */
  position(offset: number): { line: number; col: number; sourceLine: string; lineStart: number } {
    const line = this.lineAt(offset) - 1
    const from = this.#lineStarts[line] ?? 0
    // A byte order mark is no character of the first line.
    const lineStart = from === 0 && this.text.startsWith('\ufeff') ? 1 : from
    const sourceLine = this.text
      .slice(lineStart, this.#lineStarts[line + 1] ?? this.text.length)
      .replace(/[\r\n]+$/, '')
    const within = Math.max(0, Math.min(offset - lineStart, sourceLine.length))
    return { line: line + 1, col: [...sourceLine.slice(0, within)].length + 1, sourceLine, lineStart }
  }

  /** The offset of a line and column as `position` gives them. */
  offsetOf(line: number, col: number): number {
    const from = this.#lineStarts[line - 1] ?? 0
    const lineStart = from === 0 && this.text.startsWith('\ufeff') ? 1 : from
    const rest = this.text.slice(lineStart, this.#lineStarts[line] ?? this.text.length)
    return lineStart + [...rest].slice(0, col - 1).join('').length
  }

  /** 1-based: the line of an offset; the end of a text belongs to its last line. */
  lineAt(offset: number): number {
    let low = 0
    let high = this.#lineStarts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    const isEnd = offset === this.text.length && low > 0 && this.#lineStarts[low] === offset
    return isEnd ? low : low + 1
  }
}

export interface Advice {
  suggestion?: string | undefined
  hint?: string | undefined
}

/** Nobody reads more at once, and a hostile file may have any number. */
const MOST_PROBLEMS = 100

/** Collects what is wrong, in all files of a scenario; the same thing at the same place only once. */
export class Problems {
  readonly #found = new Map<string, Diagnostic>()

  add(source: SourceFile, span: Span, message: string, advice: Advice = {}): void {
    if (this.areMany) return
    const { line, col, sourceLine, lineStart } = source.position(span.start)
    const marked = source.text.slice(Math.max(lineStart, span.start), Math.min(span.end, lineStart + sourceLine.length))
    const length = Math.max(1, [...marked.trimEnd()].length)
    this.#put({ file: source.name, line, col, length, sourceLine, message }, advice)
  }

  /** A problem of something that is not a place in a file, as an argument of the command line. */
  addWithoutPlace(what: string, message: string, advice: Advice = {}): void {
    this.#put({ file: what, line: 0, col: 0, length: 1, sourceLine: '', message }, advice)
  }

  /** So many that no more are taken. */
  get areMany(): boolean {
    return this.#found.size >= MOST_PROBLEMS
  }

  get count(): number {
    return this.#found.size
  }

  /** Those of `mainFile` first, then by file in order of first appearance; in a file by place. */
  sorted(mainFile: string): Diagnostic[] {
    const all = [...this.#found.values()]
    const files = [...new Set([mainFile, ...all.map(({ file }) => file)])]
    return all.sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.col - b.col)
  }

  #put(diagnostic: Diagnostic, { suggestion, hint }: Advice): void {
    const key = `${diagnostic.file}:${diagnostic.line}:${diagnostic.col}:${diagnostic.message}`
    if (this.#found.has(key)) return
    this.#found.set(key, { ...diagnostic, ...(suggestion ? { suggestion } : {}), ...(hint ? { hint } : {}) })
  }
}
