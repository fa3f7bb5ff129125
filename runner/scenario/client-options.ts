import { didYouMean } from '../base/nearest.ts'
import { driverOptionProblems } from '../workload/drivers/plan.ts'
import { commonOptions } from '../workload/option-schemas.ts'
import { describeValue } from './build-tree.ts'
import { describeShapes, keysOf, shapeOf, shapesAt } from './shape.ts'

/** Clients that the runner has itself. */
export const clientsWithoutDriver = ['direct', 'ioredis'] as const

/** What is wrong with options of a client that is known by its name, in sentences. */
export function clientOptionProblems(name: string, options: Record<string, unknown>): string[] {
  if (name === 'direct') {
    return Object.keys(options).map((option) => `direct.${option}: direct has no options, for it is no client library`)
  }
  if (name === 'ioredis') return Object.keys(options).flatMap((option) => ioredisProblem(option, options[option]) ?? [])
  return driverOptionProblems(name, options).map(({ path, message, suggestion, hint }) => {
    return [`${name}.${path.at(-1)}: ${message}`, suggestion ?? hint].filter((text) => text !== undefined).join('; ')
  })
}

function ioredisProblem(option: string, value: unknown): string | undefined {
  const shape = shapeOf(commonOptions.ioredis)
  const known = keysOf([shape])
  const start = `ioredis.${option}: `
  if (!known.includes(option)) {
    const meant = didYouMean(option, known)
    return `${start}ioredis has no option \`${option}\`; ${meant ?? `Its options are: ${known.join(', ')}.`}`
  }
  if (commonOptions.ioredis.safeParse({ [option]: value }).success) return undefined
  const wanted = describeShapes(shapesAt(shape, [option]))
  return `${start}\`${option}\` of ioredis should be ${wanted}, not ${describeValue(value)}`
}
