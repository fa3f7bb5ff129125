import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { auditRules } from '../../runner/checks/audit/index.ts'
import { schemaFiles, writeSchema } from '../../runner/scenario/json-schema.ts'
import { verbs } from '../../runner/steps/index.ts'

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
    const step = schema.$defs[verb.name]
    t.strictSame(step.required, [verb.name])
    t.equal(step.description, verb.summary)
    for (const modifier of ['name', 'phase', ...verb.modifiers])
      t.ok(step.properties[modifier]?.description, `${verb.name}: ${modifier}`)
  }
  t.match(schema.$defs.redis.properties, { expect: {}, error: {}, save: {} })
  t.notMatch(schema.$defs.wait.properties, { within: {} })
  t.match(schema.$defs.repeat.properties.repeat.properties.steps.items, { $ref: '#/$defs/step' })
  t.match(schema.$defs.parallel.properties.parallel.items, { $ref: '#/$defs/step' })
})

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
  t.match(schema.$defs.pardon.anyOf, [{}, { allOf: [{ $ref: '#/$defs/pardon-for-nodes' }] }, { type: 'array' }])
  t.equal(text.split('its findings alone are meant').length, 2)
})

t.test('where a number is wanted, a $name may stand', async (t) => {
  const schema = JSON.parse(schemaFiles(verbs)['scenario.schema.json'] ?? '')
  t.match(schema.$defs.write.properties.write.properties.keys.anyOf, [{ type: 'integer' }, { type: 'string' }])
})

t.test('it is written where the scenarios are', async (t) => {
  const folder = t.testdir({ steps: {} })
  writeSchema(folder, verbs)
  t.equal(readFileSync(`${folder}/scenario.schema.json`, 'utf8'), schemaFiles(verbs)['scenario.schema.json'])
})
