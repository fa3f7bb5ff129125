import t from 'tap'
import { junitReport } from '../../runner/report/junit.ts'
import { reduceRun } from '../../runner/report/run-model.ts'
import { environmentErrorRun, failingRun, SAMPLES, step, Tape } from '../support/sample-events.ts'

/** Whether every element is closed in order, and only what XML 1.0 allows is in it. Throws what is wrong. */
function checkWellFormed(xml: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const foreign = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u.exec(xml)
  if (foreign !== null) throw new Error(`character ${foreign[0].charCodeAt(0)} is not allowed`)
  const open: string[] = []
  const body = xml.replace(/^<\?xml version="1.0" encoding="UTF-8"\?>\n/, '')
  const rest = body.replace(/<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)(\/?)>/g, (_, close, name, __, alone) => {
    if (close === '/') {
      const last = open.pop()
      if (last !== name) throw new Error(`</${name}> closes <${last}>`)
    } else if (alone !== '/') open.push(name)
    return ''
  })
  if (open.length > 0) throw new Error(`not closed: ${open}`)
  const stray = /[<>]|&(?!(amp|lt|gt|quot|#10);)/.exec(rest)
  if (stray !== null) throw new Error(`stray ${rest.slice(stray.index, stray.index + 20)}`)
}

for (const [name, events] of Object.entries(SAMPLES)) {
  t.test(`${name} is well-formed, and its counts are true`, async (t) => {
    const run = reduceRun(events())
    const xml = junitReport(run)
    t.doesNotThrow(() => checkWellFormed(xml))
    const counts = /<testsuites name="[^"]*" tests="(\d+)" failures="(\d+)" errors="(\d+)" skipped="(\d+)"/.exec(xml)
    const count = (element: string) => String(xml.match(new RegExp(`<${element}[ >]`, 'g'))?.length ?? 0)
    t.strictSame(counts?.slice(1), ['testcase', 'failure', 'error', 'skipped'].map(count))
    t.equal(counts?.[2] === '0' && counts?.[3] === '0', run.verdict === 'passed')
  })
}

t.test('a failed expectation is a failure, a broken environment an error', async (t) => {
  t.match(junitReport(reduceRun(failingRun())), /tests="14" failures="1" errors="0" skipped="10"/)
  t.match(junitReport(reduceRun(environmentErrorRun())), /tests="15" failures="0" errors="1" skipped="14"/)
})

t.test('any text survives', async (t) => {
  const nasty = step('1', 'redis', 'GET "<a>" & \'b\' ]]>', 3)
  const message = 'got "\u0000\u001b[31m\ud800\uffff" & <nothing>\nsecond line'
  const tape = new Tape().runStarted('x').scenarioStarted(0, 'x', 'x', [nasty])
  tape.played(nasty, 1, { verdict: 'failed', error: { message } })
  const xml = junitReport(reduceRun(tape.events))
  t.doesNotThrow(() => checkWellFormed(xml))
  t.match(xml, 'name="1 GET &quot;&lt;a&gt;&quot; &amp; \'b\' ]]&gt;"')
  t.match(xml, 'message="got &quot;\\x00\\x1b[31m\ufffd\ufffd&quot; &amp; &lt;nothing&gt;&#10;second line"')
})
