import { formatDuration } from '../base/duration.ts'
import { messageOf } from '../base/errors.ts'
import { errorClass, Unreachable } from '../cluster/reply-errors.ts'
import { PlatformError } from '../platforms/errors.ts'
import { describeEnd } from '../platforms/last-words.ts'
import type { NodeState } from '../platforms/platform.ts'
import { type StepContext, StepFailure, StepInconclusive } from './verb.ts'

/** How what is done to servers from outside is seen to have worked. */

/** For a node that the run made and that is not there any more. */
export function goneBehindOurBack(node: string, text: string): PlatformError {
  return new PlatformError(`${node} was removed by somebody else: ${text}`, {
    hint: 'Something beside this run touches its servers; find out what, and run it again.',
  })
}

/** Throws StepInconclusive unless the platform reports `status` for the node. */
export async function proveState(context: StepContext, node: string, status: NodeState['status']): Promise<string> {
  const state = await context.servers.state(node)
  if (state.status === 'missing') throw goneBehindOurBack(node, state.text)
  if (state.status !== status) {
    throw new StepInconclusive({
      message: `${node} should be ${status} now, but is ${state.status} (${state.text})`,
      hint: 'The fault did not bite, so nothing after it can be judged. Look at the node’s log and at the container engine.',
    })
  }
  return state.text
}

/** How long a server that is down or paused is given to prove that it does not answer. */
const SILENCE_MS = 150

/** Throws StepInconclusive if the node still answers PING. */
export async function proveSilent(context: StepContext, node: string): Promise<string> {
  try {
    await context.cluster.node(node).client.callWithin(SILENCE_MS, 'PING')
  } catch (error) {
    // An error reply, as LOADING, is an answer.
    if (error instanceof Unreachable) return 'no longer answers'
  }
  throw new StepInconclusive({
    message: `${node} still answers PING`,
    hint: 'The fault did not bite, so nothing after it can be judged.',
  })
}

/** Waits until the node answers PING (and has loaded its data); the step's deadline bounds it. */
export async function proveAnswering(context: StepContext, node: string): Promise<string> {
  const startMs = context.clock.nowMs()
  let last: string | undefined
  const answers = (how = '') => {
    const text = `answers after ${formatDuration(context.clock.nowMs() - startMs)}${how}`
    // The step may go on: what was seen before is not what is seen last.
    if (last !== undefined) context.progress(`${node}: ${text}`)
    return text
  }
  for (;;) {
    try {
      await context.cluster.node(node).client.callWithin(1000, 'PING')
      return answers()
    } catch (error) {
      // A master that refuses writes refuses PING too.
      if (errorClass(error) === 'MISCONF') return answers(', refusing writes')
      const seen = messageOf(error)
      if (seen !== last) context.progress(`${node}: ${seen}`)
      last = seen
    }
    const state = await context.servers.state(node)
    if (state.status === 'missing') throw goneBehindOurBack(node, state.text)
    if (state.status === 'stopped') {
      const end = await describeEnd(context.servers, node, state)
      throw new StepFailure({
        message: `${node} ended right after its start: ${end}`,
        cause: `${node} ended: ${end}`,
        hint: `Its log is nodes/${node}.log in the report folder.`,
      })
    }
    await context.clock.sleep(10, context.signal)
  }
}
