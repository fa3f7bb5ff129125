import { stripVTControlCharacters } from 'node:util'

/** A terminal for tests: keeps what a person would see of text, line feeds and the few control sequences in use. */
export class FakeTerminal {
  readonly isTTY: boolean
  readonly columns: number
  readonly rows = 24
  /** Everything that was written. */
  written = ''
  cursorShown = true
  #lines: string[] = ['']
  #row = 0

  constructor(options: { isTTY?: boolean; columns?: number } = {}) {
    this.isTTY = options.isTTY ?? true
    this.columns = options.columns ?? 80
  }

  write(text: string): void {
    this.written += text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are the subject
    for (const part of text.split(/(\u001b\[\d+A|\u001b\[0J|\u001b\[\?25[hl]|\n|\r)/)) this.#put(part)
  }

  /** The lines on the screen and above it, without colors and trailing blanks. */
  get screen(): string[] {
    const lines = this.#lines.map((line) => stripVTControlCharacters(line).trimEnd())
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines
  }

  #put(part: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are the subject
    const up = /^\u001b\[(\d+)A$/.exec(part)
    if (up !== null) this.#row = Math.max(this.#row - Number(up[1]), 0)
    else if (part === '\u001b[0J') this.#lines = [...this.#lines.slice(0, this.#row), '']
    else if (part === '\u001b[?25h') this.cursorShown = true
    else if (part === '\u001b[?25l') this.cursorShown = false
    else if (part === '\n') {
      this.#row += 1
      this.#lines[this.#row] ??= ''
    } else if (part !== '' && part !== '\r') this.#lines[this.#row] = (this.#lines[this.#row] ?? '') + part
  }
}
