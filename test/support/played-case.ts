import type { Test } from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { poll } from '../../runner/base/poll.ts'
import { endMoves } from '../../runner/cluster/moves/end-moves.ts'
import type { MoveHow } from '../../runner/cluster/moves/move.ts'
import { tagOfSlot } from '../../runner/cluster/slot-tags.ts'
import { startStream } from '../../runner/cluster/start-stream.ts'
import {
  type Case,
  type CaseOptions,
  type Ends,
  type Fault,
  LOSSES,
  openPlace,
  VALKEY_CRASH,
  type Verb,
} from '../cluster/moves/cases.ts'
import { step } from './fake-stage.ts'
import type { LiveStage } from './live-stage.ts'
import { allKnow, keysAt, misplaced } from './misplaced-keys.ts'

const KEYS_OF_SLOT = 6
/** The name of the move that later steps ask about. */
const MOVE = 'case'
const nothing = async () => undefined

/** Who of a shard is which, before the fault. */
interface Pair {
  shard: number
  master: string
  replica: string
}

/** Plays one case on a cluster that is healthy, leaves it healthy, and judges what became of slots and keys. */
export class PlayedCase {
  readonly #t: Test
  readonly #stage: LiveStage
  readonly #how: MoveHow
  readonly #row: Case
  readonly #slots: readonly number[]
  readonly #mayCrash: boolean
  #source: Pair = { shard: 0, master: '', replica: '' }
  #target: Pair = { shard: 0, master: '', replica: '' }

  constructor(t: Test, stage: LiveStage, { how, row, slots, mayCrash }: CaseOptions) {
    this.#t = t
    this.#stage = stage
    this.#how = how
    this.#row = row
    this.#slots = slots
    this.#mayCrash = mayCrash
  }

