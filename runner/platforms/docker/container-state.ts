import type { ContainerInspectInfo } from 'dockerode'
import type { NodeState } from '../platform.ts'
import { EngineRefusal } from './engine.ts'

/** Resolves where the engine refuses because the container already is as it should be. */
export async function ignoreIfAlreadyDone(promise: Promise<unknown>): Promise<void> {
  try {
    await promise
  } catch (error) {
    if (!(error instanceof EngineRefusal)) throw error
    if (error.statusCode !== 304 && !/ is not running$/.test(error.reply)) throw error
  }
}

/** The engine counts a grace in whole seconds. */
export function seconds(durationMs: number): number {
  return Math.ceil(durationMs / 1000)
}

/** A container's state as the engine has it. */
export function stateOf(state: ContainerInspectInfo['State']): NodeState {
  if (state.Paused) return { status: 'paused', text: 'container is paused' }
  if (state.Running) return { status: 'running', text: 'container is running' }
  if (state.Status === 'created') return { status: 'stopped', text: 'container was never started' }
  const oom = state.OOMKilled ? ', out of memory' : ''
  return {
    status: 'stopped',
    exitCode: state.ExitCode,
    oomKilled: state.OOMKilled,
    text: `container exited with code ${state.ExitCode}${oom}`,
  }
}
