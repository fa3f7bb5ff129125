import { describeTargets, resolveTargets } from '../targets.ts'
import { type StepContext, StepFailure } from '../verb.ts'
import type { PartitionArg } from './arg.ts'

/** Who cannot reach whom. */
export interface Sides {
  /** Each side is cut off from every other. With `oneWay`, the first sends to the second and is not heard. */
  sides: string[][]
  oneWay?: true
  /** In words, with the nodes' names. */
  sentence: string
}

/**
 * Resolves a partition on the nodes that there are. Throws StepFailure where it would cut nothing, or a node would be
 * on two sides.
 */
export async function resolveSides(arg: PartitionArg, context: StepContext): Promise<Sides> {
  if (arg.isolate !== undefined) return await isolation(arg.isolate, context)
  if (arg.from !== undefined && arg.to !== undefined) return await oneWay(arg.from, arg.to, context)
  if (arg.halves !== undefined) return await halves(arg.halves, context)
  if (arg.groups !== undefined) return await grouped(arg.groups, arg.bridge, context)
  return await bridged(arg.bridge ?? '', context)
}

function allNodes(context: StepContext): string[] {
  return context.servers.nodes.map(({ name }) => name)
}

async function isolation(phrases: NonNullable<PartitionArg['isolate']>, context: StepContext): Promise<Sides> {
  const nodes = await resolveTargets(phrases, context, ['isolate'])
  const others = allNodes(context).filter((name) => !nodes.includes(name))
  if (others.length === 0) {
    throw new StepFailure({
      message: `\`${describeTargets(phrases)}\` stands for all nodes: there is nobody left to cut them off from`,
      hint: 'Isolate fewer nodes.',
    })
  }
  return { sides: [others, nodes], sentence: `cut ${nodes.join(', ')} off from ${others.join(', ')}` }
}

async function oneWay(
  from: NonNullable<PartitionArg['from']>,
  to: NonNullable<PartitionArg['to']>,
  context: StepContext,
): Promise<Sides> {
  const senders = await resolveTargets(from, context, ['from'])
  const receivers = await resolveTargets(to, context, ['to'])
  assertDisjoint([senders, receivers])
  return {
    sides: [senders, receivers],
    oneWay: true,
    sentence: `lose what ${senders.join(', ')} ${senders.length === 1 ? 'sends' : 'send'} to ${receivers.join(', ')}`,
  }
}

async function grouped(
  groups: NonNullable<PartitionArg['groups']>,
  bridge: string | undefined,
  context: StepContext,
): Promise<Sides> {
  const sides = await Promise.all(groups.map((phrases, index) => resolveTargets(phrases, context, ['groups', index])))
  const middle = bridge === undefined ? [] : [await context.resolveOne(bridge, ['bridge'])]
  assertDisjoint([...sides, middle])
  const across = middle.length === 0 ? '' : `, with ${middle.join(', ')} reaching both`
  return { sides, sentence: `cut ${describeSides(sides)} off from each other${across}` }
}

async function bridged(phrase: string, context: StepContext): Promise<Sides> {
  const bridge = await context.resolveOne(phrase, ['bridge'])
  const others = allNodes(context).filter((name) => name !== bridge)
  if (others.length < 2)
    throw new StepFailure({ message: `beside ${bridge} there are no two nodes to cut off from each other` })
  const middle = Math.ceil(others.length / 2)
  const sides = [others.slice(0, middle), others.slice(middle)]
  return { sides, sentence: `cut ${describeSides(sides)} off from each other, with ${bridge} reaching both` }
}

async function halves(replicas: 'across' | 'together', context: StepContext): Promise<Sides> {
  const minority = await context.resolveMany('minority of masters')
  const { agreed } = await context.cluster.look()
  const few: string[] = []
  const many: string[] = []
  for (const { master, replicas: own } of [...agreed.shards, ...agreed.withoutSlots]) {
    const [near, far] = minority.includes(master) ? [few, many] : [many, few]
    near.push(master)
    ;(replicas === 'together' ? near : far).push(...own)
  }
  if (few.length === 0 || many.length === 0) {
    throw new StepFailure({ message: 'the masters that there are have no minority that could be cut off' })
  }
  return {
    sides: [many, few],
    sentence: `cut the majority (${many.join(', ')}) and the minority (${few.join(', ')}) off from each other`,
  }
}

function assertDisjoint(sides: readonly (readonly string[])[]): void {
  const seen = new Set<string>()
  for (const node of sides.flat()) {
    if (seen.has(node)) {
      throw new StepFailure({
        message: `${node} would be on two sides of the partition at once`,
        hint: 'Targets such as `random master` are drawn each by itself: bind them with `let` first.',
      })
    }
    seen.add(node)
  }
}

function describeSides(sides: readonly (readonly string[])[]): string {
  return sides.map((side) => `(${side.join(', ')})`).join(' and ')
}
