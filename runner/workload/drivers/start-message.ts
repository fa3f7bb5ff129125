import type { NodeAddress } from '../client/slot-map.ts'
import type { DriverPlan } from './plan.ts'
import { PROTOCOL, type ToDriver } from './protocol.ts'

interface Told {
  plan: DriverPlan
  nodes: readonly NodeAddress[]
  username?: string | undefined
  password: string
  clients: number
  timeoutMs: number
  readFrom: 'master' | 'replica'
}

/** What a driver is told of the servers and of its work. One in a container reaches nodes where they reach each other. */
export function startMessage({ plan, nodes, username, password, clients, timeoutMs, readFrom }: Told): ToDriver {
  return {
    type: 'start',
    protocol: PROTOCOL,
    nodes: nodes.map(({ name, host, port, peerHost, peerPort }) => {
      const peer = { host: peerHost, port: peerPort }
      return { name, ...('image' in plan ? peer : { host, port }), peer }
    }),
    ...(password === '' ? {} : { ...(username !== undefined && { username }), password }),
    ...{ clients, timeoutMs, readFrom, options: plan.options },
  }
}