  /** Resolves with whether the cluster is fit for a further case. */
  async play(): Promise<boolean> {
    const [state, fault, verb, , refused] = this.#row
    await this.#choose()
    const written = await this.#write()
    if (LOSSES.has(fault)) await this.#stopReplication()
    if (state === 'begun') await this.#begin()
    else if (state !== 'none') await this.#leave(state)
    const atTarget = await keysAt(this.#stage.cluster, this.#target.master, this.#slots)
    const mend = await this.#spoil(fault)
    if (state === 'begun') await this.#letSourceGive()
    const isMendedFirst = fault.endsWith('and back')
    if (isMendedFirst) await this.#mendFirst(mend)
    await this.#untilFit()
    await this.#act(verb)
    if (!isMendedFirst) await mend()
    if (this.#mayCrash) await this.#startEnded()
    const isHeld = this.#how === 'atomic' && refused !== undefined && state !== 'none'
    if (isHeld || (await this.#openSlots()).length > 0) await this.#heal()
    const isHealthy = await this.#passes('expect', { cluster: 'healthy' }, 30_000)
    await this.#judge(written, LOSSES.has(fault) ? atTarget : new Set())
    return isHealthy
  }

  /** A node that has returned closes what it had open as it hears who owns it, which may be just before the healing. */
  async #heal(): Promise<void> {
    const { verdict, error } = await this.#stage.play(step('heal', 'slots'))
    const isClosed = error?.message.startsWith('there is nothing to heal') && (await this.#openSlots()).length === 0
    this.#t.ok(verdict === 'passed' || isClosed, `heal slots: ${error?.message ?? verdict}`)
  }

  /** The slots go from whoever has them to another shard. */
  async #choose(): Promise<void> {
    await this.#evenReplicas()
    const { agreed } = await this.#stage.cluster.look()
    const owner = agreed.ownerOf(this.#slots[0] ?? 0)
    const pairs = agreed.shards.map(({ number, master, replicas: [replica = ''] }) => ({
      shard: number,
      master,
      replica,
    }))
    const source = pairs.find(({ master }) => master === owner)
    const target = pairs.find(({ master }) => master !== owner)
    if (!source?.replica || !target?.replica) throw new Error(`no pairs: ${JSON.stringify(agreed.shards)}`)
    this.#source = source
    this.#target = target
    // One that was restarted in the case before may get nothing for a second, and be elected without what was moved.
    await Promise.all([source, target].map(({ replica }) => startStream(this.#stage.cluster, replica)))
  }

  /** A master that was away follows whoever took the last of its slots: after a move that may be another shard. */
  async #evenReplicas(): Promise<void> {
    const { agreed } = await this.#stage.cluster.look()
    const orphan = agreed.shards.find(({ replicas }) => replicas.length === 0)
    const spare = agreed.shards.find(({ replicas }) => replicas.length > 1)?.replicas[0]
    if (orphan && spare) await this.#passes('replicate', { node: spare, of: orphan.master })
  }

  async #write(): Promise<Map<string, string>> {
    const written = new Map<string, string>()
    for (const slot of this.#slots) {
      for (let index = 0; index < KEYS_OF_SLOT; index += 1)
        written.set(`{${tagOfSlot(slot)}}:${index}`, `${slot} ${index}`)
    }
    const { client } = this.#stage.cluster.node(this.#source.master)
    const commands = [...written].map(([key, value]) => ['SET', key, value])
    // Its replica may have to take over.
    const replies = await client.pipeline([...commands, ['WAIT', 1, 10_000]] as Parameters<typeof client.pipeline>[0])
    for (const reply of replies) if (reply instanceof Error) throw reply
    this.#t.equal(replies.at(-1), 1, 'the keys are written, and replicated')
    return written
  }

  #move(more: object = {}) {
    const [first, last] = [this.#slots[0], this.#slots.at(-1)]
    return { slots: `${first}-${last}`, to: this.#target.master, how: this.#how, ...more }
  }

  /** Half-way, and every node knows what is moved by then: a replica that takes over claims what it knows of. */
  async #leave(until: 'importing' | 'half' | 'handoff'): Promise<void> {
    await this.#passes('reshard', this.#move({ until, as: MOVE }))
    if (this.#how === 'atomic') return
    const moved = this.#slots.slice(0, openPlace(until))
    const look = async () => {
      return { ok: allKnow(await this.#stage.cluster.look(), this.#target.master, moved), seen: '' }
    }
    this.#t.match(await poll(look, { clock: systemClock, withinMs: 20_000, everyMs: 20 }), { ok: true }, 'all know')
  }

  /** In the background, and the source gives no key yet. */
  async #begin(): Promise<void> {
    await this.#stage.cluster.node(this.#source.master).client.call('CLIENT', 'PAUSE', 60_000, 'WRITE')
    await this.#passes('reshard', this.#move({ background: true, as: MOVE }))
    const look = async () => ({ ok: (await this.#openSlots()).length >= 2 * this.#slots.length, seen: '' })
    this.#t.match(await poll(look, { clock: systemClock, withinMs: 20_000, everyMs: 20 }), { ok: true }, 'it has begun')
  }

  async #letSourceGive(): Promise<void> {
    const [, fault, verb] = this.#row
    await this.#stage.cluster.node(this.#source.master).client.pipeline([['CLIENT', 'UNPAUSE']])
    // A move that goes on cannot be resumed.
    if (verb === 'resume' && fault !== 'none') await this.#passes('expect', { migration: 'failed', as: MOVE }, 30_000)
  }

  async #openSlots(): Promise<string[]> {
    const { reports } = await this.#stage.cluster.look()
    return [...reports.values()].flatMap(({ view }) => view.nodes.flatMap(({ openSlots }) => openSlots))
  }

  /** The replica of the target gets nothing any more. */
  async #stopReplication(): Promise<void> {
    const { cluster } = this.#stage
    await cluster.node(this.#target.replica).client.call('CONFIG', 'SET', 'masterauth', 'wrong')
    await cluster.node(this.#target.master).client.call('CLIENT', 'KILL', 'TYPE', 'replica')
  }

  /** Resolves, once the fault has struck, with what mends it. */
  async #spoil(fault: Fault): Promise<() => Promise<unknown>> {
    if (fault === 'none' || fault === 'the runner dies') return nothing
    if (LOSSES.has(fault)) return await this.#loseTarget()
    const { master, replica } = fault.startsWith('source') ? this.#source : this.#target
    const failover = (mode?: string) => this.#passes('failover', { node: replica, ...(mode && { mode }) }, 30_000)
    const [, what = ''] = /^\w+ (.+?)(?: and back)?$/.exec(fault) ?? []
    if (what === 'failed over') await failover()
    else if (what === 'forced over') await failover('force')
    else if (what === 'taken over') await failover('takeover')
    else if (what === 'restarted') for (const verb of ['kill', 'start']) await this.#passes(verb, master)
    else if (what === 'paused') {
      await this.#passes('pause', master)
      return () => this.#passes('unpause', master)
    } else if (what === 'isolated') {
      await this.#passes('partition', { isolate: master })
      await failover('takeover')
      return () => this.#passes('heal', 'partition')
    } else {
      await this.#passes(what === 'stopped' ? 'stop' : 'kill', master)
      if (what === 'dies') await this.#passes('expect', { node: replica, role: 'master' }, 30_000)
      else await failover('takeover')
      return () => this.#passes('start', master)
    }
    return nothing
  }

  /** Who was replaced has to find out before it is asked for anything. */
  async #mendFirst(mend: () => Promise<unknown>): Promise<void> {
    await mend()
    const { master } = this.#row[1].startsWith('source') ? this.#source : this.#target
    await this.#passes('expect', { node: master, role: 'replica' }, 30_000)
  }

  async #loseTarget(): Promise<() => Promise<unknown>> {
    const { master, replica } = this.#target
    const { client } = this.#stage.cluster.node(replica)
    const [, password = ''] = (await this.#stage.cluster
      .node(master)
      .client.call('CONFIG', 'GET', 'masterauth')) as string[]
    await this.#passes('kill', master)
    await this.#passes('failover', { node: replica, mode: 'takeover' }, 30_000)
    return async () => {
      await client.call('CONFIG', 'SET', 'masterauth', password)
      await this.#passes('start', master)
    }
  }

  /** What the author of a scenario waits for, too. */
  async #untilFit(): Promise<void> {
    const [state, fault] = this.#row
    if (/restarted$|^target .* and back$/.test(fault)) await this.#passes('expect', { cluster: 'ok' }, 30_000)
    if (state !== 'none' || fault.includes('paused')) return
    const { master } = fault.startsWith('source') ? this.#source : this.#target
    const isAway = /killed|isolated$/.test(fault)
    await this.#passes('expect', { cluster: 'healthy', ...(isAway && { without: master }) }, 30_000)
  }

  async #act(verb: Verb): Promise<void> {
    const [, fault, , , refused] = this.#row
    if (fault === 'the runner dies') return await this.#closeAsAnother()
    const [source, target] = [this.#source.master, this.#target.master]
    const toTarget = { ...this.#move(), to: `master of shard ${this.#target.shard}` }
    const [name, arg, withinMs]: [string, unknown, number?] = {
      resume: ['migration', { resume: MOVE }, 60_000] as [string, unknown, number],
      cancel: ['migration', { cancel: MOVE }] as [string, unknown],
      heal: ['heal', 'slots'] as [string, unknown],
      reshard: ['reshard', toTarget] as [string, unknown],
      rebalance: ['rebalance', { weights: { [await this.#masterOfTarget()]: 1.1 }, how: this.#how }] as [
        string,
        unknown,
      ],
      'remove-node': ['remove-node', { node: source, how: this.#how }] as [string, unknown],
      replicate: ['replicate', { node: source, of: target }] as [string, unknown],
      'add-node': ['add-node', 'master'] as [string, unknown],
      failover: ['failover', this.#source.replica] as [string, unknown],
      'expect done': ['expect', { migration: 'done', as: MOVE }, 30_000] as [string, unknown, number],
      'expect failed': ['expect', { migration: 'failed', as: MOVE }, 30_000] as [string, unknown, number],
    }[verb]
    if (refused === undefined) await this.#passes(name, arg, withinMs)
    else {
      const outcome = await this.#stage.play(step(name, arg))
      // Its replica may have been elected by then.
      if (fault.endsWith('paused') && outcome.verdict === 'passed') return
      this.#t.match(outcome, { verdict: 'failed', error: { message: refused } })
    }
  }

  async #masterOfTarget(): Promise<string> {
    const { shards } = (await this.#stage.cluster.look()).agreed
    return shards.find(({ number }) => number === this.#target.shard)?.master ?? ''
  }

  async #startEnded(): Promise<void> {
    const { servers } = this.#stage
    for (const { name } of servers.nodes) {
      if ((await servers.state(name)).status !== 'stopped') continue
      this.#t.match(await servers.lastWords(name), VALKEY_CRASH, `${name} has crashed, as is known of it`)
      await this.#passes('start', name)
    }
  }

  /** What a runner that comes after this one does about it. */
  async #closeAsAnother(): Promise<void> {
    const { cluster } = this.#stage.successor()
    const signal = AbortSignal.timeout(60_000)
    this.#t.match(await endMoves({ cluster, signal }), { left: [] }, 'another runner closes what it left')
  }

  async #passes(verb: string, arg: unknown, withinMs?: number): Promise<boolean> {
    const outcome = await this.#stage.play(step(verb, arg, withinMs === undefined ? {} : { withinMs }))
    const { verdict, error, lastSeen } = outcome
    return this.#t.equal(verdict, 'passed', `${verb} ${JSON.stringify(arg)}: ${error?.message ?? lastSeen ?? verdict}`)
  }

  /** Each key is at the one owner of its slot, with its value, and nowhere else; or its loss has a name. */
  async #judge(written: ReadonlyMap<string, string>, mayBeLost: ReadonlySet<string>): Promise<void> {
    const { cluster } = this.#stage
    let problems: string[] = []
    // Servers remove what they had copied only after they have told that a move is over.
    const look = async () => {
      problems = await misplaced(cluster, new Map([...written].filter(([key]) => !mayBeLost.has(key))))
      return { ok: problems.length === 0, seen: '' }
    }
    await poll(look, { clock: systemClock, withinMs: 10_000, everyMs: 50 })
    this.#t.same(problems, [], 'no key is lost, doubled or changed')
    const lost = await misplaced(cluster, new Map([...written].filter(([key]) => mayBeLost.has(key))))
    this.#t.equal(lost.length, mayBeLost.size, `lost: ${LOSSES.get(this.#row[1]) ?? 'none'}`)
    this.#t.same(await this.#openSlots(), [], 'no slot is open')
    const { agreed } = await cluster.look()
    this.#judgeOwners(this.#slots.map((slot) => agreed.ownerOf(slot) ?? ''))
  }

  #judgeOwners(owners: readonly string[]): void {
    const [state, , , ends] = this.#row
    const open = openPlace(state)
    const hasEnded = ({ master, replica }: Pair, of: readonly string[]) =>
      of.every((name) => [master, replica].includes(name))
    const ended: Record<Ends, boolean> = {
      'all at target': hasEnded(this.#target, owners),
      'all at source': hasEnded(this.#source, owners),
      'open one at source': hasEnded(this.#source, [owners[open] ?? '']),
      'open one at target': hasEnded(this.#target, [owners[open] ?? '']),
      'at either': true,
    }
    this.#t.ok(ended[ends], `slots: ${ends}, and they are at ${owners.join(', ')}`)
  }
}
