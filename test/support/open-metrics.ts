/** One sample of OpenMetrics text. */
export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

export interface Family {
  name: string
  type: string
  unit: string
  help: string
  samples: Sample[]
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN)$/
const TYPES = new Set(['gauge', 'counter', 'info', 'stateset', 'histogram', 'summary', 'unknown'])

/**
 * Reads OpenMetrics text 1.0 strictly, as far as gauges and infos go. Throws Error for what the specification forbids:
 * a family in two places, metadata after samples, a series twice, wrong names, escapes or numbers, a unit that is no
 * suffix, a missing end.
 */
export function parseOpenMetrics(text: string): Family[] {
  if (!text.endsWith('\n# EOF\n') && text !== '# EOF\n') throw new Error('it does not end with # EOF and a line end')
  const lines = text.split('\n').slice(0, -2)
  const families: Family[] = []
  const series = new Set<string>()
  for (const [place, line] of lines.entries()) {
    const fail = (what: string): never => {
      throw new Error(`line ${place + 1}: ${what}: ${line}`)
    }
    const meta = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/s.exec(line)
    if (meta !== null) {
      const [, kind = '', name = '', value = ''] = meta
      readMeta(families, kind, name, value, fail)
      continue
    }
    const family = families.at(-1) ?? fail('a sample without a family')
    const sample = readSample(line, fail)
    const expected = family.type === 'info' ? `${family.name}_info` : family.name
    if (sample.name !== expected) fail(`a sample that is none of ${family.name}`)
    if (family.type === 'info' && sample.value !== 1) fail('an info that is not 1')
    const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()])
    if (series.has(key)) fail('a series that was there before')
    series.add(key)
    family.samples.push(sample)
  }
  return families
}

function readMeta(families: Family[], kind: string, name: string, value: string, fail: (what: string) => never): void {
  if (!NAME.test(name)) fail('a wrong name')
  if (families.at(-1)?.name !== name) {
    if (families.some((one) => one.name === name)) fail('a family in two places')
    families.push({ name, type: '', unit: '', help: '', samples: [] })
  }
  const family = families.at(-1) ?? fail('no family')
  if (family.samples.length > 0) fail('metadata after samples')
  const key = kind.toLowerCase() as 'type' | 'unit' | 'help'
  if (family[key] !== '') fail(`${kind} twice`)
  if (kind === 'TYPE' && !TYPES.has(value)) fail('an unknown type')
  if (kind === 'UNIT' && !name.endsWith(`_${value}`)) fail('a unit that the name does not end in')
  family[key] = kind === 'HELP' ? unescaped(value, fail) : value
}

function readSample(line: string, fail: (what: string) => never): Sample {
  const parts = /^([^\s{]+)(?:\{((?:[^"\\}]|"(?:[^"\\\n]|\\.)*")*)\})? (\S+)$/s.exec(line) ?? fail('no sample')
  const [, name = '', inner = '', number = ''] = parts
  if (!NAME.test(name)) fail('a wrong name')
  if (!NUMBER.test(number)) fail('no number')
  const labels: Record<string, string> = {}
  let rest = inner
  while (rest !== '') {
    const [whole = '', label = '', value = ''] =
      /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,(?=.)|$)/s.exec(rest) ?? fail('wrong labels')
    if (label in labels) fail(`the label ${label} twice`)
    labels[label] = unescaped(value, fail)
    rest = rest.slice(whole.length)
  }
  return { name, labels, value: number === 'NaN' ? Number.NaN : Number(number.replace('Inf', 'Infinity')) }
}

function unescaped(text: string, fail: (what: string) => never): string {
  return text.replace(/\\(.?)/gs, (_, character: string) => {
    if (character === 'n') return '\n'
    return character === '\\' || character === '"' ? character : fail('a wrong escape')
  })
}
