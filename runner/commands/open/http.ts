import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { servedPolicy } from '../../report/html/live/live-page.ts'

/** Names of this machine, as a browser on it, or at the other end of a tunnel, says them. */
const OUR_NAMES: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * The path that is asked for behind the secret part of the address; undefined for whoever must get nothing: who does
 * not know the secret, and pages that reached this port by a name of their own (DNS rebinding). Nobody can make a browser
 * send another `Host`.
 */
export function pathAskedFor(request: IncomingMessage, secret: string): string | undefined {
  const { host = '', 'sec-fetch-site': site = 'none' } = request.headers
  if (!OUR_NAMES.has(host.replace(/:\d+$/, ''))) return undefined
  // Pages of other sites have no business here, even if they knew the address.
  if (site === 'cross-site' && request.headers['sec-fetch-mode'] !== 'navigate') return undefined
  const [, given = '', ...rest] = (request.url ?? '').replace(/\?.*$/s, '').split('/')
  return rest.length > 0 && isSame(given, secret) ? rest.join('/') : undefined
}

function isSame(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)]
  return first.length === second.length && timingSafeEqual(first, second)
}

/** Headers of every answer. Nothing is kept in a cache, shown in another page, or read by one. */
export function headersFor(type: string): OutgoingHttpHeaders {
  return {
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Security-Policy': servedPolicy(),
    'Cache-Control': 'no-store',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  }
}

export function answer(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, headersFor(type)).end(text)
}

/** One answer for all that is not given out: it tells nothing of what there is. */
export function refuse(response: ServerResponse): void {
  response.writeHead(404, headersFor('text/plain')).end('There is nothing here.\n')
}
