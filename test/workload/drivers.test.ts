import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { redactor } from '../../runner/record/redact.ts'
import { connectionsPerNode } from '../../runner/workload/connections.ts'
import { DriverLog } from '../../runner/workload/drivers/driver-log.ts'
import { Lines } from '../../runner/workload/drivers/lines.ts'
import { classOf, replyOf } from '../../runner/workload/drivers/outcome.ts'
import { placeOf } from '../../runner/workload/drivers/place.ts'
import { planDriver } from '../../runner/workload/drivers/plan.ts'
import { fromDriver, invoke, start, stop } from '../../runner/workload/drivers/protocol.ts'
import { clientNames, manifestOf } from '../../runner/workload/drivers/registry.ts'
import { resolveOptions, workloadSentence } from '../../runner/workload/options.ts'
import { register } from '../../runner/workload/register.ts'
import { loadText, problemsOf } from '../scenario/load-text.ts'

const page = readFileSync(path.join(import.meta.dirname, '../../docs/drivers.md'), 'utf8')

t.test('lines are cut from pieces of any size, also in the middle of a letter', async (t) => {
  const text = 'one\nzwölf 🙂\n\nlast\n'
  for (const size of [1, 2, 3, 7, 100]) {
    const lines = new Lines(20)
    const bytes = Buffer.from(text)
    const found: string[] = []
    for (let from = 0; from < bytes.length; from += size)
      found.push(...(lines.add(bytes.subarray(from, from + size)) ?? []))
    t.strictSame(found, ['one', 'zwölf 🙂', '', 'last'], `${size} bytes at a time`)
  }
  const lines = new Lines(5)
  t.strictSame(lines.add(Buffer.from('12345')), [])
  t.equal(lines.hasUnended, true)
  t.equal(lines.add(Buffer.from('6')), undefined, 'no line is longer')
  t.strictSame(
    [0, 3, 5, 6, 9].map((most) => lines.unendedHead(most)),
    ['', '123', '12345', '123456', '123456'],
  )
  t.equal(new Lines(5).hasUnended, false)
})

t.test('replies are read as a server gives them', async (t) => {
  t.strictSame(replyOf('5..'), Buffer.from('5..'))
  t.strictSame([7, null, true, false].map(replyOf), [7, null, 1, 0])
  t.strictSame(replyOf(['a', [1]]), [Buffer.from('a'), [1]])
  t.match(replyOf({ error: 'WRONGTYPE no' }), { message: 'WRONGTYPE no' })
})

t.test("the class of a failure is the driver's word, else that of the server", async (t) => {
  const classes = [
    [{ class: 'timeout' }, 'timeout'],
    [{ class: 'closed', text: 'MOVED 1 a:1' }, 'closed'],
    [{ class: 'ConnectionError', text: 'CLUSTERDOWN no' }, 'CLUSTERDOWN'],
    [{ text: 'READONLY no' }, 'READONLY'],
    [{ class: 'TypeError', text: 'what' }, 'other'],
    [{}, 'other'],
  ] as const
  for (const [told, word] of classes) t.equal(classOf({ type: 'fail', id: 1, ...told }), word, JSON.stringify(told))
})

t.test('the log of a driver hides secrets, also those that come in pieces', async (t) => {
  const file = `${t.testdir()}/x.log`
  const log = new DriverLog(file, redactor(['hunter2']))
  for (const piece of ['one\nit is hun', 'ter2\nand hunter2 a', 'gain']) log.add(piece)
  t.equal(log.lastWords, 'one / it is *** / and *** again')
  log.close()
  t.equal(readFileSync(file, 'utf8'), 'one\nit is ***\nand *** again\n')
})

t.test('a flood of words does not fill the disk', async (t) => {
  const file = `${t.testdir()}/x.log`
  const log = new DriverLog(file, redactor([]))
  const line = `${'x'.repeat(1_000_000)}\n`
  for (let i = 0; i < 15; i += 1) log.add(line)
  log.add('the end\n')
  t.ok(readFileSync(file).length < 12_000_000)
  t.match(log.lastWords, /the end$/)
})

