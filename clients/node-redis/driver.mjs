import { createCluster, ErrorReply } from 'redis'
import { reachOf, serve, versionOf } from '../serve.mjs'

/** Options of the cluster client; all others are those of its connections, which it has as `defaults`. */
const OF_CLUSTER = [
  'RESP',
  'commandOptions',
  'maxCommandRedirections',
  'minimizeConnections',
  'topologyRefreshOnReconnectionAttemptStrategy',
]
const CLASSES = {
  SocketClosedUnexpectedlyError: 'closed',
  DisconnectsClientError: 'closed',
  ClientClosedError: 'closed',
  ConnectionTimeoutError: 'timeout',
  SocketTimeoutError: 'timeout',
  TimeoutError: 'timeout',
  MaxCommandRedirectionsError: 'MOVED',
}

async function open({ nodes, username, password, readFrom, options }) {
  const isOfCluster = ([name]) => OF_CLUSTER.includes(name)
  const own = Object.entries(options)
  const cluster = createCluster({
    ...Object.fromEntries(own.filter(isOfCluster)),
    rootNodes: nodes.map(({ host, port }) => ({ socket: { host, port } })),
    defaults: { ...Object.fromEntries(own.filter((option) => !isOfCluster(option))), username, password },
    useReplicas: readFrom === 'replica',
    nodeAddressMap: (address) => reachOf(nodes, ...address.split(/:(?=\d+$)/)),
  })
  // What goes wrong shows in the operations; here it is for whoever looks for the reason.
  for (const event of ['error', 'node-error']) cluster.on(event, (error) => console.error(event, error.message))
  await cluster.connect()
  return { send: (commands, { replica }) => send(cluster, commands, replica), close: () => cluster.destroy() }
}

async function send(cluster, commands, replica) {
  const [first, ...more] = commands
  if (more.length === 0) return [await cluster.sendCommand(first[1], replica, first)]
  const multi = cluster.multi(more[0][1])
  for (const command of more.slice(0, -1)) multi.sendCommand(command)
  const results = await multi.exec().catch((error) => error.replies ?? Promise.reject(error))
  return ['OK', ...more.slice(0, -1).map(() => 'QUEUED'), results]
}

/** It sends a command again after MOVED and ASK alone: the server that refused it for good was the last that had it. */
function troubleOf(error) {
  if (error instanceof ErrorReply) return { definite: true }
  if (error.code === 'ECONNREFUSED') return { class: 'refused' }
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return { class: 'closed' }
  return { class: CLASSES[error.constructor.name] ?? 'other' }
}

const version = versionOf(import.meta.url, 'redis')
serve({ name: 'node-redis', version, can: ['transaction', 'replica-reads'], open, troubleOf })
