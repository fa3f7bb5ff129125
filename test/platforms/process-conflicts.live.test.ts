import { readdirSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import t from 'tap'
import { ask, newStateFolder, platformIn, spec } from './process-groups.ts'

async function listen(port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return server
}

function close(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve))
}

t.test('a port or a bus port that is taken: nothing is made', async (t) => {
  const stateFolder = newStateFolder(t)
  const platform = platformIn(stateFolder)
  t.teardown(() => platform.close())
  for (const [port, said] of [
    [7641, /port 7641 is taken by process \d+ \(\S+\); nothing was touched/],
    [17_640, /port 17640 \(the cluster bus of 7640\) is taken by process/],
  ] as const) {
    const listener = await listen(port)
    await t.rejects(
      platform.create(spec('taken', 7640), () => undefined),
      { name: 'ConflictError', message: said, hint: /--port-base/ },
    )
    await close(listener)
  }
  t.same(readdirSync(stateFolder), [])
})

t.test('taken by another group, which is not disturbed', async (t) => {
  const stateFolder = newStateFolder(t)
  const platform = platformIn(stateFolder)
  t.teardown(() => platform.close())
  const wanted = spec('holder', 7642, { purpose: '`npm run cluster`' })
  const holder = await platform.create(wanted, () => undefined)
  await t.rejects(
    platform.create(spec('late', 7643), () => undefined),
    {
      name: 'ConflictError',
      message: /ports 7643, 17643 .* taken by `npm run cluster` \(run .*, processes of this machine\)/,
      hint: /npm run cluster clean/,
    },
  )
  await t.rejects(
    platform.create({ ...wanted, portBase: 7646 }, () => undefined),
    { name: 'ConflictError', message: /there are already processes of a run/ },
  )
  t.equal(await ask(7642, 'PING'), 'PONG')
  t.equal(await ask(7643, 'PING'), 'PONG')
  t.same(readdirSync(stateFolder), [wanted.runId])
  await holder.remove()
})

t.test('a port taken after the check is a conflict too', async (t) => {
  const stateFolder = newStateFolder(t)
  const platform = platformIn(stateFolder)
  t.teardown(() => platform.close())
  await platform.prepare(() => undefined)
  const taken: Promise<Server>[] = []
  await t.rejects(
    platform.create(spec('race', 7644), (text) => {
      if (text.startsWith('starting')) taken.push(listen(7645))
    }),
    { name: 'ConflictError', message: /7645/ },
  )
  t.equal(taken.length, 1)
  for (const server of taken) await close(await server)
  t.same(readdirSync(stateFolder), [])
})
