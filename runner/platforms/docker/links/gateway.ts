import { createServer } from 'node:net'
import type { Engine } from '../engine.ts'

export const NOT_OURS = 'is no address of the machine that this program runs on'

/**
 * Why links of this program cannot listen on gateways of the engine's networks; undefined where they can. Only on the engine's own
 * Linux machine are these addresses of this one too.
 */
export async function gatewayProblem(engine: Engine): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'this program does not run on the Linux machine of the engine'
  const networks = await engine.call('list the networks', (abortSignal) =>
    engine.docker.listNetworks({ filters: JSON.stringify({ driver: ['bridge'] }), abortSignal }),
  )
  const gateways = networks.flatMap(({ IPAM }) => IPAM?.Config?.map(({ Gateway }) => Gateway) ?? [])
  const [gateway] = gateways.filter((address) => address?.includes('.'))
  // A run's own network has one in any case, and is asked again.
  if (gateway === undefined) return undefined
  return (await isOurs(gateway)) ? undefined : `the gateway ${gateway} of the engine ${NOT_OURS}`
}

function isOurs(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port: 0, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
