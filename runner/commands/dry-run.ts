import { randomInt } from 'node:crypto'
import { systemClock } from '../base/clock.ts'
import { formatLimit } from '../base/duration.ts'
import { EXIT, worstExit } from '../base/exit.ts'
import { MAX_SEED } from '../base/random.ts'
import { visible } from '../base/text.ts'
import { type DryRun, dryRun } from '../engine/dry-run/dry-run.ts'
import type { PlannedWork } from '../engine/dry-run/plan-steps.ts'
import type { Platform } from '../platforms/platform.ts'
import type { Scenario } from '../scenario/model.ts'
import { verbByName } from '../steps/index.ts'
import { appSentence } from '../workload/apps/app-plan.ts'
import { workloadSentence } from '../workload/options.ts'
import { groupLines } from './cluster/status-table.ts'
import type { CommandContext } from './command.ts'
import { openPlatforms } from './open-platform.ts'
import { openPlatformsFor } from './play/guest-images.ts'
import { isGone, newRunId, type RunRequest } from './play.ts'
import { Watchdog } from './watchdog/watchdog.ts'

type Asked = Pick<RunRequest, 'settings' | 'choice' | 'seed'> & { hide(text: string): string }

/**
 * Prints what each of these scenarios would do on each server, on a cluster that is set up for it and removed again.
 * The exit code is 3 where one would be skipped, or could not be played as it is written.
 */
export async function printDryRuns(
  scenarios: readonly Scenario[],
  { settings, choice, seed, hide }: Asked,
  { out, signal, onLeaving }: CommandContext,
): Promise<number> {
  const say = (text: string) => out.progress(text)
  const platforms = await openPlatformsFor(scenarios, () => openPlatforms(choice, say), { say, signal })
  let exitCode: number = EXIT.passed
  try {
    for (const platform of platforms) {
      for (const scenario of scenarios) {
        const runId = newRunId(systemClock.wallMs())
        onLeaving(() => `Servers may be left. Remove them with: ${platform.removalCommand(runId)}`)
        const drawn = seed ?? scenario.seed ?? randomInt(MAX_SEED)
        const own = { ...settings, platform, runId, seed: drawn, clock: systemClock, verbs: verbByName, keep: false }
        const show = (plan: DryRun) => {
          if (cannotBePlayed(plan)) exitCode = worstExit(exitCode, EXIT.noVerdict)
          out.print(hide(planText(scenario, plan, platform, drawn)))
        }
        const skipped = await watchedOver(runId, platform, () =>
          dryRun(scenario, { ...own, signal, progress: (text) => out.progress(`  ${text}`) }, show),
        )
        if (skipped !== undefined) {
          out.print(`${scenario.id} would be skipped: ${skipped}`)
          exitCode = worstExit(exitCode, EXIT.noVerdict)
        }
      }
    }
    out.print('Nothing was played, and the servers are removed.')
    return exitCode
  } finally {
    onLeaving(undefined)
    await Promise.all(platforms.map((platform) => platform.close()))
  }
}

/** Processes end with their runner; of containers a watchdog takes care. */
async function watchedOver<T>(runId: string, platform: Platform, work: () => Promise<T>): Promise<T> {
  const watchdog =
    platform.kind === 'process' ? undefined : Watchdog.start({ runIds: [runId], kinds: [platform.kind], keep: false })
  try {
    return await work()
  } finally {
    if (await isGone([runId], [platform])) watchdog?.release()
  }
}

/** A target that stands for no node now, and will be asked for now; a fault that the platform cannot bring about. */
function cannotBePlayed(plan: DryRun): boolean {
  return all([...plan.steps, ...plan.finally]).some(
    ({ targets, later, needs }) =>
      (later === undefined && targets.some(({ problem }) => problem !== undefined)) ||
      needs.some((name) => plan.support.find(({ capability }) => capability === name)?.supported === false),
  )
}

function all(works: readonly PlannedWork[]): PlannedWork[] {
  return works.flatMap((work) => [work, ...all(work.children)])
}

function planText(scenario: Scenario, plan: DryRun, platform: Platform, seed: number): string {
  const { title, params, secretParams = [], apps, workloads, checks } = scenario
  const given = Object.entries(params).map(
    ([name, value]) => `${name} = ${secretParams.includes(name) ? '***' : value}`,
  )
  const lines = [
    `${scenario.id}: ${title}`,
    `${plan.server} · ${platform.kind} · seed ${seed}`,
    '',
    ...groupLines(plan.cluster, plan.snapshot).map((line) => `  ${line}`),
    ...(given.length === 0 ? [] : [`  params: ${given.join(', ')}`]),
    ...apps.map(({ plan: app }) => `  application not started: ${appSentence(app)}`),
    ...workloads.map(({ name, options }) => `  workload ${name}, not begun: ${workloadSentence(options)}`),
    '',
    ...plan.steps.flatMap((work) => workLines(work, plan, '')),
    ...(plan.finally.length === 0 ? [] : ['', 'At the end, whatever happened:']),
    ...plan.finally.flatMap((work) => workLines(work, plan, '')),
    ...(checks.length === 0 ? [] : ['', `Checked at the end: ${checks.map(checkText).join('; ')}`]),
    '',
  ]
  return lines.map((line) => visible(line)).join('\n')
}

function checkText({ on, limits }: Scenario['checks'][number]): string {
  return `${on} (${Object.keys(limits).join(', ')})`
}

function workLines(work: PlannedWork, plan: DryRun, indent: string): string[] {
  const { step, sentence, deadlineMs, targets, acts, needs, later, children } = work
  const name = step.name === undefined ? '' : `${step.name}: `
  const limit = deadlineMs === undefined ? '' : `  [at most ${formatLimit(deadlineMs)}]`
  const inner = `${indent}     `
  return [
    `${indent}${step.path.padStart(3)}  ${name}${sentence}${limit}`,
    ...targets
      // A node by its name stands for itself.
      .filter(({ phrase, nodes }) => nodes?.join() !== phrase)
      .map(({ phrase, nodes, problem }) => `${inner}${phrase}: ${nodes?.join(', ') ?? problem}`),
    ...acts.filter((act) => act !== sentence).map((act) => `${inner}would do: ${act}`),
    ...[...new Set(needs)].map((need) => `${inner}${supportText(need, plan)}`),
    ...(later === undefined ? [] : [`${inner}${later}`]),
    ...children.flatMap((child) => workLines(child, plan, `${indent}  `)),
  ]
}

function supportText(need: string, { support }: DryRun): string {
  const found = support.find(({ capability }) => capability === need)
  return found?.supported === true
    ? `${need}: ${found.how}`
    : `${need} cannot be done here: ${found?.how ?? 'no way is known'}`
}
