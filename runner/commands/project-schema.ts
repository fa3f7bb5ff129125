import { z } from 'zod'
import { serverNames } from '../platforms/catalogue.ts'
import { stdoutReporters } from '../report/index.ts'
import { PORTS, PREFIX } from './cluster-flags.ts'
import { KINDS } from './open-platform.ts'
import { projectRoot } from './project.ts'

/** The file for editors, which lies beside the schema of scenarios. */
export const PROJECT_SCHEMA = 'project.schema.json'

/** What the file may hold, each by the name of its flag; `stock: false` is `--no-stock`. */
export function keysFor(servers: readonly string[]) {
  const oneOrMore = <T extends z.ZodType>(one: T) => z.union([one, z.array(one).min(1)])
  return {
    scenarios: oneOrMore(z.string().min(1)).describe(
      'Folders with scenarios of your own, from the folder of this file',
    ),
    stock: z.boolean().describe('Whether the scenarios that come with redis-chaos are known too'),
    server: oneOrMore(z.enum(servers)).describe('The servers to play on: entries of docker/servers.yaml'),
    platform: z.enum(KINDS).describe('Where servers run'),
    reports: z.string().min(1).describe('Where the folders of runs are made, from the folder of this file'),
    'port-base': z.int().min(PORTS.min).max(PORTS.max).describe('Node i listens on localhost:PORT+i'),
    'name-prefix': z.string().regex(PREFIX, 'letters, digits, dots and dashes, beginning with a letter or digit'),
    config: z.record(z.string(), z.union([z.string(), z.number()])).describe('Server settings, as in redis.conf'),
    reporter: oneOrMore(z.enum([...stdoutReporters.keys()])).describe('What is printed at the end'),
  }
}

/** The same as a JSON Schema, for editors. */
export async function projectSchema(): Promise<string> {
  const file = z
    .strictObject(keysFor(await serverNames(projectRoot)))
    .partial()
    .meta({ title: 'Settings of redis-chaos for a project', description: 'Each key is the flag of its name' })
  return `${JSON.stringify(z.toJSONSchema(file, { target: 'draft-7', io: 'input' }), undefined, 1)}\n`
}
