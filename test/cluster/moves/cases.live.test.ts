import t from 'tap'
import type { MoveHow } from '../../../runner/cluster/moves/move.ts'
import { liveStage } from '../../support/live-stage.ts'
import { skipWithoutRedis } from '../../support/local-servers.ts'
import { PlayedCase } from '../../support/played-case.ts'
import { BY_KEYS, BY_REDIS, BY_VALKEY, type Case, CRASHES_VALKEY } from './cases.ts'

/** Each cluster plays its cases one after another; all clusters play side by side. */
const TABLES: readonly { server: string; how: MoveHow; cases: readonly Case[]; crashes?: RegExp }[] = [
  { server: 'redis:7.0', how: 'keys', cases: BY_KEYS.filter((_, place) => place % 2 === 0) },
  { server: 'redis:7.0', how: 'keys', cases: BY_KEYS.filter((_, place) => place % 2 === 1) },
  { server: 'valkey:9.1', how: 'atomic', cases: BY_VALKEY, crashes: CRASHES_VALKEY },
  { server: 'redis:8.6', how: 'atomic', cases: BY_REDIS },
]

const SETTINGS = { 'cluster-node-timeout': '2000', 'repl-diskless-sync-delay': '0' }
const SLOTS_OF_CASE = 4
/** The first slots of two cases that follow each other: one shard owns all of them at first. */
const SLOTS_APART = 20

t.jobs = TABLES.length
for (const { server, how, cases, crashes } of TABLES) {
  const options = { skip: skipWithoutRedis(), buffered: true }
  t.test(`${cases.length} moves by ${how} on ${server}, each with its fault`, options, async (t) => {
    const needs = { debug: true, links: true, protectedSettings: true } as const
    const stage = await liveStage(t, { shards: 3, replicas: 1, spares: 1, server, needs, settings: SETTINGS })
    let isFit = true
    for (const [place, row] of cases.entries()) {
      if (!isFit) break
      await t.test(row.slice(0, 3).join(', '), async (t) => {
        const slots = Array.from({ length: SLOTS_OF_CASE }, (_, index) => place * SLOTS_APART + index)
        isFit = await new PlayedCase(t, stage, { how, row, slots, mayCrash: crashes?.test(row[1]) === true }).play()
      })
    }
    t.ok(isFit, 'all cases were played')
    t.same(stage.bugs, [])
  })
}
