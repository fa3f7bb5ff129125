import { readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { createInterface } from 'node:readline'

/**
 * The half of a driver that has nothing to do with its client: lines in, lines out (docs/drivers.md).
 *
 * `open` connects, and resolves to `send`, which carries out the commands of one operation and resolves to their
 * replies, and `close`. `troubleOf` says of what `send` rejects with: `class`, and `definite` where the operation was
 * certainly not carried out.
 */
export function serve({ name, version, can, open, troubleOf }) {
  say({ type: 'hello', protocol: 1, name, version, can })
  let client
  const end = async () => {
    await client?.close()
    process.exit()
  }
  const begin = async (start) => {
    client = await open(start)
    say({ type: 'ready' })
  }
  const carryOut = async ({ id, client: number, commands, replica = false }) => {
    try {
      const replies = await client.send(commands, { client: number, replica })
      say({ type: 'ok', id, replies: replies.map(plain) })
    } catch (error) {
      const { definite = false, ...trouble } = troubleOf(error)
      say({ type: definite ? 'fail' : 'indeterminate', id, text: error.message, ...trouble })
    }
  }
  const deeds = { start: begin, invoke: carryOut, stop: end }
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const message = JSON.parse(line)
      void deeds[message.type]?.(message)
    })
    .on('close', () => void end())
}

/** Of a package in the folder of the driver, whose URL is `driver`. */
export function versionOf(driver, name) {
  return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, driver), 'utf8')).version
}

/**
 * Where this machine reaches the node that servers know by an address of their own network: ports tell nodes apart,
 * whatever address one has come to have. Undefined for what is taken as it is: a name, and all addresses where this is
 * one of that network.
 */
export function reachOf(nodes, host, port) {
  const node = isIPv4(host) ? nodes.find(({ peer }) => peer?.port === Number(port)) : undefined
  return node && node.host !== node.peer.host ? { host: node.host, port: node.port } : undefined
}

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

/** A reply as JSON has it. */
function plain(reply) {
  if (reply instanceof Error) return { error: reply.message }
  if (reply instanceof Map) return [...reply].flat().map(plain)
  if (reply instanceof Set || Array.isArray(reply)) return [...reply].map(plain)
  if (Buffer.isBuffer(reply)) return reply.toString()
  return typeof reply === 'bigint' ? Number(reply) : reply
}
