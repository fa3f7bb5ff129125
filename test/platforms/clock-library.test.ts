import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { CLOCK_VARIABLE, clockFile, clockLibrary, clockSupport } from '../../runner/platforms/clock/library.ts'

const skip = process.platform === 'linux' ? false : 'its library is made on Linux alone'

/** A cache of its own, so that the library is compiled anew; with a PATH of its own if that is given. */
function withCache(t: Test, path?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'redis-chaos-clock-'))
  const before = { XDG_CACHE_HOME: process.env.XDG_CACHE_HOME, PATH: process.env.PATH }
  process.env.XDG_CACHE_HOME = folder
  if (path !== undefined) process.env.PATH = path
  t.teardown(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/** Between what bounds a program's clock is off: it is asked at an unknown time while the program runs. */
async function secondsOff(library: string, file: string): Promise<[least: number, most: number]> {
  const env = { ...process.env, LD_PRELOAD: library, [CLOCK_VARIABLE]: file }
  const before = Date.now() / 1000
  const { stdout } = await promisify(execFile)('date', ['+%s.%N'], { env })
  return [Number(stdout) - Date.now() / 1000, Number(stdout) - before]
}

async function assertItWorks(t: Test, library: string, folder: string): Promise<void> {
  const file = join(folder, 'clock')
  const near = ([least, most]: [number, number], wanted: number) =>
    t.ok(least - 0.05 <= wanted && wanted <= most + 0.05, `${least} to ${most} s, and should be ${wanted}`)
  for (const offsetMs of [0, 30_000, -30_000, 1500, -1500, 86_400_000, -999, 1]) {
    writeFileSync(file, clockFile(offsetMs))
    near(await secondsOff(library, file), offsetMs / 1000)
  }
  near(await secondsOff(library, join(folder, 'no such file')), 0)
}

t.test('a clock that is off, by a library of this machine’s compiler', { skip }, async (t) => {
  const folder = withCache(t)
  const said: string[] = []
  const library = await clockLibrary((text) => said.push(text))
  t.same(said, ['compiling the clock of the servers'])
  await assertItWorks(t, library, folder)
  t.equal(await clockLibrary((text) => said.push(text)), library)
  t.equal(said.length, 1, 'compiled once')
  t.same(readdirSync(join(folder, 'redis-chaos', 'clock')).length, 1, 'and nothing else is left')
  t.match(await clockSupport(), { supported: true, how: /already compiled/ })
})

t.test('a program that runs sees a change at once, and its durations stay right', { skip }, async (t) => {
  const folder = withCache(t)
  const library = await clockLibrary(() => undefined)
  const file = join(folder, 'clock')
  writeFileSync(file, clockFile(0))
  const program = 'process.stdin.on("data", () => console.log(Date.now() + " " + performance.now()))'
  const child = spawn(process.execPath, ['-e', program], {
    env: { ...process.env, LD_PRELOAD: library, [CLOCK_VARIABLE]: file },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ask = async () => {
    const askedMs = Date.now()
    child.stdin.write('x')
    const [wallMs = 0, durationMs = 0] = String((await answers.next()).value)
      .split(' ')
      .map(Number)
    return { leastMs: wallMs - Date.now() - 50, mostMs: wallMs - askedMs + 50, durationMs }
  }
  const before = await ask()
  t.ok(before.leastMs <= 0 && 0 <= before.mostMs)
  const handle = await open(file, 'r+')
  await handle.write(clockFile(3_600_000), 0, 8, 0)
  await handle.close()
  const after = await ask()
  t.ok(after.leastMs <= 3_600_000 && 3_600_000 <= after.mostMs)
  // The jump is an hour.
  t.ok(after.durationMs - before.durationMs < 600_000, 'monotonic clocks are right')
})

t.test('without a compiler, with the one of Debian packages', { skip }, async (t) => {
  const tools = mkdtempSync(join(tmpdir(), 'redis-chaos-path-'))
  t.teardown(() => rmSync(tools, { recursive: true, force: true }))
  writeFileSync(join(tools, 'cc'), '#!/bin/sh\necho no compiler here >&2\nexit 1\n', { mode: 0o755 })
  const folder = withCache(t, `${tools}${delimiter}${process.env.PATH}`)
  const said: string[] = []
  try {
    await assertItWorks(t, await clockLibrary((text) => said.push(text)), folder)
    t.match(said.join(), /unpacking/)
  } catch (error) {
    if (process.env.REQUIRE_BARE_MACHINE === '1') throw error
    // A machine that is no Debian, or offline: the reason is told.
    t.match(error, { name: 'UnsupportedFault', message: /no compiler here; / })
  }
})

t.test('where there is neither, the reason is told', { skip }, async (t) => {
  withCache(t, '/nowhere')
  t.match(await clockSupport(), { supported: false, how: /no C compiler/, hint: 'install gcc or clang' })
  await t.rejects(
    clockLibrary(() => undefined),
    { name: 'UnsupportedFault', message: /^a wrong clock is unsupported here: .*`cc` is not on this machine; / },
  )
})
