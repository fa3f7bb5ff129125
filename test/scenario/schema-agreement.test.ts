import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import t from 'tap'
import { parseDocument } from 'yaml'
import { schemaFiles } from '../../runner/scenario/json-schema.ts'
import { loadScenario, loadScenarioFile } from '../../runner/scenario/load.ts'
import { verbByName, verbs } from '../../runner/steps/index.ts'

/** Whether the schema for editors says of a file what the loader says, as far as JSON Schema can say it. */

const ajv = new Ajv({ strict: false })
const files = schemaFiles(verbs)
const validate = ajv.compile(JSON.parse(files['scenario.schema.json'] ?? ''))
const validateSteps = ajv.compile(JSON.parse(files['steps/step-file.schema.json'] ?? ''))

const root = fileURLToPath(new URL('../..', import.meta.url))
const invalid = `${root}test/scenario/invalid`

/** Invalid files that the schema accepts, by what it cannot say. */
const BEYOND_IT: Readonly<Record<string, readonly string[]>> = {
  'a value depends on another place of the file': [
    'check-cannot-be-answered',
    'check-of-other-workload',
    'app-without-load-checked',
    'app-stuck-clients',
    'checks-of-a-ninth-client',
    'check-phase-none',
    'check-phase-unknown',
    'load-on-shard-without-slots',
    'checks-compared',
    'client-option-misspelt',
    'client-option-of-ioredis',
    'client-option-of-wrong-kind',
    'client-option-not-an-object',
    'client-option-proto',
    'client-options-of-none',
    'client-options-twice',
    'app-port-twice',
    'client-that-waits',
    'client-beyond-its-driver',
    'counter-losses',
    'migration-unknown',
    'migration-without-a-name',
    'name-not-known-before',
    'name-used-too-early',
    'node-member-unknown',
    'parallel-siblings',
    'param-of-wrong-type',
    'target-without-dollar',
    'twin-check-unknown',
    'twin-name-of-several',
    'twin-proves-nothing',
    'twin-step-unknown',
    'undefined-name',
    'undefined-name-nothing-known',
    'weight-of-nobody',
    'use-names-stay-inside',
  ],
  'a value depends on what is allowed': ['app-image', 'app-unallowed', 'client-command-unallowed', 'client-image'],
  'a value depends on another file': [
    'app-argument-outside',
    'app-no-such-script',
    'app-not-found',
    'app-not-on-the-path',
    'app-outside',
    'client-a-folder',
    'client-absolute',
    'client-argument-outside',
    'client-not-executable',
    'client-not-found',
    'client-on-the-path',
    'client-outside',
    'use-absolute',
    'use-cycle',
    'use-outside',
    'use-symlink-out',
    'use-without-ending',
  ],
  'numbers are compared with each other': ['bounds-crossed'],
  'items of lists are counted or compared with each other': [
    'partition-names-a-node-twice',
    'replicas-wrong-count',
    'slots-all-none',
    'slots-overlap-and-gap',
    'slots-wrong-count',
  ],
  'a text with any $name in it may become anything': ['dollar-braces'],
  'it is about the file and not about the values in it': [
    'nested-too-deep',
    'several-documents',
    'not-utf-8',
    'nul-character',
    'raw-escape',
  ],
}

/** The values of a file; undefined where it is no YAML, which an editor tells without a schema. */
function valuesOf(file: string): unknown {
  const document = parseDocument(readFileSync(file, 'utf8'), { logLevel: 'silent' })
  if (document.errors.length > 0 || document.warnings.length > 0) return undefined
  try {
    // What refers to itself, or is far too large, is no JSON.
    return JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: 100 })))
  } catch {
    return undefined
  }
}

const why = () => ajv.errorsText(validate.errors, { separator: '\n' })

/** Folders of scenarios: the library, examples, and what tests play. */
const FOLDERS = [
  'scenarios',
  'docs/examples',
  'test/e2e/scenarios',
  'test/scenario/warned',
  'runner/commands/init-files',
]

const valid = FOLDERS.flatMap((folder) =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => `${folder}/${name}`),
).filter((file) => 'scenario' in loadScenarioFile({ file: root + file, verbs: verbByName }))

