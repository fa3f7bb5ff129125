import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** Said beside replies: where a redirection leads, and how long a command took that was slow. */
const ASIDE = /^$|^-> Redirected |^\(\d+\.\d+s\)$/

/**
 * One redis-cli with commands on its stdin, one after another: it says one thing about each. `onEnd` is told when it ends
 * by itself.
 */
export class Cli {
  #child
  #waiting = []
  /** What is there of a list that is being printed. */
  #list

  constructor({ host, port }, { username, password, options }, onEnd) {
    const user = username === undefined ? [] : ['--user', username]
    const more = Object.entries(options).flatMap(([name, value]) => [`-${name}`, `${value}`])
    const words = ['-c', '--no-raw', '-h', host, '-p', `${port}`, ...user, ...(password ? ['--askpass'] : []), ...more]
    this.#child = spawn('redis-cli', words)
    this.#child.on('exit', (code, signal) => onEnd(`redis-cli ended with ${signal ?? code}`))
    this.#child.stdin.on('error', () => undefined)
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#onReply(line))
    createInterface({ input: this.#child.stderr }).on('line', (line) => this.#onTrouble(line))
    if (password) this.#child.stdin.write(`${password}\n`)
  }

  send(words) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ words, resolve, reject })
      if (this.#waiting.length === 1) this.#say(words)
    })
  }

  close() {
    this.#child.removeAllListeners('exit').kill()
  }

  #say(words) {
    this.#child.stdin.write(`${words.map(quoted).join(' ')}\n`)
  }

  #end(settle) {
    settle(this.#waiting.shift())
    this.#list = undefined
    if (this.#waiting.length > 0) this.#say(this.#waiting[0].words)
  }

  #onReply(line) {
    const [, item] = /^ *\d+\) (.*)$/.exec(line) ?? []
    if (item !== undefined) {
      // Where a list ends, nothing tells but that something else is said.
      if (this.#list === undefined) this.#say(['ECHO', 'end'])
      this.#list = [...(this.#list ?? []), replyOf(item)]
    } else if (!ASIDE.test(line)) {
      const reply = this.#list ?? replyOf(line)
      this.#end(({ resolve, reject }) => (reply instanceof Error ? reject(reply) : resolve(reply)))
    }
  }

  #onTrouble(line) {
    console.error(line)
    const list = this.#list
    if (!/^(Could not connect|Error: .)/.test(line) || this.#waiting.length === 0) return
    if (list !== undefined) return this.#end(({ resolve }) => resolve(list))
    this.#end(({ reject }) => reject(new Error(line)))
  }
}

/** As redis-cli reads a word. */
function quoted(word) {
  const bytes = [...Buffer.from(word)]
  const plain = (byte) => byte >= 32 && byte < 127 && byte !== 34 && byte !== 92
  return `"${bytes.map((byte) => (plain(byte) ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`)).join('')}"`
}

const ESCAPES = { n: 10, r: 13, t: 9, a: 7, b: 8 }

/** A reply as `--no-raw` prints it. */
function replyOf(text) {
  if (text.startsWith('"')) {
    const bytes = [...text.slice(1, -1).matchAll(/\\x(..)|\\(.)|([^\\])/gu)].flatMap(([, hex, escaped, plain]) => {
      if (hex !== undefined) return [Number.parseInt(hex, 16)]
      return escaped === undefined ? [...Buffer.from(plain)] : [ESCAPES[escaped] ?? escaped.charCodeAt(0)]
    })
    return Buffer.from(bytes).toString()
  }
  if (text === '(nil)') return null
  if (text.startsWith('(empty ')) return []
  if (text.startsWith('(integer) ')) return Number(text.slice(10))
  return text.startsWith('(error) ') ? new Error(text.slice(8)) : text
}
