import type { Snapshot } from './live-cluster.ts'

/**
 * What would turn the loss of one machine into the loss of data or of the whole cluster: a master and a replica of one
 * shard on the same machine, and so many masters on one machine that the others are no majority and can elect nobody.
 * When all nodes share one machine (as in a local cluster), that is said once.
 */
export function riskWarnings(snapshot: Snapshot, nodes: readonly { name: string; machine: string }[]): string[] {
  const machineOf = new Map(nodes.map((node) => [node.name, node.machine]))
  const machines = new Set(machineOf.values())
  if (machines.size === 1 && nodes.length > 1) {
    return [
      `all ${nodes.length} nodes share the machine ${[...machines][0]}: its loss is the loss of the whole cluster`,
    ]
  }
  return [...sharedFate(snapshot, machineOf), ...majorityAtRisk(snapshot, machineOf)]
}

function sharedFate(snapshot: Snapshot, machineOf: Map<string, string>): string[] {
  return snapshot.agreed.shards.flatMap(({ number, master, replicas }) => {
    const machine = machineOf.get(master)
    const beside = replicas.filter((replica) => machine !== undefined && machineOf.get(replica) === machine)
    if (beside.length === 0) return []
    const survivors = replicas.length - beside.length
    const rest = survivors === 0 ? 'its loss leaves the shard without a copy' : `its loss leaves ${survivors} of them`
    return [
      `shard ${number}: master ${master} and ${beside.length === 1 ? 'replica' : 'replicas'} ${beside.join(', ')} share the machine ${machine}: ${rest}`,
    ]
  })
}

function majorityAtRisk(snapshot: Snapshot, machineOf: Map<string, string>): string[] {
  const masters = snapshot.agreed.shards.map((shard) => shard.master)
  const majority = Math.floor(masters.length / 2) + 1
  const byMachine = new Map<string, string[]>()
  for (const master of masters) {
    const machine = machineOf.get(master)
    if (machine !== undefined) byMachine.set(machine, [...(byMachine.get(machine) ?? []), master])
  }
  return [...byMachine]
    .filter(([, held]) => masters.length > 1 && masters.length - held.length < majority)
    .map(
      ([machine, held]) =>
        `${held.length} of ${masters.length} masters (${held.join(', ')}) share the machine ${machine}: ` +
        `without it ${masters.length - held.length} are left, and no replica can be elected with fewer than ${majority}`,
    )
}
