import { z } from 'zod'
import type { ClusterInfo, ClusterNodeInfo } from './events.ts'
import { few, fields, maybe, ms, shard, slot, text, textsByName } from './shapes.ts'

export const clusterNode = fields<ClusterNodeInfo>({
  name: text,
  address: text,
  role: z.enum(['master', 'replica']),
  shard,
  added: maybe(z.literal(true)),
  server: maybe(text),
  later: maybe(few(fields<{ server: string; atMs: number }>({ server: text, atMs: ms }))),
})

export const cluster = fields<ClusterInfo>({
  shards: shard,
  replicas: z.union([shard, few(shard)]),
  nodes: few(clusterNode),
  config: textsByName,
  slots: maybe(few(few(z.tuple([slot, slot])))),
})
