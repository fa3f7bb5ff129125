import { get } from 'node:http'
import { connect } from 'node:net'
import { codeOf, messageOf } from '../../base/errors.ts'
import type { Look } from '../../base/poll.ts'

/** One look may take so long, ms. */
const LOOK_WITHIN_MS = 2000

/**
 * Whether an application that listens at this port of the loopback says that it is ready. `published`: by an engine, which
 * may itself listen there.
 */
export function lookIfReady(
  port: number,
  path: string | undefined,
  { published }: { published: boolean },
): Promise<Look> {
  if (path !== undefined) return lookAtPath(port, path, (status) => status >= 200 && status < 300)
  return published ? lookAtPath(port, '/', () => true) : lookAtPort(port)
}

function lookAtPath(port: number, path: string, isReady: (status: number) => boolean): Promise<Look> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false, timeout: LOOK_WITHIN_MS }, (response) => {
      const { statusCode = 0 } = response
      response.destroy()
      resolve({ ok: isReady(statusCode), seen: `HTTP ${statusCode}` })
    })
    request.once('timeout', () => request.destroy(new Error(`no answer within ${LOOK_WITHIN_MS / 1000} s`)))
    request.once('error', (error) => resolve({ ok: false, seen: troubleOf(error) }))
  })
}

function lookAtPort(port: number): Promise<Look> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: LOOK_WITHIN_MS })
    const end = (look: Look) => {
      socket.destroy()
      resolve(look)
    }
    socket.once('connect', () => end({ ok: true, seen: 'its port is open' }))
    socket.once('timeout', () => end({ ok: false, seen: `no connection within ${LOOK_WITHIN_MS / 1000} s` }))
    socket.once('error', (error) => end({ ok: false, seen: troubleOf(error) }))
  })
}

function troubleOf(error: unknown): string {
  return codeOf(error) === 'ECONNREFUSED' ? 'nothing listens there' : messageOf(error)
}
