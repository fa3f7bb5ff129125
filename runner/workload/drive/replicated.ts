import { UNKNOWN } from '../../record/history-codes.ts'
import type { Operation, Reply, Shortfall, Words } from '../client/operation.ts'
import type { LoadOptions } from '../options.ts'

type Replication = Pick<LoadOptions, 'wait' | 'durability'>

/**
 * The write, and behind it on the same connection the question whether enough replicas (WAIT) and disks (WAITAOF) have
 * it. If they do not in time, the write stands on the master and its fate is open: indeterminate.
 */
export function replicated(operation: Operation, { wait, durability }: Replication): Operation {
  const questions: Words[] = []
  if (wait) questions.push(['WAIT', String(wait.replicas), String(wait.timeoutMs)])
  if (durability) {
    questions.push(['WAITAOF', String(durability.local), String(durability.replicas), String(durability.timeoutMs)])
  }
  const count = questions.length
  if (count === 0) return operation
  const hasEnough = (answers: readonly Reply[]): boolean => {
    const [waited, durable] = wait ? [answers[0], answers[1]] : [undefined, answers[0]]
    return (!wait || Number(waited) >= wait.replicas) && (!durability || onDisk(durability, durable))
  }
  const judge = (replies: readonly Reply[]): number | Shortfall => {
    const result = operation.judge(replies.slice(0, -count))
    if (typeof result !== 'number' || hasEnough(replies.slice(-count))) return result
    return { failure: 'unreplicated', indeterminate: true, r: UNKNOWN }
  }
  const { next } = operation
  if (!next) return { ...operation, commands: [...operation.commands, ...questions], judge }
  return {
    ...operation,
    judge,
    next: (replies) => {
      const then = next(replies)
      return 'failure' in then ? then : [...then, ...questions]
    },
  }
}

function onDisk({ local, replicas }: NonNullable<Replication['durability']>, reply: Reply | undefined): boolean {
  if (!Array.isArray(reply)) return false
  return Number(reply[0]) >= local && Number(reply[1]) >= replicas
}
