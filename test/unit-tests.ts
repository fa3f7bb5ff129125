import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import t from 'tap'

/**
 * Runs the unit tests (`npm run test:unit`): every test file outside of e2e/ that starts no server, which a file's name
 * says (`*.live.test.ts`). Each process takes many of them, as most of what a file costs alone is to load tap and the
 * program.
 */

const FOLDER = import.meta.dirname

function unitTests(): string[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter(
      (file) => file.endsWith('.test.ts') && !file.endsWith('.live.test.ts') && !file.startsWith(`e2e${path.sep}`),
    )
    .sort()
}

/** No unit test may start a server or ask an engine: it finds none, whatever this machine has. */
const WITHOUT_SERVERS = { DOCKER_HOST: 'unix:///nonexistent/docker.sock', REDIS_SERVER: '/nonexistent/redis-server' }

/** In a process for one share of them: which. */
const share = process.env.UNIT_TESTS_SHARE

if (share === undefined) {
  const shares = availableParallelism()
  t.jobs = shares
  const names = Array.from({ length: shares }, (_, index) => `${index + 1} of ${shares}`)
  await Promise.all(
    names.map((name) => {
      const env = { ...process.env, ...WITHOUT_SERVERS, UNIT_TESTS_SHARE: name }
      // As an argument, too: tap names folders of tests after their arguments, and two shares may have tests of one name.
      return t.spawn(process.execPath, ['--import=tsx', import.meta.filename, name], { env, buffered: true }, name)
    }),
  )
} else {
  const [number = 1, shares = 1] = share.split(' of ').map(Number)
  t.test('the files of this share', async () => {
    for (const [index, file] of unitTests().entries()) {
      if (index % shares === number - 1) await import(path.join(FOLDER, file))
    }
  })
}
