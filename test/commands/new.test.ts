import t from 'tap'
import { askForPlan } from '../../runner/commands/new/ask.ts'
import { FAULTS, LOADS, SURVIVORS, TARGETS } from '../../runner/commands/new/choices.ts'
import { type Answers, planOf } from '../../runner/commands/new/plan.ts'
import { scenarioText } from '../../runner/commands/new/scenario-text.ts'
import { renderDiagnostics } from '../../runner/scenario/diagnostic.ts'
import { loadScenario } from '../../runner/scenario/load.ts'
import { warningsOf } from '../../runner/scenario/warnings/index.ts'
import { verbByName } from '../../runner/steps/index.ts'

const OTHER_TARGETS = ['master of key cart:{7} $x', 'replica of slot 16383', '2 random replicas', '2 random masters']
const SCHEMA_LINE = '# yaml-language-server: $schema=./scenario.schema.json'

/** All ways to choose at least one of them. */
const SUBSETS = Array.from({ length: 2 ** SURVIVORS.length - 1 }, (_, number) =>
  SURVIVORS.map(({ word }) => word).filter((_, place) => ((number + 1) >> place) % 2 === 1),
)

/** What the flags can express; what must survive is told the same way whatever happens, but for who takes over. */
function* combinations(): Generator<Answers> {
  for (const { word: fails } of FAULTS) {
    for (const { word: target } of TARGETS) for (const { word: load } of LOADS) yield { fails, target, load }
    for (const target of OTHER_TARGETS) yield { fails, target }
  }
  for (const fails of ['kill', 'failover'])
    for (const { word: load } of LOADS) for (const survives of SUBSETS) yield { fails, load, survives }
}

function planned(answers: Answers): ReturnType<typeof planOf> | undefined {
  try {
    return planOf(answers)
  } catch (error) {
    if (error instanceof Error && error.name === 'UsageError') return undefined
    throw error
  }
}

t.test('every scenario that the flags can ask for is valid, and nothing in it is warned of', async (t) => {
  let written = 0
  let refused = 0
  for (const answers of combinations()) {
    const plan = planned(answers)
    if (plan === undefined) {
      refused += 1
      continue
    }
    written += 1
    const text = scenarioText(plan, SCHEMA_LINE)
    const loaded = loadScenario(text, { file: 'new.yaml', verbs: verbByName })
    if ('diagnostics' in loaded)
      throw new Error(`${JSON.stringify(answers)}: ${renderDiagnostics(loaded.diagnostics, { color: false })}${text}`)
    const warnings = warningsOf(loaded.scenario)
    if (warnings.length > 0)
      throw new Error(`${JSON.stringify(answers)}: ${renderDiagnostics(warnings, { color: false })}${text}`)
  }
  t.ok(written > 500, `${written} scenarios, ${refused} combinations that make no sense`)
})

t.test('who is asked is told of answers, and not of flags', async (t) => {
  const answers = ['kil', 'partition', 'all masters', '2 random nodes', '1', 'non', '9', 'writes', '', '3', '3s']
  let said = ''
  const plan = await askForPlan(
    {},
    {
      say: (text) => {
        said += text
      },
      line: async () => answers.shift() ?? '',
    },
  )
  t.match(plan, { fault: { word: 'partition' }, load: { word: 'none' }, holdMs: 3000 })
  t.match(said, /expected kill, stop, .*, not `kil`; did you mean `kill`\?/)
  t.match(said, /partition goes with one master, or with replicas/)
  t.match(said, /"2 random nodes" does not say whether/)
  t.match(said, /writes does not go with none: there is no load; it goes with data/)
  t.match(said, 'expected a duration from 1s to 10m, as 5s, not `3`')
  t.notMatch(said, '--')
})

t.test('what makes no sense is refused, with the nearest word', async (t) => {
  const refused: [answers: Answers, why: RegExp][] = [
    [{ fails: 'kil' }, /--fails takes kill, .*not `kil`; did you mean `kill`\?/],
    [{ load: 'registr' }, /did you mean `register`\?/],
    [{ survives: ['writes', 'sevice'] }, /did you mean `service`\?/],
    [{ survives: [] }, /--survives names nothing/],
    [{ target: 'master of shrd 1' }, /did you mean "master of shard 1"\?/],
    [{ target: 'redis-node0' }, /does not say whether masters or replicas are meant/],
    [{ target: 'all nodes' }, /does not say whether masters or replicas are meant/],
    [{ target: 'master of shard 4' }, /3 shards/],
    [{ target: '4 random masters' }, /has 3 masters, and not 4/],
    [{ for: '5' }, /--for takes a duration from 1s to 10m, as 5s, not `5`/],
    [{ for: '11m' }, /from 1s to 10m/],
    [{ for: '5s', fails: 'restart' }, /--for does not go with --fails restart/],
    [{ load: 'none', survives: ['writes'] }, /there is no load; it goes with data/],
    [{ load: 'pubsub', survives: ['writes'] }, /keeps nothing; it goes with data and service/],
    [{ fails: 'disk-full', target: 'random replica' }, /goes with masters/],
    [{ fails: 'partition', target: 'all masters' }, /still reach each other/],
    [{ fails: 'failover', target: 'all replicas' }, /moves one shard/],
  ]
  for (const [answers, why] of refused) t.throws(() => planOf(answers), { name: 'UsageError', message: why })
})