t.test('the messages of the documentation are those of the protocol', async (t) => {
  const blocks = [...page.matchAll(/^ *```json\n(.*?)^ *```$/gms)].map(([, text = '']) => text)
  const messages = blocks.flatMap((text) =>
    text
      .trim()
      .split(/\n(?= *\{"type")/)
      .map((one) => JSON.parse(one)),
  )
  t.ok(messages.length >= 10, `${messages.length} messages`)
  for (const message of messages) {
    const schema = { start, invoke, stop }[String(message.type)] ?? fromDriver
    t.ok(schema.safeParse(message).success, JSON.stringify(message))
  }
})

t.test('every client that comes with it has a manifest, and its command can be found', async (t) => {
  t.ok(clientNames().includes('ioredis-wrapped'))
  for (const name of clientNames()) {
    t.equal(manifestOf(name).name, name)
    const plan = planDriver(name, {}, { folder: '/', allowsCommands: false })
    t.match(plan, { client: name, name, folder: placeOf(name), options: {} })
  }
})

t.test('a command lies in the folder of the scenario, also behind links', async (t) => {
  const folder = path.join(t.testdir(), 'scenarios')
  mkdirSync(path.join(folder, 'deeper'), { recursive: true })
  const elsewhere = path.join(folder, '../driver')
  for (const file of [elsewhere, path.join(folder, 'deeper/driver')]) {
    writeFileSync(file, '')
    chmodSync(file, 0o755)
  }
  symlinkSync(elsewhere, path.join(folder, 'link'))
  symlinkSync('deeper/driver', path.join(folder, 'inner'))
  const plan = (program: string) => planDriver({ command: [program, '-v'] }, { a: 1 }, { folder, allowsCommands: true })
  t.match(plan('./deeper/driver'), { client: './deeper/driver -v', folder, options: { a: 1 } })
  t.match(plan('inner'), { command: [path.join(folder, 'deeper/driver'), '-v'] })
  t.match(plan('link'), { problems: [{ message: "link lies outside the scenario's folder" }] })
  t.match(plan('../driver'), { problems: [{ message: "../driver lies outside the scenario's folder" }] })
})

t.test('programs that a scenario starts may lie in a folder that its player names, and nowhere else', async (t) => {
  const programs = t.testdir({ driver: '', 'shop.mjs': '', deeper: {} })
  chmodSync(path.join(programs, 'driver'), 0o755)
  const text = (driver: string, app: string) =>
    `title: T\nworkloads: { a: { type: register, client: { command: [${driver}] } } }\napps: { shop: { command: [node, ${app}], ready: /health } }\nsteps: [{ wait: 1s }]\n`
  const allowed = new Set(['commands'])
  const scenario = loadText(text('./driver', './shop.mjs'), { allowed, programs })
  t.equal(scenario.programs, programs)
  t.match(scenario.workloads, [{ options: { driver: { command: [path.join(programs, 'driver')], folder: programs } } }])
  t.match(scenario.apps, [{ plan: { folder: programs } }])
  t.equal(loadText('title: T\nsteps: [{ wait: 1s }]\n', { allowed, programs }).programs, undefined, 'it starts none')
  const problems = problemsOf(text('../driver', '../shop.mjs'), { allowed, programs: path.join(programs, 'deeper') })
  t.match(problems, [{ message: /lies outside/ }, { message: /lies outside/ }])
  t.match(problemsOf(text('./driver', './shop.mjs'), { programs }), [{ message: /may start no program/ }, {}])
  const onlyRead = loadText(text('./gone', '../gone.mjs'), { allowed, startsNothing: true })
  t.match(onlyRead.workloads, [{ options: { driver: { client: './gone' } } }], 'what is only read needs no program')
})

t.test('the options of a workload know its driver', async (t) => {
  const plan = planDriver('ioredis-wrapped', { maxRedirections: 3 }, { folder: '/', allowsCommands: false })
  if ('problems' in plan) throw new Error('it cannot be planned')
  const options = resolveOptions({ type: 'register', client: 'ioredis-wrapped', clients: 5 }, register, plan)
  t.match(options, { client: 'driver', driver: { options: { maxRedirections: 3 } } })
  t.match(workloadSentence(options), /, through the client driver ioredis-wrapped, /)
  t.equal(connectionsPerNode(options), 6)
  const builtIn = resolveOptions({ type: 'register', client: 'ioredis', options: { maxRedirections: 3 } }, register)
  t.match(builtIn, { client: 'ioredis', ioredis: { maxRedirections: 3 } })
})
