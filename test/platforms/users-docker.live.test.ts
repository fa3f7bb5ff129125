import t from 'tap'
import { DockerPlatform } from '../../runner/platforms/docker/docker-platform.ts'
import { requireEngine } from '../support/docker.ts'
import { groupSpec } from '../support/group-spec.ts'
import { loginAt } from '../support/login.ts'
import { askAs } from './process-groups.ts'

const projectRoot = new URL('../..', import.meta.url).pathname

const REFUSED = /^NOPERM|^ERR unknown command|not allowed|can't run this command|ACL failure/

for (const server of ['redis:6.0', 'valkey:8.1']) {
  t.test(`the users of a ${server} in a container`, async (t) => {
    if (!(await requireEngine(t))) return
    const platform = new DockerPlatform({ server, projectRoot })
    t.teardown(() => platform.close())
    await platform.prepare(() => undefined)
    const spec = await groupSpec({ nodes: 1, needs: { protectedSettings: true, debug: true } })
    const group = await platform.create(spec, () => undefined)
    t.teardown(() => group.remove())
    const users = loginAt(await group.users())
    const everybody = { username: 'default', password: spec.password }
    const scenario = { username: users.scenarioUser, password: users.password }
    const said = (user: typeof everybody, ...words: [string, ...string[]]) =>
      askAs(user, spec.portBase, ...words).then(String, (error: Error) => error.message)

    for (const user of [everybody, scenario]) {
      t.match(await said(user, 'MODULE', 'LOAD', '/tmp/x.so'), REFUSED)
      t.match(await said(user, 'CONFIG', 'SET', 'dir', '/tmp'), REFUSED)
      t.match(await said(user, 'CONFIG', 'SET', 'dbfilename', 'x.so'), REFUSED)
      t.match(await said(user, 'DEBUG', 'SLEEP', '0'), REFUSED)
      t.match(await said(user, 'ACL', 'LIST'), REFUSED)
      t.match(await said(user, 'CONFIG', 'GET', 'dir'), /dir,\/node/)
    }
    t.match(await said(scenario, 'EVAL', "return redis.call('CLUSTER', 'MEET', '127.0.0.1', '1')", '0'), REFUSED)
    t.equal(await said(users, 'CONFIG', 'SET', 'dbfilename', 'd.rdb'), 'OK')
    t.notOk((await said(users, 'ACL', 'LIST')).includes(users.password))
  })
}
