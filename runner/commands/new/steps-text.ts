import type { Plan } from './plan.ts'
import { durationText, scalar } from './yaml-text.ts'

/** One step as it is written, with what is said above it. */
export interface WrittenStep {
  why?: string
  lines: string[]
}

/** The masters of the cluster as it begins, by the names that the scenario has for them. */
const MASTERS = ['first', 'second', 'third'].map((name, place) => ({ name, phrase: `master of shard ${place + 1}` }))

/** The steps of the scenario, in order. */
export function stepsOf(plan: Plan): WrittenStep[] {
  return [...before(plan), ...during(plan), ...afterwards(plan)]
}

function before({ target, course, load, survives }: Plan): WrittenStep[] {
  const hasLoad = load.word !== 'none'
  return [
    {
      why: 'Names for nodes: roles change on the way, and a name keeps meaning the same node.',
      lines: letLines(target, course),
    },
    ...(survives.includes('data') ? [{ lines: ['- write: { keys: 1000, as: before }'] }] : []),
    ...(hasLoad
      ? [{ why: 'The load runs for a moment, so that there is something to lose.', lines: ['- wait: 2s'] }]
      : []),
    ...(!hasLoad && course === 'takeover'
      ? [
          {
            why: 'What a master has not yet sent to its replica dies with it.',
            lines: [
              '- name: The replica has everything',
              '  expect: { node: $heir, lag: { at_most: 0 } }',
              '  within: 10s',
            ],
          },
        ]
      : []),
  ]
}

function letLines({ phrase, role, count }: Plan['target'], course: Plan['course']): string[] {
  if (course === 'planned' && role === 'replica') return [`- let: { heir: ${scalar(phrase)}, victim: master of $heir }`]
  if (course === 'planned' || course === 'takeover')
    return [`- let: { victim: ${scalar(phrase)}, heir: replica of $victim }`]
  if (course === 'quiet' && !(role === 'master' && count === 1))
    return ['- let:', `    victim: ${scalar(phrase)}`, ...MASTERS.map(({ name, phrase: its }) => `    ${name}: ${its}`)]
  return [`- let: { victim: ${scalar(phrase)} }`]
}

function during(plan: Plan): WrittenStep[] {
  const { fault, course } = plan
  const step: WrittenStep = {
    ...(course === 'planned' && { why: 'What is written goes to the replica first, and only then does it take over.' }),
    ...(fault.effect === 'impairs' && {
      why: 'All that it exchanges with the other nodes. `traffic: client` is what it exchanges with clients.',
    }),
    lines: [`- name: ${faultName(plan)}`, `  ${fault.step}`, '  phase: fault'],
  }
  return [step, ...courseSteps(plan)]
}

function faultName({ fault, target }: Plan): string {
  const nodes = target.count === 1 ? `The ${target.role}` : `The ${target.role}s`
  if (fault.effect === 'moves') return 'The master hands over to its replica'
  return `${nodes} ${fault.happens[target.count === 1 ? 0 : 1]}`
}

/** What is to be seen while it lasts. `within`: by then; `for`: all that time, without a break. */
function courseSteps({ course, fault, target, holdMs = 0 }: Plan): WrittenStep[] {
  const hold = durationText(holdMs)
  switch (course) {
    case 'takeover':
      return [
        {
          lines: ['- name: Its replica takes over', '  expect: { node: $heir, role: master }', '  within: 15s'],
        },
        ...(fault.word === 'partition'
          ? [
              {
                lines: [
                  '- name: The old master notices that it is alone, and stops serving',
                  '  expect: { cluster: fail, asked: $victim }',
                  '  within: 10s',
                ],
              },
            ]
          : [{ lines: ['- name: Every slot is served again', '  expect: { cluster: ok }', '  within: 10s'] }]),
        { why: 'Life without the old master.', lines: [`- wait: ${hold}`] },
      ]
    case 'outage':
      return [
        {
          why: 'Two of three masters must agree to elect a replica. Without them, the whole cluster refuses clients.',
          lines: ['- name: The cluster is down', '  expect: { cluster: fail }', '  within: 15s'],
        },
        { lines: [`- wait: ${hold}`] },
      ]
    case 'quiet':
      return holdMs === 0 ? [] : [stayMasters(target, hold)]
    case 'planned':
      return [
        {
          lines: [
            '- name: The old master is its replica now',
            '  expect: { node: $victim, role: replica, of: $heir, link: up }',
            '  within: 10s',
          ],
        },
      ]
    default:
      return []
  }
}

/** `expect` asks one node: several are asked at the same time. */
function stayMasters({ role, count }: Plan['target'], hold: string): WrittenStep {
  if (role === 'master' && count === 1)
    return { lines: ['- name: It stays the master', '  expect: { node: $victim, role: master }', `  for: ${hold}`] }
  const each = MASTERS.flatMap(({ name }) => [`    - expect: { node: $${name}, role: master }`, `      for: ${hold}`])
  return { lines: ['- name: No master changes', '  parallel:', ...each] }
}

function afterwards({ course, fault, load, survives }: Plan): WrittenStep[] {
  const phase = '  phase: recovery'
  const undone: WrittenStep[] =
    fault.undo === undefined ? [] : [{ lines: [`- name: ${undoName(fault.word)}`, `  ${fault.undo}`, phase] }]
  return [
    ...undone,
    ...(course === 'takeover'
      ? [
          {
            lines: [
              '- name: The old master comes back as a replica of the new one',
              '  expect: { node: $victim, role: replica, of: $heir, link: up }',
              '  within: 20s',
            ],
          },
        ]
      : []),
    {
      why: 'All nodes agree, every slot has its owner, each replica has caught up.',
      lines: ['- expect: { cluster: healthy }', '  within: 30s', ...(fault.undo === undefined ? [phase] : [])],
    },
    ...(load.word === 'none' ? [] : [{ why: 'The load goes on for a moment.', lines: ['- wait: 1s'] }]),
    ...(survives.includes('data')
      ? [{ lines: ['- name: What was written before is still there', '  verify: before'] }]
      : []),
  ]
}

function undoName(word: string): string {
  if (word === 'kill' || word === 'stop') return 'It is started again'
  if (word === 'pause') return 'It goes on'
  if (word === 'disk-full') return 'There is space again'
  return 'The network is as it was'
}
