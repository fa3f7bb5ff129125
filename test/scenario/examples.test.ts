import { fileURLToPath } from 'node:url'
import t from 'tap'
import { checks, FAILOVER, failoverChecks } from '../../runner/checks/index.ts'
import { verbs } from '../../runner/steps/index.ts'
import { workloadKinds } from '../../runner/workload/index.ts'
import { loadText } from './load-text.ts'

/** What help and docs/language.md show is accepted as it stands there. */

const file = fileURLToPath(new URL('../../scenarios/example.yaml', import.meta.url))

const HEAD = 'title: an example\n'
const STEPS = 'steps:\n  - stop: redis-node0\n    phase: outage\n  - start: redis-node0\n    phase: recovery\n'

for (const { name, example } of verbs) {
  t.test(`the example of ${name}`, async (t) => {
    const { steps } = loadText([HEAD, 'steps:', ...example.map((line) => `  ${line}`)].join('\n'), { file })
    t.ok(
      steps.some(({ verb }) => verb === name),
      'has a step of it',
    )
  })
}

for (const { name, example } of workloadKinds) {
  t.test(`the example of a ${name} workload`, async (t) => {
    t.match(loadText(`${HEAD}workloads:\n  load: ${example}\n${STEPS}`).workloads, [{ options: { type: name } }])
  })
}

for (const { name, examples, workloads } of checks) {
  t.test(`the examples of the check ${name}`, async (t) => {
    t.ok(examples.length > 0)
    const load = workloads
      .slice(0, 1)
      .map((type) => `  load: { type: ${type}, rate: 100/s }\n  plain: { type: ${type} }`)
    for (const example of examples) {
      const text = `${HEAD}workloads:\n${load}\n${STEPS}checks:\n  load: { ${name}: ${example} }\n`
      t.strictSame(Object.keys(loadText(text).checks[0]?.limits ?? {}), [name])
    }
  })
}

for (const { name, examples } of failoverChecks) {
  t.test(`the examples of the check ${name} of failovers`, async (t) => {
    t.ok(examples.length > 0)
    for (const example of examples) {
      const text = `${HEAD}${STEPS}checks:\n  ${FAILOVER}: { ${name}: ${example} }\n`
      t.strictSame(Object.keys(loadText(text).checks[0]?.limits ?? {}), [name])
    }
  })
}
