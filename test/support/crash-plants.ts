import { cleaning, endLooks, healing, lastStep, type Moment, setUp, step, verb } from './planted-run.ts'
import type { ServerPlant } from './server-plant.ts'

const FAILOVER = 'planned-failover'

/** A replica that no step asks for, in the scenarios below. */
const BYSTANDER = 'redis-node5'

function crashAt(name: string, at: Moment, scenarios: readonly string[]): ServerPlant {
  return {
    name: `a crash: ${name}`,
    scenarios,
    outside: { at, held: true, act: (servers) => servers.crash(BYSTANDER, 'SIGSEGV') },
    rule: 'crash',
    says: /^redis-node5 (ended by itself at .*SIGSEGV|logged a crash report at .*crashed by signal: 11)/,
    // A replica that ends in the middle of the comparison cannot be compared.
    also: ['replica_data'],
  }
}

/** A server that crashes, at each moment of a run. */
export const crashPlants: readonly ServerPlant[] = [
  crashAt('in set-up', setUp, [FAILOVER, 'failover-basic']),
  crashAt('in the middle of a step', step('2'), [FAILOVER]),
  crashAt('while a step heals', verb('heal'), ['partition-isolated-master']),
  crashAt('while the end heals', healing, ['test/e2e/scenarios/settings-left.yaml']),
  crashAt('in the last step', lastStep, [FAILOVER, 'replica-killed']),
  crashAt('while the end is looked at', endLooks, ['failover-basic', 'master-killed']),
  {
    name: 'a crash: of a server that a step gave a maxmemory',
    scenarios: ['memory-eviction'],
    outside: { at: verb('expect'), held: true, act: (servers) => servers.crash('redis-node0', 'SIGSEGV') },
    rule: 'crash',
    says: /^redis-node0 ended by itself at .*SIGSEGV/,
  },
  crashAt('in cleaning', cleaning, [FAILOVER]),
]
