import { connect } from 'node:net'
import type { LinkAnswer, LinkProbe } from '../../faults.ts'
import type { ServerNode } from '../../platform.ts'

/**
 * Tries a node as clients reach it: from this process, at the port that the engine publishes. The engine itself takes the
 * connection, and closes it when the node cannot be had: only an answer says that it is open.
 */
export function probeFromHere(probe: LinkProbe, node: ServerNode, timeoutMs: number): Promise<LinkAnswer> {
  return new Promise((resolve) => {
    let askedMs = 0
    const socket = connect({ host: '127.0.0.1', port: node.port, noDelay: true }, () => {
      askedMs = performance.now()
      socket.write(inlinePing(probe.payloadBytes ?? 0))
    })
    const end = (answer: Pick<LinkAnswer, 'outcome' | 'roundTripMs'>) => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ ...probe, ...answer })
    }
    const timer = setTimeout(() => end({ outcome: 'silent' }), timeoutMs)
    socket.once('data', () => end({ outcome: 'open', roundTripMs: performance.now() - askedMs }))
    for (const event of ['error', 'end', 'close']) socket.once(event, () => end({ outcome: 'refused' }))
  })
}

/** An inline command, which a server answers before anybody has authenticated; of this size, if that is possible. */
function inlinePing(bytes: number): string {
  const padding = bytes - 'PING \r\n'.length
  return padding > 0 ? `PING ${'x'.repeat(padding)}\r\n` : 'PING\r\n'
}
