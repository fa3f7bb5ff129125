import t from 'tap'
import { DockerPlatform } from '../../runner/platforms/docker/docker-platform.ts'
import { requireEngine } from '../support/docker.ts'
import { changeVersions } from './version-changes.ts'

t.test('containers of several versions', async (t) => {
  if (!(await requireEngine(t))) return
  const platform = new DockerPlatform({ server: 'redis:7.0', projectRoot: new URL('../..', import.meta.url).pathname })
  t.teardown(() => platform.close())
  await changeVersions(t, platform)
})
