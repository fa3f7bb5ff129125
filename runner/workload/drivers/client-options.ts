import { commonOptions } from '../option-schemas.ts'
import { driverOptionProblems } from './plan.ts'

/** Clients that the runner has itself. */
export const clientsWithoutDriver = ['direct', 'ioredis'] as const

/** What is wrong with options of a client that is known by its name, in sentences. */
export function clientOptionProblems(name: string, options: Record<string, unknown>): string[] {
  if (name === 'direct') {
    return Object.keys(options).map((option) => `direct.${option}: direct has no options, for it is no client library`)
  }
  if (name !== 'ioredis') {
    return driverOptionProblems(name, options).map(({ path, message, suggestion, hint }) => {
      return [`${name}.${path.at(-1)}: ${message}`, suggestion ?? hint].filter((text) => text !== undefined).join('; ')
    })
  }
  const { error } = commonOptions.ioredis.safeParse(options)
  return (error?.issues ?? []).map(({ path, message }) => [['ioredis', ...path].join('.'), message].join(': '))
}
