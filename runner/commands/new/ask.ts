import { UsageError } from '../../base/errors.ts'
import { type Choice, FAULTS, LOADS, SURVIVORS, TARGETS } from './choices.ts'
import { type Answers, DEFAULT_HOLD, lasts, type Plan, planOf } from './plan.ts'
import type { Terminal } from './terminal.ts'

interface Question {
  key: keyof Answers
  text: string
  /** To choose from by number or word; of some, anything else that makes sense will do, too. */
  choices(answers: Answers): readonly Choice[]
  /** What Enter says. */
  usual(answers: Answers): string
  /** Whether several may be chosen. */
  several?: boolean
}

const QUESTIONS: readonly Question[] = [
  { key: 'fails', text: 'What happens?', choices: () => FAULTS, usual: first(FAULTS) },
  {
    key: 'target',
    text: 'To which nodes? (any of these, or another: master of key cart, 2 random replicas)',
    choices: (answers) => TARGETS.filter(({ word }) => goesWith({ ...answers, target: word })),
    usual: first(TARGETS),
  },
  { key: 'load', text: 'Under what load?', choices: () => LOADS, usual: first(LOADS) },
  {
    key: 'survives',
    text: 'What must survive? (one or several)',
    choices: (answers) => SURVIVORS.filter(({ word }) => goesWith({ ...answers, survives: [word] })),
    usual: (answers) => planOf(answers).survives.join(', '),
    several: true,
  },
  { key: 'for', text: 'For how long?', choices: () => [], usual: () => DEFAULT_HOLD },
]

function first(choices: readonly Choice[]): () => string {
  return () => choices[0]?.word ?? ''
}

function goesWith(answers: Answers): boolean {
  return complaintAbout(answers) === undefined
}

function complaintAbout(answers: Answers): string | undefined {
  try {
    planOf(answers)
    return undefined
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
}

/** Asks for what the flags have not said; Enter takes what is usual. What makes no sense is told, and asked for again. */
export async function askForPlan(given: Answers, terminal: Terminal): Promise<Plan> {
  let answers = given
  for (const question of QUESTIONS) {
    const isAsked = question.key !== 'for' || lasts(planOf(answers).fault)
    if (answers[question.key] === undefined && isAsked) answers = await answered(question, answers, terminal)
  }
  return planOf(answers)
}

async function answered(question: Question, answers: Answers, terminal: Terminal): Promise<Answers> {
  const choices = question.choices(answers)
  const usual = question.usual(answers)
  const width = Math.max(0, ...choices.map(({ word }) => word.length))
  terminal.say(`\n${question.text}\n`)
  for (const [place, { word, says }] of choices.entries())
    terminal.say(`  ${String(place + 1).padStart(2)}  ${word.padEnd(width)}  ${says}\n`)
  for (;;) {
    terminal.say(`[${usual}] `)
    const text = (await terminal.line()) || usual
    const word = (part: string) => choices[/^\d+$/.test(part) ? Number(part) - 1 : -1]?.word ?? part
    const value = question.several ? text.split(/[\s,]+/).map(word) : word(text)
    const next = { ...answers, [question.key]: value }
    const complaint = complaintAbout(next)
    if (complaint === undefined) return next
    terminal.say(`${withoutFlags(complaint)}\n`)
  }
}

/** A complaint about flags, for whoever was asked and gave none: `expected kill, stop, …, not `kil``. */
function withoutFlags(complaint: string): string {
  return complaint.replace(/--\w+ takes /g, 'expected ').replace(/--[a-z]+:? /g, '')
}
