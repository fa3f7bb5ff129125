import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/**
 * A file that leads a browser to an address. The address is a secret of this user, and would stand on the browser's
 * command line, for all users of the machine to see; the file does instead, and only this user can read it.
 */
export class Doorway {
  readonly file: string
  readonly #folder: string

  /** Throws what the system says. `url` is of this program's making: it needs no escapes. */
  constructor(url: string) {
    this.#folder = mkdtempSync(path.join(tmpdir(), 'redis-chaos-open-'))
    this.file = path.join(this.#folder, 'open.html')
    const page = `<!doctype html><meta charset="utf-8"><title>redis-chaos</title><meta http-equiv="refresh" content="0; url=${url}"><a href="${url}">the page of the run</a>\n`
    writeFileSync(this.file, page, { mode: 0o600, flag: 'wx' })
  }

  /** Idempotent. */
  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
