/** A scenario with one failover, and nothing that takes long. */
export function failover(nodeTimeoutMs: number): string {
  return `title: The replica of a killed master takes its place
tags: [nightly]
cluster: { config: { cluster-node-timeout: ${nodeTimeoutMs} } }
steps:
  - let: { victim: master of shard 1, heir: replica of $victim }
  - kill: $victim
  - expect: { node: $heir, role: master }
    within: 30s
`
}
