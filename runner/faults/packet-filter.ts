import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { onAbort } from '../base/on-abort.ts'
import { afterRunning } from '../base/time-limit.ts'
import type { LiveNode } from '../cluster/live-cluster.ts'
import { isPong, malformedPacket, type PacketType, strangersPing } from '../platforms/bus-packets.ts'
import { BUS_OFFSET } from '../platforms/platform.ts'
import { type FaultStage, NotProven } from './fault.ts'
import { ask, wordsOf } from './reach.ts'

/** The DEBUG subcommand: a server drops what comes in of the type whose number it is given. */
export const FILTER = 'DROP-CLUSTER-PACKET-FILTER'
/** Matches no type (debug.c, Redis 7.0). */
export const NO_FILTER = '-1'

/** How long the server's bus, or its log, may take to tell what became of a packet, ms. */
const TOLD_WITHIN_MS = 3000
const LOOK_EVERY_MS = 5

/**
 * What a server logs for a packet that its filter drops: Redis 7.0 says `packet that`, Valkey `packet of type ping
 * that`.
 */
const DROPPED = /Dropping packet (?:of type \S+ )?that matches debug drop filter/

/**
 * Whether a server drops packets of any of these types, seen from outside: one of each is sent to its cluster bus, of a
 * sender that nobody knows and malformed, so that it does nothing where it is read; the server's log then says whether
 * it was dropped. Needs DEBUG commands. Throws NotProven where the bus cannot be reached, or log and bus do not tell in
 * time.
 */
export async function dropsPackets(stage: FaultStage, node: string, types: readonly PacketType[]): Promise<boolean> {
  const live = stage.cluster.node(node)
  const log = await LogTail.open(stage, node)
  try {
    const from = await log.mark()
    await sendToBus(live, types, stage.signal, () => log.hasSince(from, DROPPED))
    await log.mark()
    return log.hasSince(from, DROPPED)
  } finally {
    await log.close()
  }
}

/**
 * Sends the packets and then a PING. Resolves when that is answered, the server having seen all before it, or when
 * `seen` says so.
 */
function sendToBus(
  node: LiveNode,
  types: readonly PacketType[],
  signal: AbortSignal,
  seen: () => boolean,
): Promise<void> {
  const { host, port } = busOf(node)
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const end = (failure?: unknown) => {
      cancel()
      clearInterval(looking)
      stopListening()
      socket.destroy()
      if (failure === undefined) resolve()
      else reject(failure)
    }
    const fail = (why: string) =>
      end(
        new NotProven(
          `the cluster bus of ${node.name} at ${host}:${port} ${why}`,
          'The proof of a packet filter needs to reach the bus from this machine.',
        ),
      )
    const aborted = () => end(signal.reason)
    const cancel = afterRunning(TOLD_WITHIN_MS, () => fail(`did not answer a PING within ${TOLD_WITHIN_MS} ms`))
    const looking = setInterval(() => seen() && end(), LOOK_EVERY_MS)
    const stopListening = onAbort(signal, aborted)
    socket.once('error', (error) => fail(`cannot be reached: ${wordsOf(error)}`))
    socket.once('close', () => fail('closed the connection'))
    let answer = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      answer = Buffer.concat([answer, bytes])
      const isAnswered = isPong(answer)
      if (isAnswered === false) fail('is something else: it answered a PING with what is no packet of a cluster')
      else if (isAnswered) end()
    })
    socket.write(Buffer.concat([...types.map((type) => malformedPacket(type, node.port)), strangersPing(node.port)]))
  })
}

/** Processes listen on loopback beside the address that other nodes use; containers only on that of their network. */
function busOf(node: LiveNode): { host: string; port: number } {
  const isLocal = /^(127\.|localhost$|::1$)/.test(node.peerHost)
  return isLocal
    ? { host: '127.0.0.1', port: node.port + BUS_OFFSET }
    : { host: node.peerHost, port: node.peerPort + BUS_OFFSET }
}

/** A server's log as it grows, in which the runner can set marks of its own. */
class LogTail {
  readonly #lines: string[] = []
  readonly #stage: FaultStage
  readonly #node: string
  #end: () => Promise<void> = async () => {}

  private constructor(stage: FaultStage, node: string) {
    this.#stage = stage
    this.#node = node
  }

  static async open(stage: FaultStage, node: string): Promise<LogTail> {
    const tail = new LogTail(stage, node)
    tail.#end = await stage.servers.followLogs(node, ({ text }) => tail.#lines.push(text))
    return tail
  }

  /**
   * Has the server log a mark, and waits for it: all that was logged before is then known. Returns the number of lines.
   */
  async mark(): Promise<number> {
    const mark = `redis-chaos looks here: ${randomUUID()}`
    await ask(this.#stage, this.#node, 'DEBUG', 'LOG', mark)
    const { clock, signal } = this.#stage
    const startMs = clock.ranMs()
    while (!this.#lines.some((line) => line.includes(mark))) {
      if (clock.ranMs() - startMs > TOLD_WITHIN_MS) {
        throw new NotProven(`the log of ${this.#node} did not show a mark that was set within ${TOLD_WITHIN_MS} ms`)
      }
      await clock.sleep(LOOK_EVERY_MS, signal)
    }
    return this.#lines.length
  }

  hasSince(from: number, pattern: RegExp): boolean {
    return this.#lines.slice(from).some((line) => pattern.test(line))
  }

  close(): Promise<void> {
    return this.#end()
  }
}
