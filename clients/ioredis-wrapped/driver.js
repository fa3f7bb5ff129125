// ioredis as a client driver: see docs/drivers.md.
import { createRequire } from 'node:module'
import { isIPv4 } from 'node:net'
import { createInterface } from 'node:readline'
import { Cluster } from 'ioredis'

const { version } = createRequire(import.meta.url)('ioredis/package.json')
const OF_CONNECTIONS = ['connectTimeout', 'maxRetriesPerRequest', 'commandTimeout']
/** @type {Cluster | undefined} */
let cluster

/** @param {object} message */
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)

/** Texts come as bytes. @param {unknown} reply @returns {unknown} */
const plain = (reply) => {
  if (Buffer.isBuffer(reply)) return reply.toString()
  if (reply instanceof Error) return { error: reply.message }
  return Array.isArray(reply) ? reply.map(plain) : reply
}

/** Where this machine reaches a node that servers know by an address of their network: ports tell nodes apart. @param {string} key @param {any[]} nodes */
const reachOf = (key, nodes) => {
  const [, host = '', port] = /^(.*):(\d+)$/.exec(key) ?? []
  return isIPv4(host) ? (nodes.find(({ peer }) => peer.port === Number(port)) ?? null) : null
}

/** @param {{ nodes: any[], username?: string, password?: string, readFrom: string, options: Record<string, unknown> }} start */
async function connect({ nodes, username, password, readFrom, options }) {
  const isOfConnection = ([name = '']) => OF_CONNECTIONS.includes(name)
  const entries = Object.entries(options)
  cluster = new Cluster(
    nodes.map(({ host, port }) => ({ host, port })),
    {
      ...Object.fromEntries(entries.filter((entry) => !isOfConnection(entry))),
      lazyConnect: true,
      scaleReads: readFrom === 'replica' ? 'slave' : 'master',
      natMap: (key) => reachOf(key, nodes),
      redisOptions: { ...Object.fromEntries(entries.filter(isOfConnection)), username, password },
    },
  )
  cluster.on('error', ({ message }) => process.stderr.write(`${message}\n`))
  await cluster.connect().catch(() => undefined)
  say({ type: 'ready' })
}

/** @param {string[][]} commands */
async function replies(commands) {
  const [first = []] = commands
  if (commands.length === 1) return [await cluster?.callBuffer(...first)]
  const multi = cluster?.multi()
  for (const words of commands.slice(1, -1)) multi.callBuffer(...words)
  const results = await multi.exec()
  const queued = commands.slice(2).map(() => 'QUEUED')
  return ['OK', ...queued, results?.map(([error, reply]) => error ?? reply) ?? null]
}

/** It tries again by itself: an earlier try may have been carried out. @param {{ id: number, commands: string[][] }} operation */
async function carryOut({ id, commands }) {
  try {
    say({ type: 'ok', id, replies: plain(await replies(commands)) })
  } catch ({ name, message }) {
    const text = /Last error: (?:\w*Error: )?(.*)$/.exec(message)?.[1] ?? message
    const isLost = name === 'MaxRetriesPerRequestError' || message === 'Connection is closed.'
    const word = isLost ? 'closed' : message === 'Command timed out' ? 'timeout' : undefined
    say({ type: 'indeterminate', id, text, ...(word && { class: word }) })
  }
}

say({ type: 'hello', protocol: 1, name: 'ioredis', version, can: ['transaction', 'replica-reads'] })
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const message = JSON.parse(line)
    if (message.type === 'start') void connect(message)
    else if (message.type === 'invoke') void carryOut(message)
    else cluster?.disconnect()
  })
  .on('close', () => cluster?.disconnect())
