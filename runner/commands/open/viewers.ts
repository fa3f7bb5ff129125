/** A viewer that has so much still to take is left out until it has taken it, bytes. */
const MOST_WAITING_BYTES = 500_000
/** A connection that nothing went over for so long gets a sign of life, ms: tunnels close those that are silent. */
const SIGN_EVERY_MS = 20_000
/** A viewer that takes nothing for so long is dropped; its browser asks anew, ms. */
const PATIENCE_MS = 60_000

/** What is needed of a response to a browser. */
export interface Connection {
  /** What was written and has not gone yet, bytes. */
  readonly writableLength: number
  write(text: string): unknown
  end(text: string): unknown
  destroy(): unknown
  on(event: 'close' | 'error', listener: () => void): unknown
}

interface Viewer {
  response: Connection
  /** It was left out: a change alone tells it nothing. */
  lacks: boolean
  behindSinceMs: number | undefined
}

/**
 * The pages that follow a run, each over an open connection (Server-Sent Events). What they are sent is made once for
 * all of them; who is slow gets the latest state when there is room again, and nothing of what lay between.
 */
export class Viewers {
  readonly #viewers = new Set<Viewer>()
  readonly #sign: NodeJS.Timeout

  constructor() {
    this.#sign = setInterval(() => this.#write(':\n\n'), SIGN_EVERY_MS)
    this.#sign.unref()
  }

  get count(): number {
    return this.#viewers.size
  }

  /** `message`: the state, whole. */
  add(response: Connection, message: string): void {
    const viewer: Viewer = { response, lacks: false, behindSinceMs: undefined }
    this.#viewers.add(viewer)
    response.on('close', () => this.#viewers.delete(viewer))
    response.on('error', () => this.#viewers.delete(viewer))
    response.write(`retry: 1000\n\n${messageText(message)}`)
  }

  /** Sends a change; `whole` makes the message for those that were left out before. */
  send(change: string, whole: () => string, nowMs: number): void {
    const changeText = messageText(change)
    let wholeText: string | undefined
    for (const viewer of this.#viewers) {
      if (this.#isBehind(viewer, nowMs)) continue
      if (viewer.lacks) wholeText ??= messageText(whole())
      viewer.response.write(viewer.lacks ? (wholeText ?? changeText) : changeText)
      viewer.lacks = false
    }
  }

  /** The run is over, and what is served from now on is its report. */
  dismiss(): void {
    for (const { response } of this.#viewers) response.end('event: over\ndata: {}\n\n')
    this.#viewers.clear()
  }

  close(): void {
    clearInterval(this.#sign)
    for (const { response } of this.#viewers) response.destroy()
    this.#viewers.clear()
  }

  #isBehind(viewer: Viewer, nowMs: number): boolean {
    if (viewer.response.writableLength < MOST_WAITING_BYTES) {
      viewer.behindSinceMs = undefined
      return false
    }
    viewer.lacks = true
    viewer.behindSinceMs ??= nowMs
    if (nowMs - viewer.behindSinceMs > PATIENCE_MS) viewer.response.destroy()
    return true
  }

  #write(text: string): void {
    for (const { response } of this.#viewers) if (response.writableLength < MOST_WAITING_BYTES) response.write(text)
  }
}

/** JSON has no line breaks of its own. */
function messageText(json: string): string {
  return `data: ${json}\n\n`
}
