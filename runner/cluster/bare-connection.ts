import { Redis } from 'ioredis'
import { type Guard, guardedConnector } from '../platforms/guarded-connector.ts'

/**
 * A connection to one server that does nothing by itself: it opens when it is told to, sends each command once and at
 * once or not at all, and does not come back. Without a limit on connecting, which would count times in which the
 * runner stood still: whoever opens it sets one. RESP2.
 */
export function bareConnection({
  host,
  port,
  username,
  password,
  readOnly = false,
  guard,
}: {
  host: string
  port: number
  /** Default: the user `default`. */
  username?: string | undefined
  /** Empty: the server asks for none. */
  password: string
  /** Ask to be served by a replica (READONLY). */
  readOnly?: boolean
  /** Who may be there: to others nothing is sent. Default: whoever is. */
  guard?: Guard | undefined
}): Redis {
  return new Redis({
    host,
    port,
    ...(password === '' ? {} : { password, ...(username === undefined ? {} : { username }) }),
    protocol: 2,
    readOnly,
    lazyConnect: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    autoResubscribe: false,
    disableClientInfo: true,
    connectTimeout: 0,
    retryStrategy: () => null,
    ...(guard && { Connector: guardedConnector(() => guard) }),
  })
}
