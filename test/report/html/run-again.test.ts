import t from 'tap'
import type { RunEvent } from '../../../runner/record/events.ts'
import { NO_FILES } from '../../../runner/record/run-files.ts'
import { scenarioPage } from '../../../runner/report/html/run-page.ts'
import { reduceRun } from '../../../runner/results/run-model.ts'
import { passingRun, threeScenarios } from '../../support/sample-events.ts'

/** The commands of each scenario's page, in their order. */
function commandsOf(events: readonly RunEvent[], folder: string): string[][] {
  const run = reduceRun(events, folder)
  return run.scenarios.map((scenario) =>
    [...scenarioPage(run, scenario, NO_FILES).matchAll(/<code tabindex="0"[^>]*>([^<]*)</g)].map(
      ([, text = '']) => text,
    ),
  )
}

t.test('a scenario of several can be run again alone, as it was played', async (t) => {
  const events = threeScenarios()
  const place = events.findIndex((event) => event.type === 'scenario-ended')
  const played: RunEvent = {
    ...{ type: 'scenario-as-played', scenario: 0, atMs: events[place]?.atMs ?? 0 },
    ...{ yaml: 'title: as played\nsteps: []\n', files: [] },
  }
  const ended = events.map((event) => {
    if (event.type === 'scenario-started')
      return { ...event, platform: 'docker', asked: 'redis:7.0', programs: 'my scenarios' }
    return event.type === 'run-ended' ? { ...event, folder: 'my reports/r1' } : event
  })
  const [first = [], second = []] = commandsOf([...ended.slice(0, place), played, ...ended.slice(place)], '')
  const [whole = ''] = second
  const file = '&#39;my reports/r1/scenario-readme-walkthrough.yaml&#39;'
  t.equal(
    first[0],
    `npm run scenario ${file} -- --platform docker --server redis:7.0 --programs &#39;my scenarios&#39;`,
  )
  t.equal(first[1], whole)
  t.ok(
    second.every((text) => text === whole),
    'one that was not played only has the command of the whole run',
  )
})

t.test('where there is only one, the command of the run says all', async (t) => {
  const [commands = []] = commandsOf(passingRun(), 'reports/r1')
  t.equal(new Set(commands).size, 1)
})
