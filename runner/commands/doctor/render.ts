import { displayWidth, padded, visible, wrap } from '../../base/text.ts'
import type { Finding, State } from '../../doctor/finding.ts'
import { type Format, type OutputStyle, painter } from '../../report/style.ts'

const LOOKS: Readonly<Record<State, { mark: string; format: Format }>> = {
  ok: { mark: '✔', format: 'green' },
  degraded: { mark: '!', format: 'yellow' },
  missing: { mark: '✖', format: ['bold', 'red'] },
}
const STATE_WIDTH = Math.max(...Object.keys(LOOKS).map((state) => state.length))
const WIDEST_SUBJECT = 20
const NARROWEST_TEXT = 20

/** Whether scenarios can be played here: nothing is missing that nothing stands in for. */
export function isFit(findings: readonly Finding[]): boolean {
  return findings.every(({ state }) => state !== 'missing')
}

/** The findings as JSON: `{ ok, findings: [{ area, subject, state, text, remedy? }] }`. */
export function renderJson(findings: readonly Finding[]): string {
  return JSON.stringify({ ok: isFit(findings), findings }, undefined, 2)
}

/** The findings by area, aligned, each with what mends it, and the counts at the end. */
export function renderFindings(findings: readonly Finding[], style: OutputStyle): string {
  const paint = painter(style.color)
  const widths = findings.map(({ subject }) => displayWidth(subject))
  const subjectWidth = Math.min(Math.max(...widths), WIDEST_SUBJECT)
  const areas = [...new Set(findings.map(({ area }) => area))]
  const groups = areas.map((area) => {
    const lines = findings.filter((finding) => finding.area === area)
    return [paint('bold', area), ...lines.map((finding) => renderFinding(finding, style, subjectWidth))].join('\n')
  })
  return [...groups, renderEnd(findings, style)].join('\n\n')
}

function renderFinding({ subject, state, text, remedy }: Finding, style: OutputStyle, subjectWidth: number): string {
  const paint = painter(style.color)
  const { mark, format } = LOOKS[state]
  const indent = ' '.repeat(2 + 2 + STATE_WIDTH + 2 + subjectWidth + 2)
  const width = Math.max(style.width - indent.length, NARROWEST_TEXT)
  const lines = wrap(visible(text), width)
  const help = remedy === undefined ? [] : wrap(`→ ${visible(remedy)}`, width).map((line) => paint('cyan', line))
  const [head, ...tail] = displayWidth(subject) <= subjectWidth ? lines : ['', ...lines]
  const left = `  ${paint(format, `${mark} ${state.padEnd(STATE_WIDTH)}`)}  ${padded(visible(subject), subjectWidth)}`
  return [`${left}  ${head}`.trimEnd(), ...[...tail, ...help].map((line) => indent + line)].join('\n')
}

function renderEnd(findings: readonly Finding[], style: OutputStyle): string {
  const paint = painter(style.color)
  const counts = (Object.keys(LOOKS) as State[])
    .map((state) => `${findings.filter((finding) => finding.state === state).length} ${state}`)
    .join(', ')
  return isFit(findings)
    ? `${paint('green', 'Scenarios can be played here')}: ${counts}`
    : `${paint(LOOKS.missing.format, 'Something is missing that nothing stands in for')}: ${counts}`
}
