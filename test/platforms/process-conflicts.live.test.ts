import { readdirSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import t from 'tap'
import { groupSpec } from '../support/group-spec.ts'
import { ask, newStateFolder, platformIn } from './process-groups.ts'

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
  const wanted = await groupSpec()
  const [port, bus] = [wanted.portBase + 1, wanted.portBase + 10_000]
  for (const [taken, said] of [
    [port, new RegExp(`port ${port} is taken by process \\d+ \\(\\S+\\); nothing was touched`)],
    [bus, new RegExp(`port ${bus} \\(the cluster bus of ${wanted.portBase}\\) is taken by process`)],
  ] as const) {
    const listener = await listen(taken)
    await t.rejects(
      platform.create(wanted, () => undefined),
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
  const wanted = await groupSpec({ purpose: '`npm run cluster`' })
  const holder = await platform.create(wanted, () => undefined)
  const shared = wanted.portBase + 1
  const late = await groupSpec({ portBase: shared })
  await t.rejects(
    platform.create(late, () => undefined),
    {
      name: 'ConflictError',
      message: new RegExp(
        `ports ${shared}, ${shared + 10_000} .* taken by \`npm run cluster\` \\(run .*, at work, since .* UTC, processes of this machine, ports ${wanted.portBase}-\\d+\\)`,
      ),
      hint: /^choose other ports with `--port-base`$/,
    },
  )
  await t.rejects(
    platform.create({ ...wanted, portBase: wanted.portBase + 4 }, () => undefined),
    { name: 'ConflictError', message: /there are already processes of a run/ },
  )
  t.equal(await ask(wanted.portBase, 'PING'), 'PONG')
  t.equal(await ask(shared, 'PING'), 'PONG')
  t.same(readdirSync(stateFolder), [wanted.runId])
  await holder.remove()
})

t.test('a port taken after the check is a conflict too', async (t) => {
  const stateFolder = newStateFolder(t)
  const platform = platformIn(stateFolder)
  t.teardown(() => platform.close())
  await platform.prepare(() => undefined)
  const taken: Promise<Server>[] = []
  const wanted = await groupSpec()
  const port = wanted.portBase + 1
  await t.rejects(
    platform.create(wanted, (text) => {
      if (text.startsWith('starting')) taken.push(listen(port))
    }),
    { name: 'ConflictError', message: new RegExp(`${port}`) },
  )
  t.equal(taken.length, 1)
  for (const server of taken) await close(await server)
  t.same(readdirSync(stateFolder), [])
})