t.test('the schema accepts what the loader accepts', async (t) => {
  t.ok(valid.length > 80, `${valid.length} files`)
  for (const file of valid) t.ok(validate(valuesOf(root + file)), `${file}: ${why()}`)
})

/** Values that are right in one place or another, and nearly right. */
const VALUES: readonly unknown[] = [
  ...[
    '0s',
    '250ms',
    '15s',
    '1.5m',
    '24h',
    '25h',
    '15',
    '15 s',
    '0%',
    '1%',
    '100%',
    '100.5%',
    '5',
    '500/s',
    '0/s',
    '30/m',
  ],
  ...[
    '64mb',
    '0mb',
    '64',
    '500kb/s',
    '8mbit/s',
    'redis-node0',
    'redis-node9',
    'master of shard 1',
    'master of shard 0',
  ],
  ...['all masters', 'random masters', '2 random replicas', '0 random nodes', 'master of key a b', 'slot 3', 'node 3'],
  ...[
    '$name',
    'a $name',
    '$$',
    '$',
    '',
    'true',
    'yes',
    'master',
    'healthy',
    'expected',
    'allowed',
    '>=7.0',
    '7',
    '0-16383',
  ],
  ...[
    0,
    1,
    -1,
    1.5,
    3,
    16383,
    16384,
    1e7,
    1e12,
    true,
    false,
    null,
    [],
    {},
    ['redis-node0'],
    [1],
    { node: 'redis-node0' },
  ],
  ...[{ at_most: 1 }, { at_most: '1s' }, { at_most: '1%', during: 'outage' }, { at_least: 1 }, { zipf: 1 }],
]

/** The places of all values in a value, and of the keys of its groups. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return [...(path.length > 0 ? [path] : []), ...inner.flatMap(([key, each]) => placesIn(each, [...path, key]))]
}

/** The value with another one at a place; without what is there, if `value` is undefined. */
function withValueAt(whole: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value
  if (Array.isArray(whole)) {
    const items: unknown[] = whole.map((item, place) => (String(place) === key ? withValueAt(item, rest, value) : item))
    return items.filter((item) => item !== undefined)
  }
  return { ...Object(whole), [key]: withValueAt(Object(whole)[key], rest, value) }
}

t.test('the schema accepts what the loader accepts of scenarios that were changed anywhere', async (t) => {
  const changed = fc
    .constantFrom(...valid)
    .map((file) => ({ file, whole: valuesOf(root + file) }))
    .chain(({ file, whole }) =>
      fc.record({
        file: fc.constant(file),
        whole: fc.constant(whole),
        place: fc.constantFrom(...placesIn(whole)),
        value: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...VALUES) }, fc.constant(undefined)),
      }),
    )
  const refused = { byLoader: 0, byBoth: 0 }
  for (const { file, whole, place, value } of fc.sample(changed, { seed: 13, numRuns: 600 })) {
    const written = withValueAt(whole, place, value)
    const isAccepted = 'scenario' in loadScenario(JSON.stringify(written), { file: root + file, verbs: verbByName })
    const isValid = validate(JSON.parse(JSON.stringify(written)))
    if (isAccepted && !isValid) t.fail(`${file}: ${place.join('.')} as ${JSON.stringify(value)}: ${why()}`)
    if (!isAccepted) refused.byLoader += 1
    if (!isAccepted && !isValid) refused.byBoth += 1
  }
  t.ok(refused.byBoth > refused.byLoader * 0.9, `${refused.byBoth} of ${refused.byLoader} are refused by both`)
})

t.test('the schema accepts the step files of the library', async (t) => {
  const folder = `${root}scenarios/steps/`
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.yaml'))) {
    t.ok(validateSteps(valuesOf(folder + name)), `${name}: ${ajv.errorsText(validateSteps.errors)}`)
  }
})

t.test('the schema refuses what the loader refuses, but for what it cannot say', async (t) => {
  const values = readdirSync(invalid)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ name: name.replace('.yaml', ''), value: valuesOf(`${invalid}/${name}`) }))
    .filter(({ value }) => value !== undefined)
  const accepted = values.filter(({ value }) => validate(value)).map(({ name }) => name)
  t.strictSame(accepted.toSorted(), Object.values(BEYOND_IT).flat().toSorted())
  t.comment(`${values.length - accepted.length} of ${values.length} are refused`)
})
