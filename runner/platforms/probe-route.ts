import { connect, type Socket } from 'node:net'
import { afterRunning } from '../base/time-limit.ts'
import { PlatformError } from './errors.ts'
import type { LinkAnswer } from './faults.ts'

/** Where a question goes, and from where. */
export interface Route {
  host: string
  port: number
  /** Default: the system's choice. */
  localAddress?: string
  channel: 'bus' | 'data'
  /** Size of the question on a data channel, bytes. */
  payloadBytes?: number
}

type Outcome = Pick<LinkAnswer, 'outcome' | 'roundTripMs'>

const REFUSALS = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE'])
/** `PING` and the end of its line. */
const LEAST_QUESTION_BYTES = 6
/** Of a packet of the cluster bus: more than the least one has (cluster.h, CLUSTERMSG_MIN_LEN, Redis 6.0 to 8.0). */
const PROMISED_BYTES = 4096

/**
 * Opens a connection and asks the server something that only the server itself answers, not the system that holds its
 * port or a link on the way. Throws PlatformError when this machine cannot even try.
 */
export async function probeRoute(route: Route, timeoutMs: number): Promise<Outcome> {
  const { host, port, localAddress } = route
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, ...(localAddress && { localAddress }) })
  const timer = new AbortController()
  try {
    return await Promise.race([answerTo(route, socket), silence(timeoutMs, timer.signal)])
  } finally {
    timer.abort()
    socket.destroy()
  }
}

function silence(timeoutMs: number, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const cancel = afterRunning(timeoutMs, () => resolve({ outcome: 'silent' }))
    signal.addEventListener('abort', cancel)
  })
}

function answerTo(route: Route, socket: Socket): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let askedAtMs = Number.NaN
    socket.once('connect', () => {
      askedAtMs = performance.now()
      if (route.channel === 'data') socket.write(inlinePing(route.payloadBytes))
      else socket.end(unfinishedPacket())
    })
    const open = () => resolve({ outcome: 'open', roundTripMs: performance.now() - askedAtMs })
    socket.once('data', open)
    // A server gives up what came on its bus; on its port for clients it says a word first.
    socket.once('end', () => (route.channel === 'bus' ? open() : resolve({ outcome: 'refused' })))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (REFUSALS.has(error.code ?? '')) resolve({ outcome: 'refused' })
      else reject(new PlatformError(`could not ask ${route.host}:${route.port}: ${error.message}`, { cause: error }))
    })
  })
}

/** An inline command (networking.c, processInlineBuffer: up to 64 kB); that it lacks a password is an answer too. */
function inlinePing(payloadBytes = 0): string {
  const padding = 'x'.repeat(Math.max(0, payloadBytes - LEAST_QUESTION_BYTES - 1))
  return padding === '' ? 'PING\r\n' : `PING ${padding}\r\n`
}

/**
 * The beginning of a packet that ends there: the server closes, and has nothing to log (cluster.c, clusterReadHandler,
 * Redis 7.0).
 */
function unfinishedPacket(): Buffer {
  const packet = Buffer.alloc(8)
  packet.write('RCmb')
  packet.writeUInt32BE(PROMISED_BYTES, 4)
  return packet
}
