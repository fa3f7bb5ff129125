import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { auditRules } from '../../runner/checks/audit/index.ts'
import { parseTarget } from '../../runner/cluster/targets.ts'
import { schemaFiles, writeSchema } from '../../runner/scenario/json-schema.ts'
import { verbs } from '../../runner/steps/index.ts'
import { languagePage } from '../../scripts/language-page.ts'

const scenarios = new URL('../../scenarios/', import.meta.url)

for (const [name, text] of Object.entries(schemaFiles(verbs))) {
  t.test(`scenarios/${name} is up to date`, async (t) => {
    const checkedIn = readFileSync(fileURLToPath(new URL(name, scenarios)), 'utf8')
    t.ok(checkedIn === text, 'if not: npm run schema')
  })
}

t.test('the schema knows every verb, its modifiers and its extras', async (t) => {
  const schema = JSON.parse(schemaFiles(verbs)['scenario.schema.json'] ?? '')
  t.strictSame(schema.required, ['title', 'steps'])
  t.equal(schema.additionalProperties, false)
  for (const verb of verbs) {
    const step = schema.$defs[`step-${verb.name}`]
    t.strictSame(step.required, [verb.name])
    t.equal(step.description, verb.summary)
    for (const modifier of ['name', 'phase', ...verb.modifiers])
      t.ok(step.properties[modifier]?.description, `${verb.name}: ${modifier}`)
  }
  t.match(schema.$defs['step-redis'].properties, { expect: {}, error: {}, save: {} })
  t.notMatch(schema.$defs['step-wait'].properties, { within: {} })
  t.match(schema.$defs['step-repeat'].properties.repeat.properties.steps.items, { $ref: '#/$defs/step' })
  t.match(schema.$defs['step-parallel'].properties.parallel.items, { $ref: '#/$defs/step' })
})

interface Node {
  description?: string
  $ref?: string
  properties?: Record<string, Node>
}

/** Every property in a part of a schema, with its place. */
function propertiesIn(value: unknown, place: string): { place: string; node: Node }[] {
  if (typeof value !== 'object' || value === null) return []
  const own = Object.entries((value as Node).properties ?? {}).map(([key, node]) => ({
    place: `${place}/${key}`,
    node,
  }))
  // What stands under these are conditions, and no places for values.
  const parts = Object.entries(value).filter(([key]) => !['allOf', 'not', 'if', 'then'].includes(key))
  return [...own, ...parts.flatMap(([key, part]) => propertiesIn(part, `${place}/${key}`))]
}

for (const [name, text] of Object.entries(schemaFiles(verbs))) {
  const schema = JSON.parse(text)
  t.test(`${name}: every property has a description, and every definition a title, too`, async (t) => {
    for (const [definition, { title, description }] of Object.entries<Record<string, string>>(schema.$defs)) {
      t.ok(title && description, definition)
    }
    for (const { place, node } of propertiesIn(schema, '')) {
      t.ok(node.description ?? (node.$ref && schema.$defs[node.$ref.replace('#/$defs/', '')].description), place)
    }
  })

  t.test(`${name}: what stands in many places stands once`, async (t) => {
    t.ok(text.length < 250_000, `${text.length} characters`)
    t.ok(
      Object.keys(schema.$defs).every((name) => text.includes(`"#/$defs/${name}"`)),
      'every definition is used',
    )
  })
}

t.test('a pardon of the audit stands once, and every rule takes it', async (t) => {
  const text = schemaFiles(verbs)['scenario.schema.json'] ?? ''
  const schema = JSON.parse(text)
  const { properties } = schema.properties.audit
  t.strictSame(
    Object.keys(properties),
    auditRules.map(({ name }) => name),
  )
  for (const { name, sentence } of auditRules)
    t.strictSame(properties[name], { description: sentence, allOf: [{ $ref: '#/$defs/pardon' }] })
  t.match(schema.$defs.pardon.anyOf, [{}, { $ref: '#/$defs/pardon-for-nodes' }, {}])
  t.equal(text.split('its findings alone are meant').length, 2)
})

t.test('where a number is wanted, a $name may stand', async (t) => {
  const schema = JSON.parse(schemaFiles(verbs)['scenario.schema.json'] ?? '')
  t.match(schema.$defs['step-write'].properties.write.properties.keys.anyOf, [
    { type: 'integer' },
    { $ref: '#/$defs/name' },
  ])
})

t.test('phrases for nodes are completed, and have the form that the loader accepts', async (t) => {
  const { target } = JSON.parse(schemaFiles(verbs)['scenario.schema.json'] ?? '').$defs
  const [form] = target.anyOf
  t.ok(form.examples.includes('master of shard 1') && form.examples.includes('all masters'))
  const pattern = new RegExp(form.pattern)
  const near = ['random masters', 'master', 'all', '0 random masters', 'master of shard 0', 'master of slot 16384']
  const odd = ['master  of   key a b', ' redis-node0 ', 'replica of shard', '03 random nodes', 'masters of shard 1', '']
  const except = [
    ...['all nodes except', 'all nodes except a,b', 'all nodes except a, and b', 'all  nodes except a  and b , c'],
    ...['all nodes except a b', 'all nodes except a,,b', 'all nodes except all masters', 'all nodes except and'],
    ...['random master except master of key a', 'random masters except a', 'majority of masters except a'],
    ...['all masters of shard 1', 'all nodes of shard 0', 'all replicas of redis-node0 except redis-node1'],
    ...['replica of shard 1 except redis-node1', '0 random nodes except a', '2 random nodes of key a except b'],
  ]
  for (const phrase of [...form.examples, ...near, ...odd, ...except]) {
    t.equal(pattern.test(phrase), !('error' in parseTarget(phrase)), `"${phrase}"`)
  }
})

t.test('it is written where the scenarios are', async (t) => {
  const folder = t.testdir({ steps: {} })
  writeSchema(folder, verbs)
  t.equal(readFileSync(`${folder}/scenario.schema.json`, 'utf8'), schemaFiles(verbs)['scenario.schema.json'])
})

t.test('docs/language.md is up to date', async (t) => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/language.md', import.meta.url)), 'utf8')
  t.ok(languagePage(page, verbs) === page, 'if not: npm run schema')
  const parts = [...page.matchAll(/<!-- generated: (\w+) -->/g)].map(([, name]) => name)
  t.strictSame(parts.length, page.split('<!-- /generated -->').length - 1)
  t.throws(() => languagePage('<!-- generated: verb -->\n<!-- /generated -->', verbs), /no such part/)
})
