import { FAILOVER } from '../checks/index.ts'
import { type AppPlan, appLoad, planApp } from '../workload/apps/app-plan.ts'
import { appSchema } from '../workload/apps/app-schema.ts'
import type { Surroundings } from '../workload/drivers/plan.ts'
import { WORKLOAD_NAME } from '../workload/index.ts'
import { describeValue } from './build-tree.ts'
import { type CheckContext, checkValue } from './check-value.ts'
import type { ScenarioApp, ScenarioWorkload } from './model.ts'
import { reportPrototypes } from './prototype-keys.ts'
import { type Entry, entryOf, isEmptyMap, type MapTree, toPlain } from './tree.ts'
import { reportAll } from './workloads-section.ts'

/** With what programs the scenario may start. */
type AppContext = CheckContext & { surroundings: Surroundings }

interface ReadApp {
  app: ScenarioApp
  /** The load that goes through it, under its name. */
  workload?: ScenarioWorkload
}

/** The scenario's applications, in order, with the load of each. What is wrong is reported, and left out. */
export function readApps(map: MapTree, context: AppContext): ReadApp[] {
  const entry = entryOf(map, 'apps')
  if (!entry || entry.value.broken) return []
  const { keySpan, value } = entry
  if (value.kind !== 'map' || isEmptyMap(value, context.source)) {
    const message =
      value.kind === 'map'
        ? '`apps` is empty'
        : `\`apps\` should be a group of names, not ${describeValue(toPlain(value))}`
    context.problems.add(context.source, keySpan, message, {
      hint: 'Name each application: `shop: { command: [node, ./shop.mjs], workload: http }`.',
    })
    return []
  }
  const others = entryOf(map, 'workloads')
  const ports = new Map<number, string>()
  return value.entries.flatMap((app) => {
    const read = readApp(app, entryOf(others?.value, app.key), context)
    return read && hasPortToItself(app, read.app.plan, ports, context) ? [read] : []
  })
}

function readApp(entry: Entry, namesake: Entry | undefined, context: AppContext): ReadApp | undefined {
  const { key: name, keySpan, value } = entry
  const { source, problems, surroundings } = context
  if (!isNamed(entry, namesake, context)) return undefined
  const written = checkValue(appSchema, entry, context)
  if (written === undefined || reportPrototypes(entry, context)) return undefined
  const planned = planApp(name, written, surroundings)
  if ('problems' in planned) {
    reportAll(planned.problems, { key: name, keySpan, value }, { ...context, problems })
    return undefined
  }
  const { line } = source.position(keySpan.start)
  const options = appLoad(name, written)
  return { app: { name, line, plan: planned }, ...(options && { workload: { name, line, options } }) }
}

/** One that is not alone on its port would count as ready, and be loaded, where the other answers. */
function hasPortToItself(entry: Entry, plan: AppPlan, ports: Map<number, string>, context: CheckContext): boolean {
  const { name, port } = plan
  // That of a container is its own.
  if (port === undefined || 'image' in plan) return true
  const other = ports.get(port)
  ports.set(port, other ?? name)
  if (other === undefined) return true
  const message = `the application \`${other}\` listens on port ${port}, too`
  const hint = 'Give each its own, or leave `port` out: the application is then given a free one in PORT.'
  reportAll([{ path: ['port'], message, hint }], entry, context)
  return false
}

/** Its load is a workload of its name: checks tell workloads apart by that. */
function isNamed({ key, keySpan }: Entry, namesake: Entry | undefined, { source, problems }: CheckContext): boolean {
  if (key === FAILOVER) {
    const message = `an application cannot be called \`${FAILOVER}\`: checks of failovers stand under that name`
    problems.add(source, keySpan, message)
  } else if (!WORKLOAD_NAME.test(key)) {
    problems.add(
      source,
      keySpan,
      `\`${key}\` cannot be the name of an application: a name is letters, digits and _ . -`,
    )
  } else if (namesake) {
    problems.add(source, keySpan, `\`${key}\` is the name of a workload, too`, { hint: 'Call one of them otherwise.' })
  } else return true
  return false
}
