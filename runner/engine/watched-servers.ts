import type { Clock } from '../base/clock.ts'
import type { ServerGroup } from '../platforms/platform.ts'
import type { FaultFact } from '../record/failover-facts.ts'

export interface FaultListener {
  /** Something is about to be done to a server. */
  onBegin(): void
  /** It was done. Times are of the clock itself. */
  onFault(fault: FaultFact): void
}

const FAULTS: ReadonlySet<string> = new Set(['stop', 'kill', 'pause', 'restart'])
const UNDOES: ReadonlySet<string> = new Set(['start', 'unpause'])

/**
 * The same servers, but what is done to them (by whichever step) is told: when it began and when it was done. What fails
 * is not told: nobody knows whether it bit.
 */
export function watchedServers(servers: ServerGroup, clock: Clock, listener: FaultListener): ServerGroup {
  const lastFault = new Map<string, string>()
  const told = (name: string, act: (...args: unknown[]) => Promise<unknown>) => {
    return async (node: string, ...rest: unknown[]) => {
      listener.onBegin()
      const fromMs = clock.nowMs()
      const result = await act(node, ...rest)
      const undone = UNDOES.has(name)
      const fault = undone ? (lastFault.get(node) ?? 'stop') : name
      if (undone) lastFault.delete(node)
      else lastFault.set(node, fault)
      listener.onFault({ fault, nodes: [node], undone, fromMs, toMs: clock.nowMs() })
      return result
    }
  }
  return new Proxy(servers, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      const own = value.bind(target) as (...args: unknown[]) => Promise<unknown>
      return typeof name === 'string' && (FAULTS.has(name) || UNDOES.has(name)) ? told(name, own) : own
    },
  })
}
