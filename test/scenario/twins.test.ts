import t from 'tap'
import { parse } from 'yaml'
import { explainScenario } from '../../runner/scenario/explain.ts'
import { loadScenario } from '../../runner/scenario/load.ts'
import type { Scenario } from '../../runner/scenario/model.ts'
import { verbByName } from '../../runner/steps/index.ts'

const TEXT = `title: A stopped master is replaced
params: { pause: 1s }
cluster:
  config: { cluster-node-timeout: 2000, appendonly: 'yes' }
workloads:
  orders: { type: register, clients: 2, wait: { replicas: 1, timeout: 500ms } }
steps:
  - let: { victim: master of shard 1 }
  - name: Stop it
    stop: $victim
  - parallel:
      - name: Wait
        wait: $pause
      - name: The heir is master
        expect: { node: redis-node1, role: master }
        within: 10s
checks:
  orders: { lost_writes: 0 }
`

function loaded(twins: string): Scenario {
  const result = loadScenario(`${TEXT}twins:\n${twins}`, { file: 'a/b.yaml', root: 'a', verbs: verbByName })
  if ('scenario' in result) return result.scenario
  throw new Error(result.diagnostics.map(({ line, message }) => `${line}: ${message}`).join('\n'))
}

const only = ({ twins: [first] }: Scenario): Scenario => {
  if (first === undefined) throw new Error('it has no twin')
  return first
}

t.test('a twin is its scenario with other settings, params and loads', async (t) => {
  const scenario = loaded(`  - because: Nobody takes it for failed
    config: { cluster-node-timeout: 60000 }
    set: { pause: 3s }
    workloads: { orders: { clients: 4, wait: null } }
    fails: The heir is master
`)
  const twin = only(scenario)
  t.match(twin, {
    id: 'b-twin-1',
    title: 'Nobody takes it for failed',
    cluster: { config: { 'cluster-node-timeout': '60000', appendonly: 'yes' } },
    params: { pause: '3s' },
    twin: {
      of: 'b',
      number: 1,
      because: 'Nobody takes it for failed',
      fails: { step: 'The heir is master', path: '3.2' },
    },
    twins: [],
  })
  const [before, after] = [scenario, twin].map(({ workloads: [load] }) => load?.options.own)
  t.match(before, { clients: 2, wait: { replicas: 1 } })
  t.equal(after?.clients, 4)
  t.equal(after?.wait, undefined, 'a null leaves the option out')
  t.equal(scenario.cluster.config['cluster-node-timeout'], '2000', 'the scenario itself stays as it is')
})

t.test('steps are left out and put in by the names of others, inside others too', async (t) => {
  const { twins } = loaded(`  - because: Nothing is stopped
    without: [Stop it, Wait]
    fails: The heir is master
  - because: Its replica is away
    before: Stop it
    steps: [{ kill: replica of $victim }]
    fails: The heir is master
  - because: It comes back
    after: Wait
    steps: [{ start: $victim }, { wait: 1s }]
    fails: { check: lost_writes, of: orders }
`)
  const verbs = (scenario?: Scenario) =>
    scenario?.steps.map(({ verb, children }) => [verb, ...children.map((child) => child.verb)].join(' '))
  t.strictSame(verbs(twins[0]), ['let', 'parallel expect'])
  t.match(twins[0]?.twin?.fails, { path: '2.1' })
  t.strictSame(verbs(twins[1]), ['let', 'kill', 'stop', 'parallel wait expect'])
  t.match(twins[1]?.steps[1], { path: '2', line: 25 }, 'a step keeps its line in the file')
  t.strictSame(verbs(twins[2]), ['let', 'stop', 'parallel wait start wait expect'])
})

t.test('a twin has a text of its own, which comes to the same', async (t) => {
  const twin = only(
    loaded(`  - because: Its replica is away
    before: Stop it
    steps: [{ kill: replica of $victim }]
    fails: { audit: crash }
`),
  )
  const text = twin.twin?.text ?? ''
  t.match(text, /^# Twin 1 of b\. It must fail: Its replica is away\n/)
  t.notOk('twins' in parse(text))
  const again = loadScenario(text, { file: 'twin.yaml', verbs: verbByName })
  t.match(again, { scenario: { steps: twin.steps.map(({ verb, arg, path }) => ({ verb, arg, path })) } })
})

t.test('explain tells what a twin changes, and where it must fail', async (t) => {
  const scenario = loaded(`  - because: Its replica is away
    config: { cluster-node-timeout: 3000 }
    without: Wait
    before: Stop it
    steps: [{ kill: redis-node1 }]
    fails: The heir is master
`)
  const [, told] = explainScenario(scenario, verbByName).split('Its twins, each of which must fail:\n')
  t.equal(
    told,
    `  1. Its replica is away.
     setting cluster-node-timeout 3000
     without the step "Wait"
     before the step "Stop it":
       kill redis-node1
     It must fail at step "The heir is master".
`,
  )
})
